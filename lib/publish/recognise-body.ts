// What a body is, by as much of it as has come.
import { recognise } from '../media/sniff.js'
import type { PublicationHost, PublicationOptions } from './intake.js'
import { asPublished } from './media-errors.js'

/**
 * Recognises a body that goes to that track of the host's broadcast.
 * @param first - all of it that has come
 * @param complete - whether there is no more
 * @returns as {@link recognise} does
 * @throws UNSUPPORTED_MEDIA, INVALID_SEGMENT, INIT_REQUIRED or SEGMENT_TOO_LARGE
 */
export function recogniseBody (
  { settings: { maxSegmentBytes, segmentDuration }, init }: PublicationHost, { track, contentType }: PublicationOptions,
  first: Uint8Array, complete: boolean
): ReturnType<typeof recognise> {
  return asPublished(() => recognise(first, complete, contentType, { maxSegmentBytes, segmentDuration, init: init(track) }))
}
