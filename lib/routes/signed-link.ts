// Signed links: a query that admits anyone who has it, to the broadcasts that it names, until it expires. An EventSource cannot send
// headers.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { LINK_PARAMETERS } from '../wire.js'

/** The action that a link allows. */
export type LinkAction = 'watch' | 'publish'

/** The signed fields. */
export interface Link {
  /** Path of the routes, with the registration's name if it has one, so that no other registration with the same keys accepts the link. */
  readonly path: string
  readonly action: LinkAction
  /** The broadcasts, separated by commas. */
  readonly names: string
  /** Unix milliseconds. */
  readonly expires: number
}

/** The verdict on a query's link: until when it admits (Unix milliseconds) to which broadcasts, or why it does not; undefined if there is
 * no link. */
export type LinkJudgement = { readonly until: number, readonly names: string } | { readonly refused: string } | undefined

const [NAMES, EXPIRES, SIGNATURE] = LINK_PARAMETERS

/** Whether a value is a future time: a Date, or Unix milliseconds. Unix seconds would be a time long past, in 1970. */
export function isToCome (value: unknown): value is Date | number {
  if (typeof value !== 'number' && !(value instanceof Date)) return false
  // The latest Date possible (ECMA-262, 21.4.1.1); comparisons with an invalid one are always false.
  return Number(value) > Date.now() && Number(value) <= 8.64e15
}

/** Writes a link as a query, without `?`. @param key - used to sign */
export function signedQuery (key: string, link: Link): string {
  return String(new URLSearchParams({ [NAMES]: link.names, [EXPIRES]: String(link.expires), [SIGNATURE]: signature(key, link) }))
}

/** Reads and checks a request's link. @param keys - any of them may have signed it */
export function judgeLink (
  keys: readonly string[], query: unknown, { path, action, broadcast }: Pick<Link, 'path' | 'action'> & { readonly broadcast: string }
): LinkJudgement {
  const { [NAMES]: names, [EXPIRES]: expires, [SIGNATURE]: given } = query as Record<string, unknown>
  if (given === undefined) return undefined
  // A name that occurs twice in a query gives an array.
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

// Compared as text: base64 has several spellings of one value.
function isSame (one: string, other: string): boolean {
  const bytes = Buffer.from(other)
  return bytes.byteLength === one.length && timingSafeEqual(Buffer.from(one), bytes)
}

// In the past, so within the range of a Date.
function dated (milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
