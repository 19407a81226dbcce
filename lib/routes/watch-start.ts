// Interprets a watch request: where it begins and how it reads, from its header and its query, or an error; and whether there is anything
// to read.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { MAX_TRACKS, printable, trackName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_INVALID_NAME, FST_MEDIA_SSE_INVALID_QUERY } from '../errors.js'
import { lastEventIdOf } from '../delivery/sse/last-event-id.js'
import { INLINE } from '../delivery/delivery.js'
import type { Start } from '../reading/join.js'
import { SegmentReading } from '../reading/segment-reading.js'
import { WholeReading } from '../reading/whole-reading.js'
import type { ViewerOptions } from '../viewer/viewer-connection.js'

const SECONDS_BEHIND = /^-\d{1,9}(?:\.\d{1,9})?$/

/** The query of a watch request. */
export interface WatchQuery {
  readonly from?: string
  readonly lastEventId?: string
  readonly delivery?: string
  readonly tracks?: string
  readonly whole?: string
}

/**
 * Where a viewer wants to begin, and with which tracks. An EventSource that reconnects sends its header together with its original query:
 * the header wins. An id that is no place is no error: the viewer gets a gap.
 * @throws FST_MEDIA_SSE_INVALID_NAME for an impossible track name, and for too many tracks; FST_MEDIA_SSE_INVALID_QUERY
 */
export function watchStart (header: string | string[] | undefined, query: WatchQuery): Start {
  const asked = once('lastEventId', query.lastEventId)
  const lastEventId = lastEventIdOf(header) ?? (asked === '' ? undefined : asked)
  return { lastEventId, secondsBehind: secondsBehind(once('from', query.from)), tracks: tracks(query.tracks) }
}

/** How a viewer reads, and how segments are sent to it. */
export type WatchReading = Pick<ViewerOptions, 'read' | 'delivery'>

/**
 * How a watch request reads a broadcast: segment by segment or, with `whole=true`, one complete file after the other, each of one track.
 * Files are always inline, regardless of `delivery`: they have no URL.
 * @param inlineBytes - the most that `delivery=auto` sends inline
 * @param base - the routes' path relative to the stream's URL
 * @throws FST_MEDIA_SSE_INVALID_QUERY
 */
export function watchReading (start: Start, { whole, delivery }: WatchQuery, inlineBytes: number, base = ''): WatchReading {
  const isWhole = oneOf('whole', whole, ['false', 'true']) === 'true'
  const how = oneOf('delivery', delivery, ['inline', 'reference', 'auto'])
  if (isWhole) return { read: live => new WholeReading(live, start), delivery: INLINE }
  const most = how === 'reference' ? -1 : how === 'auto' ? inlineBytes : Infinity
  return { read: live => new SegmentReading(live, start), delivery: most === Infinity ? INLINE : { inlineBytes: most, base } }
}

/**
 * Whether a broadcast has ended, and a viewer with this start and reading would get no segment and no gap that it has not been told.
 */
export function owesNothing (
  live: LiveBroadcast | undefined, { lastEventId, secondsBehind }: Start, { read }: WatchReading
): live is LiveBroadcast {
  if (live?.state !== 'ended') return false
  if (lastEventId === undefined && secondsBehind === 0) return true
  const reading = read(live)
  const placement = reading.place()
  return placement === undefined || (placement.gap === undefined && reading.pass(placement.cursor) >= live.window.next)
}

function secondsBehind (from: string | undefined): number {
  if (from === undefined || from === 'live') return 0
  if (from === 'start') return Infinity
  if (!SECONDS_BEHIND.test(from)) throw invalid('from', 'live, start, or seconds behind as in -10', from)
  return -Number(from)
}

function oneOf (parameter: string, value: string | undefined, values: readonly string[]): string | undefined {
  if (once(parameter, value) === undefined || values.includes(value!)) return value
  throw invalid(parameter, values.join(' or '), value!)
}

// A name that occurs twice in a query gives an array, whatever its type says.
function once (parameter: string, value: string | undefined): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw invalid(parameter, 'given once', String(value))
  return value
}

function invalid (parameter: string, mustBe: string, got: string): Error {
  return new FST_MEDIA_SSE_INVALID_QUERY(parameter, mustBe, printable(got))
}

function tracks (names: string | undefined): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  const list = String(names).split(',', MAX_TRACKS + 1).map(name => trackName(name))
  const tooMany = list[MAX_TRACKS]
  if (tooMany !== undefined) {
    throw new FST_MEDIA_SSE_INVALID_NAME('track', tooMany, `a broadcast has at most ${MAX_TRACKS}, so name no more`)
  }
  return new Set(list)
}
