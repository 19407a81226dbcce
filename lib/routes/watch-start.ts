// Where a watch request wants to begin: its header and its query, read or ignored.
import type { Start } from '../viewer/place.js'

/** What a watch request's query may hold. */
export interface WatchQuery {
  readonly from?: string
  readonly lastEventId?: string
  readonly delivery?: string
}

/** Where a viewer wants to begin. An EventSource that reconnects sends its header and its first query together: the header wins. */
export function watchStart (header: string | string[] | undefined, query: WatchQuery): Start {
  const lastEventId = [header, query.lastEventId].find(id => typeof id === 'string' && id !== '')
  return { lastEventId: lastEventId as string | undefined, secondsBehind: secondsBehind(query.from) }
}

function secondsBehind (from: string | undefined): number {
  if (from === 'start') return Infinity
  return from !== undefined && /^-\d{1,9}(?:\.\d{1,9})?$/.test(from) ? -Number(from) : 0
}
