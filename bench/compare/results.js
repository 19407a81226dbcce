// Where the results are kept: the runs as they were, and what is made of them, README's part too. `node bench/compare/results.js` makes that again.
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chartOf } from './chart.js'
import { markdownOf, summaryOf } from './report.js'

const FOLDER = new URL('../results/', import.meta.url)
const RUNS = new URL('runs.json', FOLDER)
const README = new URL('../../README.md', import.meta.url)
const MARKS = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/

/** @param {import('./report.js').Results} results */
export function writeResults (results) {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(RUNS, `${JSON.stringify(results)}\n`)
  writeFileSync(new URL('README.md', FOLDER), markdownOf(results))
  writeFileSync(new URL('chart.svg', FOLDER), chartOf(results))
  const readme = readFileSync(README, 'utf8')
  if (!MARKS.test(readme)) throw new Error('README has lost the marks between which the results go')
  writeFileSync(README, readme.replace(MARKS, (_all, begin, end) => `${begin}${summaryOf(results)}\n${end}`))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeResults(JSON.parse(readFileSync(RUNS, 'utf8')))
