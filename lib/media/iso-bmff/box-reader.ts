// Boxes within boxes, and the fields within a box (ISO/IEC 14496-12, 4.2). No read leaves the bytes of its own box: for any input, the only
// possible error is a MediaError.
import { MediaError } from '../media-error.js'

// A fragment has a dozen boxes, a movie of many tracks some hundred. Without a limit, 16 MB of empty boxes are two million objects in one
// step.
const MOST_CHILDREN = 4_096
// A limit on all boxes read from one array, even repeatedly, for boxes nested in boxes: 1 MiB can hold 130,000.
const MOST_BOXES = 8_192

// Making a decoder costs as much as reading a page of text.
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * One box: its type, and the position of its body (after size, type and largesize). All boxes of one array share one view, because a
 * fragment has a dozen boxes for a few hundred bytes, and typed arrays are expensive to make.
 */
export interface Box {
  readonly type: string
  readonly view: DataView
  /** Position of the box itself in `view`, in bytes. */
  readonly at: number
  /** Position of the body in `view`, in bytes. */
  readonly start: number
  /** End of the body in `view`. */
  readonly end: number
  /** The number of boxes read from `view`. */
  readonly read: { count: number }
}

/**
 * Makes a box from bytes.
 * @param type - its name in errors
 * @param header - the number of header bytes; 0 for a body alone
 */
export function boxOf (type: string, bytes: Uint8Array, header = 0): Box {
  return {
    type, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0, start: header, end: bytes.length, read: { count: 0 }
  }
}

/** The bytes of a box's body, not copied. */
export function bodyOf ({ view, start, end }: Box): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start)
}

/** The bytes of a whole box, header included, not copied. */
export function bytesOf ({ view, at, end }: Box): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, end - at)
}

/** Version and flags of a FullBox (ISO/IEC 14496-12, 4.2). */
export interface FullBoxHeader {
  readonly version: number
  readonly flags: number
}

/**
 * Reads the fields of one box in order, big-endian. Every method throws MediaError `INVALID_SEGMENT` if the box ends before the field.
 */
export class FieldReader {
  readonly #box: Box
  readonly #view: DataView
  #at: number
  #boxes = 0

  constructor (box: Box) {
    this.#box = box
    this.#view = box.view
    this.#at = box.start
  }

  /** Unread bytes of the box. */
  get left (): number {
    return this.#box.end - this.#at
  }

  /** @param count - in bytes */
  skip (count: number): void {
    this.#pass(count)
  }

  uint8 (): number {
    return this.#view.getUint8(this.#pass(1))
  }

  uint16 (): number {
    return this.#view.getUint16(this.#pass(2))
  }

  uint32 (): number {
    return this.#view.getUint32(this.#pass(4))
  }

  int32 (): number {
    return this.#view.getInt32(this.#pass(4))
  }

  /** 64 bits, rounded above 2^53, with a relative error of at most 2^-53. */
  uint64 (): number {
    return Number(this.#view.getBigUint64(this.#pass(8)))
  }

  /** 64 bits, exactly. */
  bigUint64 (): bigint {
    return this.#view.getBigUint64(this.#pass(8))
  }

  /** 64 bits with a sign, rounded as {@link FieldReader.uint64}. */
  int64 (): number {
    return Number(this.#view.getBigInt64(this.#pass(8)))
  }

  /** A four-character code, one character per byte. */
  fourcc (): string {
    const code = this.uint32()
    return String.fromCharCode(code >>> 24, code >>> 16 & 255, code >>> 8 & 255, code & 255)
  }

  /** A string in UTF-8, ended by a zero byte; malformed if that is missing, or the bytes before it are not UTF-8. */
  string (): string {
    const rest = bodyOf(this.rest())
    const length = rest.indexOf(0)
    if (length < 0) throw this.#malformed()
    this.#pass(length + 1)
    try {
      return UTF8.decode(rest.subarray(0, length))
    } catch {
      throw this.#malformed()
    }
  }

  /** The version and flags at the start of every FullBox. */
  fullBox (): FullBoxHeader {
    const word = this.uint32()
    return { version: word >>> 24, flags: word & 0xffffff }
  }

  /**
   * The next whole box: at most 4,096 per box, and 8,192 per array. Its size may be 64 bits wide; a size of 0 ("to the end of the file")
   * has no meaning inside another box.
   * @throws MediaError `INVALID_SEGMENT` also if its size is less than its header, or more than the rest
   */
  box (): Box {
    const { read } = this.#box
    if (++this.#boxes > MOST_CHILDREN) throw tooMany(`There are more than ${MOST_CHILDREN} boxes in the ${this.#box.type}`)
    if (++read.count > MOST_BOXES) throw tooMany('There are too many boxes within boxes')
    const at = this.#at
    const size = this.uint32()
    const type = this.fourcc()
    const payload = size === 1 ? this.uint64() - 16 : size - 8
    const start = this.#pass(payload)
    return { type, view: this.#view, at, start, end: start + payload, read }
  }

  /** The rest, as a box of the same type. */
  rest (): Box {
    return { ...this.#box, start: this.#at }
  }

  #pass (count: number): number {
    if (count < 0 || count > this.left) throw this.#malformed()
    const at = this.#at
    this.#at += count
    return at
  }

  #malformed (): MediaError {
    return new MediaError('INVALID_SEGMENT', `The ${this.#box.type} box does not hold what its own fields say: send its bytes as the ` +
      'encoder wrote them')
  }
}

function tooMany (found: string): MediaError {
  return new MediaError('INVALID_SEGMENT', `${found}, which no encoder writes: send its bytes as the encoder wrote them`)
}

/**
 * All children, in order.
 * @throws MediaError `INVALID_SEGMENT` if they do not fill the parent exactly
 */
export function allBoxes (parent: Box): Box[] {
  const reader = new FieldReader(parent)
  const found: Box[] = []
  while (reader.left > 0) found.push(reader.box())
  return found
}

/**
 * The children of one type, in order.
 * @throws MediaError `INVALID_SEGMENT` if the children do not fill the parent exactly
 */
export function childBoxes (parent: Box, type: string): Box[] {
  const reader = new FieldReader(parent)
  const found: Box[] = []
  while (reader.left > 0) {
    const box = reader.box()
    if (box.type === type) found.push(box)
  }
  return found
}

/**
 * The first child of a type that the standard makes mandatory.
 * @throws MediaError `INVALID_SEGMENT` if there is none, or if the children do not fill the parent exactly
 */
export function requiredBox (parent: Box, type: string): Box {
  const [first] = childBoxes(parent, type)
  if (first === undefined) {
    throw new MediaError('INVALID_SEGMENT', `The ${parent.type} box has no ${type} box in it: send the encoder's ` +
    `whole ${parent.type}`)
  }
  return first
}
