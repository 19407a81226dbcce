// Splits bare audio, a sequence of frames, into groups of frames. A live encoder puts nothing between them except tags, which are dropped:
// ID3v2 (which HTTP Live Streaming puts before each object; RFC 8216, 3.4) and ID3v1.
import { ByteQueue } from '../byte-queue.js'
import { gatheredSegment } from '../gathering.js'
import { LONGEST_SEARCH, areFrames, findFrames } from './frame-search.js'
import { configOf, rateOf } from './frame.js'
import type { FrameFormat, FrameHeader } from './frame.js'
import { MediaError } from '../media-error.js'
import type { Dropped, InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/** The maximum of bytes needed to detect the format of a body. */
const SNIFF_BYTES = 4096
/** After this many bytes without frames, the body is something else. */
const MOST_LOST = 65_536

const ID3V2_HEADER_BYTES = 10
const ID3V1_BYTES = 128
/** Enough to distinguish a tag from a frame. */
const MARK_BYTES = 3
/** Twice the longest search, so that each byte is moved at most once. */
const CAPACITY = 2 * LONGEST_SEARCH
const NO_TAG_SIZE = 'An ID3 tag gives no size: send the encoder\'s bytes in order, with none left out'

/**
 * Whether a body is of this format: it begins with three frames of the same rate and channels, perhaps after an ID3v2 tag.
 * @returns undefined if more bytes are needed to tell; 4096 are enough, except for frames after a longer tag
 */
export function beginsWithFrames (first: Uint8Array, format: FrameFormat): boolean | undefined {
  const mark = textOf(first)
  if (first.length < MARK_BYTES && 'ID3'.startsWith(mark)) return undefined
  if (mark === 'ID3' && first.length < ID3V2_HEADER_BYTES) return undefined
  const tag = mark === 'ID3' ? tagSize(first) : 0
  if (tag === undefined) return false
  if (tag + format.headerBytes > SNIFF_BYTES) return format.isNamedByTag && first.length >= SNIFF_BYTES ? true : undefined
  const are = areFrames(first, tag, format)
  // No header fits in the last three bytes, so a possible start of one counts as a header.
  if (are === undefined && first.length >= SNIFF_BYTES) return true
  return are
}

/** Whether a body begins inside a frame of this format, with others after it. @param first - all the bytes to examine */
export function goesOnWithFrames (first: Uint8Array, format: FrameFormat): boolean {
  const bytes = first.subarray(0, SNIFF_BYTES)
  return bytes.some((byte, at) => byte === 0xff && areFrames(bytes, at, format) === true)
}

/** The unit at a position: a frame, a tag of that many bytes, or an error for anything else. */
type Unit = { readonly frame: FrameHeader } | { readonly tag: number } | { readonly damage: MediaError }

/**
 * One segment per group of frames. It is published as soon as the frame that completes `segmentDuration` is confirmed by what follows it,
 * and earlier before a tag, before a change of rate or channels, and at the end. Unrecognised bytes are dropped, up to the next three
 * frames that agree, including a frame cut by a splice. Decoding can start at each segment, and they carry no time.
 */
export class FrameSplitter extends WalkingSplitter {
  readonly #format: FrameFormat
  readonly #limit: number
  readonly #segmentDuration: number
  /** That of an earlier splitter for the same format. */
  readonly #given: InitSegment | undefined
  #init: InitSegment | undefined
  /** The config that `#init` describes. */
  #config: number | undefined
  /** The unread bytes are from `#start` to `#end`. */
  #held = new Uint8Array(CAPACITY)
  #start = 0
  #end = 0
  /** Remaining bytes of a tag. */
  #skip = 0
  /** Whether the next frame is the first of a file. */
  #isFirst = true
  /** Whether frames were found in the body. */
  #hasFrames = false
  /** The error at the place where a frame should begin, while the next frames are searched for, and the bytes dropped since. */
  #damage: MediaError | undefined
  #lost = 0
  #count = 0
  #bytes = 0
  #group = new ByteQueue()
  /** In the frames of the group, per channel. */
  #samples = 0

  /**
   * @param options.segmentDuration - seconds, 0.25 by default
   * @param options.init - of an earlier splitter on the same track: its object is kept if the format is the same
   */
  constructor (format: FrameFormat, { maxSegmentBytes, segmentDuration = 0.25, init }: SplitterOptions) {
    super()
    this.#format = format
    this.#limit = maxSegmentBytes
    this.#segmentDuration = segmentDuration
    if (init !== undefined && init.mime === format.mime && init.bytes === undefined) this.#given = init
  }

  /** Has no bytes, as each frame describes itself; undefined until there is a frame. */
  get init (): InitSegment | undefined { return this.#init }

  /** The number of runs of unrecognised bytes, and their bytes. */
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

  /** Stores as many of the bytes as fit. @returns their number */
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

  /** Reads the next unit. @returns whether it was read: false if more bytes are needed */
  #read (isLast: boolean): boolean {
    const bytes = this.#held.subarray(this.#start, this.#end)
    if (this.#damage !== undefined) return this.#find(bytes, this.#damage)
    const unit = unitAt(bytes, 0, this.#format)
    if (unit === undefined) return false
    if ('damage' in unit) {
      // Another kind of audio from the start is not damage.
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

  /** From here on it searches for frames. */
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

  /** Publishes the group's frames, if any, with the current config. */
  #publishGroup (): void {
    if (this.#samples === 0) return
    const duration = this.#samples / rateOf(this.#config!)
    this.publish(gatheredSegment({ init: this.#init!, start: undefined, duration, join: true }, this.#group.split(this.#group.length)))
    this.#samples = 0
  }
}

/** @returns undefined if more bytes are needed to tell */
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
 * Size of an ID3v2 tag with header and footer, from seven bits of each byte (ID3v2.4.0, 3.1 and 6.2); undefined if an eighth bit is set.
 */
function tagSize (tag: Uint8Array): number | undefined {
  const [, , , , , flags = 0, ...size] = tag.subarray(0, ID3V2_HEADER_BYTES)
  if (size.some(byte => byte > 127)) return undefined
  const footer = flags & 0x10 ? ID3V2_HEADER_BYTES : 0
  return ID3V2_HEADER_BYTES + size.reduce((sum, byte) => sum * 128 + byte, 0) + footer
}
