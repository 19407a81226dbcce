// The rules for names of broadcasts and tracks, from a path or from code.
import { FST_MEDIA_SSE_INVALID_NAME } from '../errors.js'
import { NAME } from '../wire.js'

/** The maximum of tracks in a broadcast: a publisher that uses a new name for every object must not create a track for each. */
export const MAX_TRACKS = 32

// The path of the player's own code.
const RESERVED = 'client.js'
const MUST_BE = 'use 1 to 64 of A-Z a-z 0-9 . _ - and start with a letter or a digit'

/** @throws FST_MEDIA_SSE_INVALID_NAME unless the text may name a broadcast. */
export function broadcastName (name: string): string {
  if (!NAME.test(name)) throw new FST_MEDIA_SSE_INVALID_NAME('broadcast', printable(name), MUST_BE)
  if (name === RESERVED) throw new FST_MEDIA_SSE_INVALID_NAME('broadcast', name, "it is the path of the player's code: take another")
  return name
}

/** The track of that name; `main` if there is none. @throws FST_MEDIA_SSE_INVALID_NAME */
export function trackName (name: string | undefined): string {
  if (name === undefined || name === '') return 'main'
  if (!NAME.test(name)) throw new FST_MEDIA_SSE_INVALID_NAME('track', printable(name), MUST_BE)
  return name
}

/** @throws FST_MEDIA_SSE_INVALID_NAME for a new track if the broadcast has the maximum already. */
export function refuseMoreTracks (broadcast: string, track: string, tracks: { readonly size: number, has (track: string): boolean }): void {
  if (tracks.has(track) || tracks.size < MAX_TRACKS) return
  throw new FST_MEDIA_SSE_INVALID_NAME('track', track, `"${broadcast}" has ${MAX_TRACKS} tracks already, which are all that it may ` +
    'have: publish to one of them')
}

/** Untrusted text for messages and logs: without control characters, and of limited length. */
export function printable (name: string): string {
  return name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
}
