// README as the tests read it: its code blocks, its tables, its links.
import { readFileSync } from 'node:fs'

export const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** What is not in its code blocks. */
export const PROSE = README.replace(/^```[^]*?^```/gm, '')

/** A code block. */
export interface Snippet {
  /** As it is written behind the fence; empty for none. */
  readonly language: string
  readonly text: string
  /** Of its first line in README. */
  readonly line: number
}

export const SNIPPETS: readonly Snippet[] = [...README.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(({ 1: language = '', 2: text = '', index }) => (
  { language, text, line: README.slice(0, index).split('\n').length + 1 }
))

/** The code block that holds this text, the only one, of that language if any is said. */
export function snippetWith (text: string, language?: string): Snippet {
  const [found, ...others] = SNIPPETS.filter(snippet => snippet.text.includes(text) && (language ?? snippet.language) === snippet.language)
  if (found === undefined || others.length > 0) throw new Error(`README has ${1 + others.length - Number(found === undefined)} code blocks with ${text}, not one`)
  return found
}

/** The cells of the first table under a heading, without its head, row by row. */
export function tableUnder (heading: string): string[][] {
  const section = README.split(new RegExp(`^#+ ${heading}$`, 'm'))[1] ?? ''
  const rows = /(?:^\|.*\n)+/m.exec(section)?.[0].trim().split('\n') ?? []
  if (rows.length < 3) throw new Error(`README has no table under ${heading}`)
  return rows.slice(2).map(row => row.replace(/^\| ?| ?\|$/g, '').split(/(?<!\\)\|/).map(cell => cell.trim()))
}

/** What stands in backticks. */
export function codeIn (text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** Where a heading is linked to, as GitHub makes it of its words. */
function anchorOf (heading: string): string {
  return heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
}

export const ANCHORS: readonly string[] = [...PROSE.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** What README links to, but the web. */
export const LINKS: readonly string[] = [...README.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter(link => !/^https?:/.test(link))
