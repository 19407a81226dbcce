// Where a watch request wants to begin: its header and its query, read or ignored.
import { trackName } from '../broadcast/names.js'
import type { Start } from '../viewer/place.js'

/** What a watch request's query may hold. */
export interface WatchQuery {
  readonly from?: string
  readonly lastEventId?: string
  readonly delivery?: string
  readonly tracks?: string
}

/**
 * Where a viewer wants to begin, and with which tracks. An EventSource that reconnects sends its header and its first query together: the header wins.
 * @throws FST_MEDIA_SSE_INVALID_NAME for a track that cannot be
 */
export function watchStart (header: string | string[] | undefined, query: WatchQuery): Start {
  const lastEventId = [header, query.lastEventId].find(id => typeof id === 'string' && id !== '')
  return { lastEventId: lastEventId as string | undefined, secondsBehind: secondsBehind(query.from), tracks: tracks(query.tracks) }
}

function secondsBehind (from: string | undefined): number {
  if (from === 'start') return Infinity
  return from !== undefined && /^-\d{1,9}(?:\.\d{1,9})?$/.test(from) ? -Number(from) : 0
}

// A query may hold a name twice: then it is an array, whatever its type says.
function tracks (names: string | undefined): ReadonlySet<string> | undefined {
  return names === undefined ? undefined : new Set(String(names).split(',').map(name => trackName(name)))
}
