// The grammar of names in paths, and of what a watch request asks for. Guards: each refuses with its own error.
import { FST_MEDIA_SSE_INVALID_NAME } from '../errors.js'
import type { Start } from '../viewer/place.js'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
// The path of the player's own code.
const RESERVED = 'client.js'

/** @throws FST_MEDIA_SSE_INVALID_NAME unless the text may name a broadcast. */
export function broadcastName (name: string): string {
  if (!NAME.test(name) || name === RESERVED) throw new FST_MEDIA_SSE_INVALID_NAME('broadcast', printable(name))
  return name
}

/** The track that the rest of a publish path names; `main` where there is none. @throws FST_MEDIA_SSE_INVALID_NAME */
export function trackName (rest: string | undefined): string {
  if (rest === undefined || rest === '') return 'main'
  if (!NAME.test(rest)) throw new FST_MEDIA_SSE_INVALID_NAME('track', printable(rest))
  return rest
}

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

// A name is somebody's input: it goes into messages and logs without control characters, and not at any length.
function printable (name: string): string {
  return name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
}
