// A movie as small as fragmented MP4 can be (ISO/IEC 14496-12), of any length: real video, which decoders show.
import { concat, fullBody, writeBox, writeTfdt } from '../media/iso-bmff/box-writer.js'
import { CODEC, PPS, SIDE, SPS, filling, keyFrame, sameFrame } from './avc.js'

/** Options of a movie. */
export interface MovieOptions {
  /** Duration of each fragment, in seconds. Default 0.04. */
  readonly seconds?: number
}

/** Options of a fragment. */
export interface FragmentOptions {
  /** Whether decoding can start here. Default true; if a movie begins with other fragments, nothing is shown until the first join point. */
  readonly join?: boolean
  /** Shade of its picture, 1 (black) to 255 (white). A fragment that is no join point repeats the picture before it. Default 128. */
  readonly shade?: number
  /** Minimum of bytes of its media; it may become one more. Default: as few as possible, about 390 for a join point, else 10. */
  readonly size?: number
}

/** An endless movie: its fragments follow each other in time, in the order of the calls. */
export interface Movie {
  /** For `MediaSource.isTypeSupported`. */
  readonly mime: string
  /** The first bytes to publish: `ftyp` and `moov`. */
  readonly init: Uint8Array
  /**
   * The next fragment, `moof` and `mdat`: one frame, and one segment of the broadcast.
   * @throws RangeError if the shade is out of range
   */
  fragment (options?: FragmentOptions): Uint8Array
  /** A body of the init segment and that many fragments, all of them join points. */
  body (fragments: number): Uint8Array
}

const TIMESCALE = 1000
const SYNC_SAMPLE = 0x02000000
const OTHER_SAMPLE = 0x01010000
/** No rotation, no scaling (6.2.2). */
const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]

/**
 * Begins a movie of 16 × 16 pixels, H.264 without audio.
 * @throws RangeError if a fragment would be shorter than a millisecond
 */
export function movie ({ seconds = 0.04 }: MovieOptions = {}): Movie {
  const duration = Math.round(seconds * TIMESCALE)
  if (!(duration >= 1)) throw new RangeError(`seconds must be 0.001 or more, got ${seconds}`)
  let count = 0
  let keyFrames = 0
  let sinceKeyFrame = 0
  const init = concat([writeBox('ftyp', [ascii('iso5'), fields(512), ascii('iso5avc1')]), moov()])
  const fragment = ({ join = true, shade = 128, size = 0 }: FragmentOptions = {}): Uint8Array => {
    if (!Number.isInteger(shade) || shade < 1 || shade > 255) {
      throw new RangeError(`shade must be a whole number from 1 to 255, got ${shade}`)
    }
    if (join) sinceKeyFrame = 0
    const frame = join ? keyFrame(shade, keyFrames++) : sameFrame(sinceKeyFrame)
    sinceKeyFrame++
    const sample = sampleOf(frame, size)
    const time = BigInt(count * duration)
    return concat(
      [moof(++count, { time, duration, size: sample.length, flags: join ? SYNC_SAMPLE : OTHER_SAMPLE }), writeBox('mdat', [sample])]
    )
  }
  return {
    mime: `video/mp4; codecs="${CODEC}"`,
    init,
    fragment,
    body: fragments => concat([init, ...Array.from({ length: fragments }, () => fragment())])
  }
}

// NAL units with a length before each (ISO/IEC 14496-15, 5.3).
function sampleOf (frame: Uint8Array, size: number): Uint8Array {
  const whole = [fields(frame.length), frame]
  // The smallest user data has 16 bytes.
  const missing = size - 4 - frame.length
  if (missing <= 0) return concat(whole)
  const filled = filling(Math.max(24, missing) - 4)
  return concat([fields(filled.length), filled, ...whole])
}

function moof (
  number: number, { time, duration, size, flags }: { time: bigint, duration: number, size: number, flags: number }
): Uint8Array {
  const of = (dataOffset: number): Uint8Array => writeBox('moof', [
    full('mfhd', 0, number),
    writeBox('traf', [
      // Base is moof.
      full('tfhd', 0x020000, 1),
      writeTfdt(time),
      full('trun', 0x701, 1, dataOffset, duration, size, flags)
    ])
  ])
  // The sample's data follows the header of the `mdat`.
  return of(of(0).length + 8)
}

function moov (): Uint8Array {
  return writeBox('moov', [
    full('mvhd', 0, 0, 0, TIMESCALE, 0, 0x10000, 0x1000000, 0, 0, ...MATRIX, 0, 0, 0, 0, 0, 0, 2),
    writeBox('trak', [
      // Enabled, in the movie.
      full('tkhd', 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...MATRIX, SIDE * 0x10000, SIDE * 0x10000),
      writeBox('mdia', [
        // The language is undetermined.
        full('mdhd', 0, 0, 0, TIMESCALE, 0, 0x55c40000),
        writeBox('hdlr', [fullBody(0, 0, [0]), ascii('vide'), fields(0, 0, 0), Uint8Array.of(0)]),
        writeBox('minf', [
          full('vmhd', 1, 0, 0),
          // The data is in the same file.
          writeBox('dinf', [writeBox('dref', [fullBody(0, 0, [1]), full('url ', 1)])]),
          writeBox('stbl', [
            writeBox('stsd', [fullBody(0, 0, [1]), avc1()]), full('stts', 0, 0), full('stsc', 0, 0), full('stsz', 0, 0, 0),
            full('stco', 0, 0)
          ])
        ])
      ])
    ]),
    writeBox('mvex', [full('trex', 0, 1, 1, 0, 0, 0)])
  ])
}

// AVCSampleEntry (ISO/IEC 14496-15, 5.4): 72 dpi, one frame per sample, no name, 24 bits of depth.
function avc1 (): Uint8Array {
  return writeBox('avc1', [
    fields(0, 1, 0, 0, 0, 0, SIDE * 0x10001, 0x480000, 0x480000, 0),
    Uint8Array.of(0, 1), new Uint8Array(32), Uint8Array.of(0, 24, 0xff, 0xff),
    writeBox('avcC', [Uint8Array.of(1, SPS[1]!, SPS[2]!, SPS[3]!, 0xff, 0xe1, 0, SPS.length), SPS, Uint8Array.of(1, 0, PPS.length), PPS])
  ])
}

function full (type: string, flags: number, ...words: number[]): Uint8Array {
  return writeBox(type, [fullBody(0, flags, words)])
}

function fields (...words: number[]): Uint8Array {
  return fullBody(0, 0, words).subarray(4)
}

function ascii (text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
