// Splits bare audio, frames one behind the other, into groups of frames. A live encoder leaves nothing between them but tags, which are
// dropped: ID3v2 (as HTTP Live Streaming sends it before each object; RFC 8216, 3.4) and ID3v1.
import { ByteQueue } from '../byte-queue.js'
import { gatheredSegment } from '../gathering.js'
import { LONGEST_SEARCH, areFrames, findFrames } from './frame-search.js'
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
/** What is searched fits in twice, so that each byte is moved once at most. */
const CAPACITY = 2 * LONGEST_SEARCH
const NO_TAG_SIZE = 'An ID3 tag gives no size: send the encoder\'s bytes in order, with none left out'

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

/** What begins somewhere: a frame, or a tag of so many bytes; or nothing that may stand there, and why. */
type Unit = { readonly frame: FrameHeader } | { readonly tag: number } | { readonly damage: MediaError }

/**
 * One segment a group of frames; it leaves as soon as the frame that makes it `segmentDuration` long is known to be whole, by what begins
 * behind it, and sooner before a tag, before another rate or number of channels, and at the end. Bytes that are no frames are dropped, up
 * to where three agree, and with them the frame that a splice cuts. Decoding can start at each segment, and they carry no time.
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
  /** Bytes that have come, and are not read yet, stand from `#start` to `#end`. */
  #held = new Uint8Array(CAPACITY)
  #start = 0
  #end = 0
  /** Bytes of a tag that are still to come. */
  #skip = 0
  /** Whether the next frame is the first of a file. */
  #isFirst = true
  /** Whether frames were found in the body. */
  #hasFrames = false
  /** What stands where a frame must begin, while the next frames are looked for, and how many bytes were left out since. */
  #damage: MediaError | undefined
  #lost = 0
  #count = 0
  #bytes = 0
  #group = new ByteQueue()
  /** Of the frames in the group, per channel. */
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

  get held (): number { return this.#group.held + this.#held.length }

  protected walk (bytes: Uint8Array, at: number): number {
    const skipped = Math.min(this.#skip, bytes.length - at)
    this.#skip -= skipped
    const taken = this.#hold(bytes.subarray(at + skipped))
    while (this.#read(false));
    return at + skipped + taken
  }

  protected finish (): void {
    while (this.#read(true));
    if (this.#damage !== undefined) this.#loseAtEnd(this.#damage)
    if (this.#start < this.#end || this.#skip > 0) {
      throw new MediaError('INVALID_SEGMENT', 'The body ends inside a frame: send it to its end')
    }
    this.#publishGroup()
    this.#isFirst = true
    this.#hasFrames = false
  }

  protected release (): void {
    this.#group = new ByteQueue()
    this.#held = new Uint8Array(0)
  }

  /** Keeps as many of the bytes as fit. @returns how many */
  #hold (bytes: Uint8Array): number {
    if (this.#end === CAPACITY) {
      this.#held.copyWithin(0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
    }
    const taken = bytes.subarray(0, CAPACITY - this.#end)
    this.#held.set(taken, this.#end)
    this.#end += taken.length
    return taken.length
  }

  /** Reads what stands first of what is held. @returns whether it was read: false where more bytes are needed */
  #read (isLast: boolean): boolean {
    const bytes = this.#held.subarray(this.#start, this.#end)
    if (this.#damage !== undefined) return this.#find(bytes, this.#damage)
    const unit = unitAt(bytes, 0, this.#format)
    if (unit === undefined) return false
    if ('damage' in unit) {
      // Sound of another kind from the start is no damage.
      if (unit.damage.code === 'UNSUPPORTED_MEDIA' && !this.#hasFrames) throw unit.damage
      return this.#lose(unit.damage)
    }
    return 'tag' in unit ? this.#dropTag(unit.tag) : this.#readFrame(bytes, unit.frame, isLast)
  }

  #readFrame (bytes: Uint8Array, frame: FrameHeader, isLast: boolean): boolean {
    const grouped = configOf(frame) === this.#config ? this.#group.length : 0
    if (grouped + frame.size > this.#limit) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A group of frames is above the limit of ${this.#limit} bytes: raise maxSegmentBytes`)
    }
    if (frame.size > bytes.length) return false
    const next = unitAt(bytes, frame.size, this.#format)
    if (next === undefined && !isLast) return false
    if (next !== undefined && 'damage' in next) return this.#lose(next.damage)
    this.#start += frame.size
    this.#takeFrame(bytes.slice(0, frame.size), frame)
    return true
  }

  #takeFrame (bytes: Uint8Array, frame: FrameHeader): void {
    const config = configOf(frame)
    if (config !== this.#config) {
      this.#publishGroup()
      this.#init = this.#config === undefined && this.#given !== undefined
        ? this.#given
        : { kind: 'audio', mime: this.#format.mime, mode: 'sequence' }
      this.#config = config
    }
    const isFirst = this.#isFirst
    this.#isFirst = false
    this.#hasFrames = true
    if (isFirst && this.#format.isInformation(bytes)) return
    this.#group.push(bytes)
    this.#samples += frame.samples
    if (this.#samples >= this.#segmentDuration * frame.rate) this.#publishGroup()
  }

  #dropTag (size: number): boolean {
    this.#publishGroup()
    this.#isFirst = true
    const held = Math.min(size, this.#end - this.#start)
    this.#start += held
    this.#skip = size - held
    return true
  }

  /** From here on frames are looked for. */
  #lose (damage: MediaError): boolean {
    this.#publishGroup()
    this.#damage = damage
    this.#lost = 0
    this.#count++
    return true
  }

  #find (bytes: Uint8Array, damage: MediaError): boolean {
    const { at, isFound } = findFrames(bytes, this.#format)
    this.#leaveOut(at)
    if (this.#lost > MOST_LOST) throw damage
    if (isFound) this.#damage = undefined
    return isFound
  }

  #leaveOut (bytes: number): void {
    this.#start += bytes
    this.#lost += bytes
    this.#bytes += bytes
  }

  #loseAtEnd (damage: MediaError): void {
    if (!this.#hasFrames) throw damage
    this.#leaveOut(this.#end - this.#start)
    this.#damage = undefined
  }

  /** The group holds whole frames, if any, of the current config. */
  #publishGroup (): void {
    if (this.#samples === 0) return
    const duration = this.#samples / rateOf(this.#config!)
    this.publish(gatheredSegment({ init: this.#init!, start: undefined, duration, join: true }, this.#group.split(this.#group.length)))
    this.#samples = 0
  }
}

/** @returns undefined where more bytes are needed to tell */
function unitAt (bytes: Uint8Array, at: number, format: FrameFormat): Unit | undefined {
  const rest = bytes.subarray(at, at + Math.max(ID3V2_HEADER_BYTES, format.headerBytes))
  if (rest.length < MARK_BYTES) return undefined
  const mark = rest[0] === 0xff ? '' : textOf(rest)
  if (mark === 'TAG') return { tag: ID3V1_BYTES }
  if (rest.length < (mark === 'ID3' ? ID3V2_HEADER_BYTES : format.headerBytes)) return undefined
  if (mark !== 'ID3') {
    const frame = format.readHeader(rest, 0)
    return frame === undefined ? { damage: format.refusal(rest.subarray(0, format.headerBytes)) } : { frame }
  }
  const tag = tagSize(rest)
  return tag === undefined ? { damage: new MediaError('INVALID_SEGMENT', NO_TAG_SIZE) } : { tag }
}

function textOf (bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, MARK_BYTES))
}

/**
 * Size of an ID3v2 tag with header and footer, of which seven bits in each byte count (ID3v2.4.0, 3.1 and 6.2); undefined where an eighth
 * is set.
 */
function tagSize (tag: Uint8Array): number | undefined {
  const [, , , , , flags = 0, ...size] = tag.subarray(0, ID3V2_HEADER_BYTES)
  if (size.some(byte => byte > 127)) return undefined
  const footer = flags & 0x10 ? ID3V2_HEADER_BYTES : 0
  return ID3V2_HEADER_BYTES + size.reduce((sum, byte) => sum * 128 + byte, 0) + footer
}
