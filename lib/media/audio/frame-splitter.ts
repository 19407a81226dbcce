// Splits bare audio, frames one behind the other, into groups of frames. A live encoder leaves nothing between them but tags, which are
// dropped: ID3v2 (as HTTP Live Streaming sends it before each object; RFC 8216, 3.4) and ID3v1.
import { ByteQueue } from '../byte-queue.js'
import { FrameSearch, areFrames } from './frame-search.js'
import { configOf, rateOf } from './frame.js'
import type { FrameFormat, FrameHeader } from './frame.js'
import { MediaError } from '../media-error.js'
import type { Dropped, InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/** The most bytes that telling the format of a body takes. */
const SNIFF_BYTES = 4096
/** Bytes without frames, after which the body is something else. */
const MOST_LOST = 65_536

const ID3V2_HEADER_BYTES = 10
const ID3V1_BYTES = 128
/** Enough to tell a tag from a frame. */
const MARK_BYTES = 3

/**
 * Whether a body is of this format: it begins with three frames of the same rate and channels, perhaps behind an ID3v2 tag.
 * @returns undefined where more bytes are needed to tell; 4096 are enough, but for what stands behind a longer tag
 */
export function beginsWithFrames (first: Uint8Array, format: FrameFormat): boolean | undefined {
  const mark = textOf(first)
  if (first.length < MARK_BYTES && 'ID3'.startsWith(mark)) return undefined
  if (mark === 'ID3' && first.length < ID3V2_HEADER_BYTES) return undefined
  const tag = mark === 'ID3' ? tagSize(first) : 0
  if (tag === undefined) return false
  if (tag + format.headerBytes > SNIFF_BYTES) return format.isNamedByTag && first.length >= SNIFF_BYTES ? true : undefined
  const are = areFrames(first, tag, format)
  // In the last three bytes that are looked at no header fits, and what may begin there is taken for one.
  if (are === undefined && first.length >= SNIFF_BYTES) return true
  return are
}

/** Whether a body begins in the midst of a frame of this format, which others follow. @param first - all that is looked at of it */
export function goesOnWithFrames (first: Uint8Array, format: FrameFormat): boolean {
  const bytes = first.subarray(0, SNIFF_BYTES)
  return bytes.some((byte, at) => byte === 0xff && areFrames(bytes, at, format) === true)
}

/**
 * One segment a group of frames; it leaves with the last byte of the frame that makes it `segmentDuration` long, and sooner before a tag,
 * before another rate or number of channels, and at the end. Bytes that are no frames are dropped, up to where three agree. Decoding can start
 * at each segment, and they carry no time.
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
  /** Behind what is no frame: looks for the next. */
  #search: FrameSearch | undefined
  /** Why it is none; whether frames came before it. */
  #damage: MediaError | undefined
  #hasFrames = false
  #count = 0
  #bytes = 0
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

  /** Bytes that are no frames, and how often there were such. */
  override get dropped (): Dropped { return { count: this.#count, bytes: this.#bytes } }

  get held (): number { return this.#group.held }

  protected walk (bytes: Uint8Array, at: number): number {
    if (this.#search !== undefined) return this.#find(this.#search, bytes, at)
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
    if (this.#search !== undefined && !this.#hasFrames) throw this.#damage!
    this.#search = undefined
    if (this.#headLength > 0) throw new MediaError('INVALID_SEGMENT', 'The body ends inside a frame: send it to its end')
    this.#publishGroup()
    this.#isFirst = true
    this.#hasFrames = false
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
    if (size === undefined) return this.#lose(new MediaError('INVALID_SEGMENT', 'An ID3 tag gives no size: send the encoder\'s bytes in order, with none left out'))
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
    if (frame === undefined) return this.#lose(this.#format.refusal(head))
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

  /** The head begins no frame. @throws MediaError what it is, where that is sound of another kind from the start */
  #lose (damage: MediaError): void {
    if (damage.code === 'UNSUPPORTED_MEDIA' && !this.#hasFrames) throw damage
    this.#publishGroup()
    this.#damage = damage
    this.#count++
    const head = this.#head.slice(0, this.#headLength)
    this.#headLength = 0
    this.#headNeeded = MARK_BYTES
    this.#search = new FrameSearch(this.#format)
    this.#find(this.#search, head, 0)
  }

  #find (search: FrameSearch, bytes: Uint8Array, from: number): number {
    const before = search.lost
    const at = search.push(bytes, from)
    this.#bytes += search.lost - before
    if (search.lost > MOST_LOST) throw this.#damage!
    const { found } = search
    if (found === undefined) return at
    this.#search = undefined
    for (let next = 0; next < found.length;) next = this.walk(found, next)
    return at
  }

  #endUnit (): void {
    const frame = this.#frame
    this.#frame = undefined
    this.#headLength = 0
    this.#headNeeded = MARK_BYTES
    if (frame === undefined) return
    this.#hasFrames = true
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
