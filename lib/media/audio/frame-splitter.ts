// Splits bare audio, frames one behind the other, into groups of frames. A live encoder leaves nothing between them but tags, which are
// dropped: ID3v2 (as HTTP Live Streaming sends it before each object; RFC 8216, 3.4) and ID3v1.
import { ByteQueue } from '../byte-queue.js'
import { MediaError } from '../media-error.js'
import type { InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/** The most bytes that telling the format of a body takes. */
const SNIFF_BYTES = 4096
/** Headers that must agree before bytes are taken for frames: one alone occurs by chance. */
const SNIFF_FRAMES = 3

const ID3V2_HEADER_BYTES = 10
const ID3V1_BYTES = 128
/** Enough to tell a tag from a frame. */
const MARK_BYTES = 3

/** What a frame's header says. */
export interface FrameHeader {
  /** Of the whole frame, in bytes. */
  readonly size: number
  /** Samples per channel that it decodes to. */
  readonly samples: number
  /** Samples per second. */
  readonly rate: number
  /** 0 where the header does not tell. */
  readonly channels: number
}

/** A format of frames. */
export interface FrameFormat {
  /** As browsers know it. */
  readonly mime: string
  /** Of a frame, as far as {@link FrameFormat.readHeader} reads it. */
  readonly headerBytes: number
  /** Whether an ID3v2 tag alone, too long to see behind, names it. */
  readonly isNamedByTag: boolean
  /** @returns undefined where no frame begins with these bytes, which are enough */
  readHeader (bytes: Uint8Array, at: number): FrameHeader | undefined
  /** Why there is no frame where one must begin. */
  refusal (bytes: Uint8Array): MediaError
  /** Whether the first frame of a file is only information about the others, and decodes to silence. */
  isInformation (frame: Uint8Array): boolean
}

/**
 * Whether a body is of this format: it begins with three frames of the same rate and channels, perhaps behind an ID3v2 tag.
 * @returns undefined where more bytes are needed to tell; 4096 are enough, but for what stands behind a longer tag
 */
export function beginsWithFrames (first: Uint8Array, format: FrameFormat): boolean | undefined {
  const mark = textOf(first)
  if (mark === 'ID3' && first.length < ID3V2_HEADER_BYTES) return undefined
  const tag = mark === 'ID3' ? tagSize(first) : 0
  if (tag === undefined) return false
  if (tag + format.headerBytes > SNIFF_BYTES) return format.isNamedByTag && first.length >= SNIFF_BYTES ? true : undefined
  let at = tag
  let config: number | undefined
  for (let frames = 0; frames < SNIFF_FRAMES; frames++) {
    if (at + format.headerBytes > first.length) {
      const mayBegin = at >= first.length || first[at] === 0xff || (at === 0 && 'ID3'.startsWith(mark))
      return first.length < SNIFF_BYTES && mayBegin ? undefined : mayBegin
    }
    const header = format.readHeader(first, at)
    if (header === undefined) return false
    config ??= configOf(header)
    if (configOf(header) !== config) return false
    at += header.size
  }
  return true
}

/**
 * One segment a group of frames; it leaves with the last byte of the frame that makes it `segmentDuration` long, and sooner before a tag,
 * before another rate or number of channels, and at the end. Decoding can start at each, and they carry no time.
 */
export class FrameSplitter extends WalkingSplitter {
  readonly #format: FrameFormat
  readonly #limit: number
  readonly #segmentDuration: number
  /** An earlier splitter's for the same format. */
  readonly #given: InitSegment | undefined
  #init: InitSegment | undefined
  /** What `#init` stands for. */
  #config: number | undefined
  /** The start of a frame or tag, as far as it is needed to tell which, and its size. */
  readonly #head = new Uint8Array(ID3V2_HEADER_BYTES)
  #headLength = 0
  #headNeeded = MARK_BYTES
  /** The frame that is being read; undefined in a tag. */
  #frame: FrameHeader | undefined
  /** Bytes of the frame or tag that are still to come. */
  #left = 0
  /** Whether the next frame is the first of a file. */
  #isFirst = true
  #group = new ByteQueue()
  /** Of the whole frames in the group, per channel. */
  #samples = 0

  /**
   * @param options.segmentDuration - seconds, 0.25 by default
   * @param options.init - of an earlier splitter on the same track: it stays the same object where the format is the same
   */
  constructor (format: FrameFormat, { maxSegmentBytes, segmentDuration = 0.25, init }: SplitterOptions) {
    super()
    this.#format = format
    this.#limit = maxSegmentBytes
    this.#segmentDuration = segmentDuration
    if (init !== undefined && init.mime === format.mime && init.bytes === undefined) this.#given = init
  }

  /** Has no bytes, as each frame says what it is; undefined until there is a frame. */
  get init (): InitSegment | undefined { return this.#init }

  protected walk (bytes: Uint8Array, at: number): number {
    if (this.#headLength < this.#headNeeded) {
      let next = at
      while (next < bytes.length && this.#headLength < this.#headNeeded) this.#head[this.#headLength++] = bytes[next++]!
      if (this.#headLength === this.#headNeeded) this.#readHead()
      return next
    }
    const end = Math.min(bytes.length, at + this.#left)
    if (this.#frame !== undefined) this.#group.push(bytes.subarray(at, end))
    this.#left -= end - at
    if (this.#left === 0) this.#endUnit()
    return end
  }

  protected finish (): void {
    if (this.#headLength > 0) throw new MediaError('INVALID_SEGMENT', 'The body ends inside a frame: send it to its end')
    this.#publishGroup()
    this.#isFirst = true
  }

  protected release (): void {
    this.#group = new ByteQueue()
  }

  /** Reads what the head tells so far: which bytes it needs besides, or what begins with it. */
  #readHead (): void {
    const mark = this.#head[0] === 0xff ? '' : textOf(this.#head)
    if (mark === 'TAG') return this.#beginTag(ID3V1_BYTES)
    const needed = mark === 'ID3' ? ID3V2_HEADER_BYTES : this.#format.headerBytes
    if (this.#headLength < needed) {
      this.#headNeeded = needed
      return
    }
    if (mark !== 'ID3') return this.#beginFrame()
    const size = tagSize(this.#head)
    if (size === undefined) throw new MediaError('INVALID_SEGMENT', 'An ID3 tag gives no size: send the encoder\'s bytes in order, with none left out')
    this.#beginTag(size)
  }

  #beginTag (size: number): void {
    this.#publishGroup()
    this.#isFirst = true
    this.#left = size - this.#headLength
    if (this.#left === 0) this.#endUnit()
  }

  #beginFrame (): void {
    const head = this.#head.slice(0, this.#headLength)
    const frame = this.#format.readHeader(head, 0)
    if (frame === undefined) throw this.#format.refusal(head)
    const config = configOf(frame)
    if (config !== this.#config) {
      this.#publishGroup()
      this.#init = this.#config === undefined && this.#given !== undefined ? this.#given : { kind: 'audio', mime: this.#format.mime, mode: 'sequence' }
      this.#config = config
    }
    if (this.#group.length + frame.size > this.#limit) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A group of frames is above the limit of ${this.#limit} bytes: raise maxSegmentBytes`)
    }
    this.#frame = frame
    this.#left = frame.size - this.#headLength
    this.#group.push(head)
    if (this.#left === 0) this.#endUnit()
  }

  #endUnit (): void {
    const frame = this.#frame
    this.#frame = undefined
    this.#headLength = 0
    this.#headNeeded = MARK_BYTES
    if (frame === undefined) return
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (isFirst && this.#format.isInformation(this.#group.peek(frame.size))) return this.#group.skip(frame.size)
    this.#samples += frame.samples
    if (this.#samples >= this.#segmentDuration * frame.rate) this.#publishGroup()
  }

  /** The group holds whole frames, if any, of the current config. */
  #publishGroup (): void {
    if (this.#samples === 0) return
    const duration = this.#samples / rateOf(this.#config!)
    this.publish({ init: this.#init!, bytes: this.#group.take(this.#group.length), start: undefined, duration, join: true })
    this.#samples = 0
  }
}

function textOf (bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, MARK_BYTES))
}

/** Size of an ID3v2 tag with header and footer, of which seven bits in each byte count (ID3v2.4.0, 3.1 and 6.2); undefined where an eighth is set. */
function tagSize (tag: Uint8Array): number | undefined {
  const [, , , , , flags = 0, ...size] = tag.subarray(0, ID3V2_HEADER_BYTES)
  if (size.some(byte => byte > 127)) return undefined
  const footer = flags & 0x10 ? ID3V2_HEADER_BYTES : 0
  return ID3V2_HEADER_BYTES + size.reduce((sum, byte) => sum * 128 + byte, 0) + footer
}

/** Rate and channels in one number. */
function configOf ({ rate, channels }: FrameHeader): number {
  return rate * 16 + channels
}

function rateOf (config: number): number {
  return Math.floor(config / 16)
}
