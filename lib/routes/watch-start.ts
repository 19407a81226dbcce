// What a watch request wants: where it begins and how it reads, from its header and its query, read or ignored; and whether there is any of it.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { MAX_TRACKS, trackName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_INVALID_NAME } from '../errors.js'
import { lastEventIdOf } from '../event/last-event-id.js'
import type { Start } from '../viewer/place.js'
import type { Reading } from '../viewer/reading.js'
import { SegmentReading } from '../viewer/segment-reading.js'
import { WholeReading } from '../viewer/whole-reading.js'

/** What a watch request's query may hold. */
export interface WatchQuery {
  readonly from?: string
  readonly lastEventId?: string
  readonly delivery?: string
  readonly tracks?: string
  readonly whole?: string
}

/**
 * Where a viewer wants to begin, and with which tracks. An EventSource that reconnects sends its header and its first query together: the header wins.
 * @throws FST_MEDIA_SSE_INVALID_NAME for a track that cannot be, and for more than there can be
 */
export function watchStart (header: string | string[] | undefined, query: WatchQuery): Start {
  return { lastEventId: lastEventIdOf(header) ?? queried(query.lastEventId), secondsBehind: secondsBehind(query.from), tracks: tracks(query.tracks) }
}

/**
 * How a watch request reads a broadcast: segment by segment, or with `whole=true` one complete file after the other, each of one track. Files are
 * always inline, whatever `delivery` says: they have no URL.
 * @param inlineBytes - what `delivery=auto` sends inline at most
 * @param base - how the routes' path is reached from the stream's URL
 */
export function watchReading (start: Start, { whole, delivery }: WatchQuery, inlineBytes: number, base = ''): (live: LiveBroadcast) => Reading {
  if (whole === 'true') return live => new WholeReading(live, start)
  const most = delivery === 'reference' ? -1 : delivery === 'auto' ? inlineBytes : Infinity
  return live => new SegmentReading(live, start, most, base)
}

/** Whether a broadcast has ended, and whoever begins there and reads it so would be given nothing of it, and misses nothing that it has not been told. */
export function owesNothing (live: LiveBroadcast | undefined, { lastEventId, secondsBehind }: Start, read: (live: LiveBroadcast) => Reading): live is LiveBroadcast {
  if (live?.state !== 'ended') return false
  if (lastEventId === undefined && secondsBehind === 0) return true
  const reading = read(live)
  const placement = reading.place()
  return placement === undefined || (placement.gap === undefined && reading.pass(placement.cursor) >= live.window.next)
}

function secondsBehind (from: string | undefined): number {
  if (from === 'start') return Infinity
  return from !== undefined && /^-\d{1,9}(?:\.\d{1,9})?$/.test(from) ? -Number(from) : 0
}

// A query may hold a name twice: then it is an array, whatever its type says.
function queried (id: string | undefined): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined
}

function tracks (names: string | undefined): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  const list = String(names).split(',', MAX_TRACKS + 1).map(name => trackName(name))
  const tooMany = list[MAX_TRACKS]
  if (tooMany !== undefined) throw new FST_MEDIA_SSE_INVALID_NAME('track', tooMany, `a broadcast has at most ${MAX_TRACKS}, so name no more`)
  return new Set(list)
}
