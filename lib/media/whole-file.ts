// Makes one complete file of a group of pictures, in any container: a page can play it by itself, from its beginning.
import { joined } from './byte-queue.js'
import { isIsoBmff } from './iso-bmff/splitter.js'
import { wholeMovie } from './iso-bmff/whole-movie.js'
import { beginsWithWebmInit } from './webm/splitter.js'
import { wholeWebm } from './webm/whole-webm.js'

/**
 * Joins an init segment and consecutive segments, from a join point on, into one file. In ISO BMFF and WebM all times are lowered by one
 * value, so that it begins at about 0; MPEG-TS plays from any time, and pictures and bare audio carry none.
 * @param init - bytes of the init segment that all of them need; absent for media that needs none
 * @param segments - from a splitter, shifted by `shift`; not modified
 * @throws MediaError for bytes not made by a splitter
 */
export function wholeFile (init: Uint8Array | undefined, segments: readonly Uint8Array[]): Uint8Array {
  if (init === undefined) return joined(segments)
  if (isIsoBmff(init)) return wholeMovie(init, segments)
  return beginsWithWebmInit(init) ? wholeWebm(init, segments) : joined([init, ...segments])
}
