// AAC in its own transport: ADTS (ISO/IEC 13818-7, 6.2; ISO/IEC 14496-3, 1.A.2.2), from ffmpeg -f adts and in HTTP Live Streaming's audio
// objects.
import { beginsWithFrames, FrameSplitter, goesOnWithFrames } from './frame-splitter.js'
import type { FrameFormat, FrameHeader } from './frame.js'
import { MediaError } from '../media-error.js'
import type { SplitterOptions } from '../segment.js'

/** By sampling_frequency_index (ISO/IEC 14496-3, table 1.18). */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
const SAMPLES_PER_BLOCK = 1024
/** The fixed and the variable header, without the optional CRC. */
const HEADER_BYTES = 7
const CRC_BYTES = 2

const ADTS: FrameFormat = {
  mime: 'audio/aac',
  headerBytes: HEADER_BYTES,
  isNamedByTag: false,
  readHeader,
  refusal: () => new MediaError('INVALID_SEGMENT', 'There is no ADTS frame where one must begin: send the encoder\'s bytes in order, ' +
    'with none left out (ffmpeg: -c:a aac -f adts)'),
  isInformation: () => false
}

/**
 * Whether a body is ADTS: three frames in a row, perhaps after an ID3v2 tag.
 * @returns undefined if more bytes are needed to tell. With 4096 bytes that happens only if a tag is longer than that: then the publisher's
 * media type must name the format.
 */
export function isAdts (first: Uint8Array): boolean | undefined {
  return beginsWithFrames(first, ADTS)
}

/** Whether a body of no other format begins inside ADTS, like a relay's. @param first - 4096 bytes of it, or all */
export function goesOnAsAdts (first: Uint8Array): boolean {
  return goesOnWithFrames(first, ADTS)
}

/** Splits ADTS into groups of frames. */
export class AdtsSplitter extends FrameSplitter {
  /** @param options.segmentDuration - seconds, 0.25 by default */
  constructor (options: SplitterOptions) {
    super(ADTS, options)
  }
}

// The layer is always 0, which distinguishes it from MPEG audio.
function readHeader (bytes: Uint8Array, at: number): FrameHeader | undefined {
  const sync = bytes[at]! << 8 | bytes[at + 1]!
  const rate = RATES[bytes[at + 2]! >> 2 & 15]
  const size = (bytes[at + 3]! & 3) << 11 | bytes[at + 4]! << 3 | bytes[at + 5]! >> 5
  const hasCrc = (sync & 1) === 0
  if ((sync & 0xfff6) !== 0xfff0 || rate === undefined || size < HEADER_BYTES + (hasCrc ? CRC_BYTES : 0)) return undefined
  const channels = (bytes[at + 2]! & 1) << 2 | bytes[at + 3]! >> 6
  const blocks = (bytes[at + 6]! & 3) + 1
  return { size, samples: blocks * SAMPLES_PER_BLOCK, rate, channels }
}
