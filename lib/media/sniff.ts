// Decides what a body is: by its first bytes, else by the media type that it is named.
import { isIsoBmff, IsoBmffSplitter } from './iso-bmff/splitter.js'
import { MediaError } from './media-error.js'
import { OpaqueSplitter } from './opaque.js'
import type { InitSegment, Splitter } from './segment.js'

/** How many bytes {@link splitterFor} needs to see, where the body has them. */
export const SNIFF_BYTES = 8

/** What is known of a body besides its bytes. */
export interface SniffOptions {
  /** The media type that the publisher names, parameters included. */
  readonly contentType: string | undefined
  /** Bytes. */
  readonly maxSegmentBytes: number
  /** The init segment that is valid on its track, for a body that comes without. */
  readonly init: InitSegment | undefined
}

// RFC 9110, 8.3.1. It goes back out as a header, so it holds nothing that may not stand in one.
const MEDIA_TYPE = /^([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;[\x20-\x7e]*)?$/
// Types that clients send when nobody has told them one.
const NAMES_NOTHING = new Set(['application/octet-stream', 'application/x-www-form-urlencoded', 'multipart/form-data'])
const NAMES_ISO_BMFF = new Set(['video/mp4', 'audio/mp4', 'application/mp4', 'video/iso.segment', 'audio/iso.segment'])

/**
 * Makes the splitter for a body that begins with these bytes.
 * @throws MediaError `UNSUPPORTED_MEDIA` where the bytes show nothing and the name says nothing, or another thing.
 */
export function splitterFor (first: Uint8Array, options: SniffOptions): Splitter {
  const { maxSegmentBytes, init } = options
  if (isIsoBmff(first)) return new IsoBmffSplitter({ maxSegmentBytes, ...(init === undefined ? {} : { init }) })
  const contentType = options.contentType?.trim() ?? ''
  const named = MEDIA_TYPE.exec(contentType)?.[1]?.toLowerCase()
  if (named !== undefined && NAMES_ISO_BMFF.has(named)) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The body is named ${named}, but does not begin as MP4 does: send it from its first byte (ftyp)`)
  }
  if (named === undefined || NAMES_NOTHING.has(named)) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The body is no fragmented MP4, and names no media type: send fragmented MP4 (ffmpeg: -f mp4 -movflags cmaf+frag_keyframe), or a Content-Type such as image/jpeg')
  }
  return new OpaqueSplitter({ mime: contentType, maxSegmentBytes })
}

/** Whether a body that begins with these bytes begins with an init segment (ISO/IEC 14496-12, `ftyp` or `moov`). */
export function beginsWithInit (first: Uint8Array): boolean {
  const type = String.fromCharCode(...first.subarray(4, 8))
  return type === 'ftyp' || type === 'moov'
}
