// Signed links: a query that admits whoever has it, to what it names, until it expires. An EventSource can send no header.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { LINK_PARAMETERS } from '../wire.js'

/** What a link allows. */
export type LinkAction = 'watch' | 'publish'

/** What is signed. */
export interface Link {
  /** Of the routes, with the registration's name if it has one, so that no other registration with the same keys takes it. */
  readonly path: string
  readonly action: LinkAction
  /** The broadcasts, separated by commas. */
  readonly names: string
  /** Unix milliseconds. */
  readonly expires: number
}

/** What a query's link is worth: until when it admits (Unix milliseconds) to what, why it does not, or undefined where there is none. */
export type LinkJudgement = { readonly until: number, readonly names: string } | { readonly refused: string } | undefined

const [NAMES, EXPIRES, SIGNATURE] = LINK_PARAMETERS

/** Whether a value is a time that is still to come: a Date, or Unix milliseconds. Unix seconds are one long past, in 1970. */
export function isToCome (value: unknown): value is Date | number {
  if (typeof value !== 'number' && !(value instanceof Date)) return false
  // The latest that a Date can be (ECMA-262, 21.4.1.1); no comparison is true of an invalid one.
  return Number(value) > Date.now() && Number(value) <= 8.64e15
}

/** Writes a link as a query, without `?`. @param key signs */
export function signedQuery (key: string, link: Link): string {
  return String(new URLSearchParams({ [NAMES]: link.names, [EXPIRES]: String(link.expires), [SIGNATURE]: signature(key, link) }))
}

/** Reads and checks a request's link. @param keys any of which may have signed it */
export function judgeLink (
  keys: readonly string[], query: unknown, { path, action, broadcast }: Pick<Link, 'path' | 'action'> & { readonly broadcast: string }
): LinkJudgement {
  const { [NAMES]: names, [EXPIRES]: expires, [SIGNATURE]: given } = query as Record<string, unknown>
  if (given === undefined) return undefined
  // A query may hold a name twice: then it is an array.
  if (typeof names !== 'string' || typeof expires !== 'string' || typeof given !== 'string' || !/^\d{1,16}$/.test(expires)) {
    return { refused: 'the link is not complete: use it as it was signed' }
  }
  const link: Link = { path, action, names, expires: Number(expires) }
  let signed = false
  for (const key of keys) signed = isSame(signature(key, link), given) || signed
  if (!signed || String(link.expires) !== expires) return { refused: `this link is not signed for it: ask for one to ${action}` }
  if (!names.split(',').includes(broadcast)) return { refused: 'the link is for another broadcast' }
  return link.expires > Date.now()
    ? { until: link.expires, names }
    : {
        refused: `the link expired at ${dated(link.expires)}: ask for ` +
    'a new one'
      }
}

function signature (key: string, { path, action, names, expires }: Link): string {
  return createHmac('sha256', key).update(['fastify-media-sse', path, action, names, expires].join('\n')).digest('base64url')
}

// Compared as texts: base64 has several for one value.
function isSame (one: string, other: string): boolean {
  const bytes = Buffer.from(other)
  return bytes.byteLength === one.length && timingSafeEqual(Buffer.from(one), bytes)
}

// In the past, so within what a Date can be.
function dated (milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
