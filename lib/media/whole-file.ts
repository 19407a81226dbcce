// Makes one complete file of a group of pictures, whatever its container: what a page can play by itself, from its beginning.
import { joined } from './byte-queue.js'
import { isIsoBmff } from './iso-bmff/splitter.js'
import { wholeMovie } from './iso-bmff/whole-movie.js'
import { beginsWithWebmInit } from './webm/splitter.js'
import { wholeWebm } from './webm/whole-webm.js'

/**
 * Puts an init segment and the segments that follow each other from a join point on into one file. In ISO BMFF and WebM all times are
 * lowered by one value, so that it begins at about 0; MPEG-TS plays from any time, and pictures and bare audio carry none.
 * @param init - bytes of the init segment that all of them need; absent for media that needs none
 * @param segments - as a splitter made them and `shift` has laid them; not written into
 * @throws MediaError for bytes that no splitter has made
 */
export function wholeFile (init: Uint8Array | undefined, segments: readonly Uint8Array[]): Uint8Array {
  if (init === undefined) return joined(segments)
  if (isIsoBmff(init)) return wholeMovie(init, segments)
  return beginsWithWebmInit(init) ? wholeWebm(init, segments) : joined([init, ...segments])
}
