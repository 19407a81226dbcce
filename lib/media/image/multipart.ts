// Splits multipart bodies (RFC 2046, 5.1) into the pictures that are their parts: Motion JPEG as ffmpeg's mpjpeg, GStreamer's multipartmux
// and cameras send it (multipart/x-mixed-replace), and form uploads. The boundary is told by the body's own first line.
import { MediaError } from '../media-error.js'
import { JpegScanner } from './jpeg.js'
import { PartHeaderReader } from './part-header.js'
import { Pictures } from './pictures.js'
import type { PictureScanner } from './pictures.js'
import { PngScanner } from './png.js'
import type { InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

// RFC 2046, 5.1.1: bchars, of which a space is not the last.
const BOUNDARY = "[\\w'()+,./:=? -]{0,69}[\\w'()+,./:=?-]"
const FIELD_NAME = "[\\w!#$%&'*+.^`|~-]{1,100}"
const FIRST_LINE = new RegExp(`^--${BOUNDARY}$`)
const BEGINNING = new RegExp(`^(\r?\n)?--${BOUNDARY}[ \t]*\r?\n(${FIELD_NAME}[ \t]*:|\r?\n)`)
/** What may still become {@link BEGINNING}, which has the most bytes in a first line of 72 and a name of 100. */
const BEGINNING_SO_FAR = new RegExp(`^(\r?\n?-?|(\r?\n)?--[\\w'()+,./:=? -]{0,70}[ \t]*\r?(\n(\r|(${FIELD_NAME})?[ \t]*))?)$`)
const BEGINNING_BYTES = 256

const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d
// Most other media differs in its first byte already.
const BEGINS = new Set([CR, LF, DASH])

/** Types of parts whose first byte tells what they are. */
const NAMES_SCANNED = new Set(['image/jpeg', 'image/jpg', 'image/pjpeg', 'image/png', 'image/x-png'])
const NAMES_NOTHING = new Set([undefined, 'application/octet-stream'])

/** The part that is being read. */
interface Part {
  readonly type: string | undefined
  /** Bytes of content that are still to come; undefined where only the next delimiter ends it. */
  left: number | undefined
  /** How its bytes are read: by a scanner as far as the picture's own end, held unread, or dropped; undefined until the first has come. */
  use: PictureScanner | 'hold' | 'drop' | undefined
}

/**
 * Whether a body is multipart: its first line is two dashes and a boundary, and its second a header field or empty.
 * @returns undefined where more bytes are needed to tell; 256 are enough
 */
export function isMultipart (first: Uint8Array): boolean | undefined {
  if (first.byteLength > 0 && !BEGINS.has(first[0]!)) return false
  const text = String.fromCharCode(...first.subarray(0, BEGINNING_BYTES))
  if (BEGINNING.test(text)) return true
  return text.length < BEGINNING_BYTES && BEGINNING_SO_FAR.test(text) ? undefined : false
}

/**
 * One segment a picture. A JPEG or PNG leaves with its last byte, and so does every other image that gives its Content-Length; one
 * without leaves with the delimiter behind it. Parts that are no pictures, such as cameras' text, are dropped.
 */
export class MultipartSplitter extends WalkingSplitter {
  readonly #pictures: Pictures
  /** LF and the first line: how each part ends. In a body with CRLF the CR before it belongs to it too. */
  #delimiter: Uint8Array = new Uint8Array(0)
  #hasCR = false
  /** How many bytes of the delimiter the last bytes are. */
  #matched = 0
  /** What the next byte belongs to: `end` is the delimiter where it must be, `tail` the rest of its line. */
  #next: 'first' | 'header' | 'content' | 'end' | 'tail' | 'epilogue' = 'first'
  #header = new PartHeaderReader()
  #part: Part = { type: undefined, left: undefined, use: undefined }

  /** @param options.init - of an earlier splitter on the same track: the first picture keeps the object where it fits */
  constructor (options: SplitterOptions) {
    super()
    this.#pictures = new Pictures(options)
  }

  /** The newest picture's; it has no bytes, as every picture stands for itself. */
  get init (): InitSegment | undefined { return this.#pictures.init }

  protected walk (bytes: Uint8Array, at: number): number {
    if (this.#next === 'content') return this.#readContent(bytes, at)
    if (this.#next === 'epilogue') return bytes.length
    const byte = bytes[at]!
    if (this.#next === 'end') {
      this.#readEnd(byte)
    } else {
      const line = this.#header.readByte(byte)
      if (line !== undefined) this.#readLine(line)
    }
    return at + 1
  }

  protected finish (): void {
    if (this.#isInside()) throw new MediaError('INVALID_SEGMENT', 'The body ends inside a part: send it to its end')
    this.#next = 'first'
    this.#header = new PartHeaderReader()
  }

  protected release (): void {
    this.#pictures.drop()
  }

  /** Many a sender goes without the last delimiter (RFC 2046 demands it), so a body may end between any two parts. */
  #isInside (): boolean {
    const line = this.#header.line.trimEnd()
    switch (this.#next) {
      case 'first': return line !== ''
      case 'header': return !this.#header.isEmpty
      case 'content': return this.#part.use !== 'drop' || this.#part.left !== undefined
      case 'end': return this.#matched > 1
      case 'tail': return line !== '' && line !== '--'
      case 'epilogue': return false
    }
  }

  #readLine (line: string): void {
    const text = line.trimEnd()
    if (this.#next === 'first') {
      if (text === '') return
      if (!FIRST_LINE.test(text)) throw new MediaError('INVALID_SEGMENT', 'The first line is no delimiter (two dashes and a boundary of at most 70 characters): send the body from its first byte')
      this.#delimiter = Uint8Array.from(`\n${text}`, character => character.charCodeAt(0))
      this.#hasCR = line.endsWith('\r')
      this.#beginHeader()
    } else if (this.#next === 'tail') {
      if (text === '') this.#beginHeader()
      else if (text === '--') this.#next = 'epilogue'
      else throw new MediaError('INVALID_SEGMENT', 'A line begins as a delimiter and goes on: choose a boundary that does not occur in a part')
    } else if (text !== '') {
      this.#header.readField(text)
    } else {
      const { type, length } = this.#header.take()
      this.#part = { type, left: length, use: undefined }
      this.#matched = 1
      this.#next = length === 0 ? 'end' : 'content'
    }
  }

  #beginHeader (): void {
    this.#header = new PartHeaderReader()
    this.#next = 'header'
  }

  #readContent (bytes: Uint8Array, at: number): number {
    const part = this.#part
    part.use ??= this.#useOf(part, bytes[at]!)
    const to = Math.min(bytes.length, at + (part.left ?? Infinity))
    let end = to
    if (typeof part.use === 'object') end = this.#readPicture(part.use, bytes, at, to)
    else if (part.left === undefined) return this.#readToDelimiter(bytes, at)
    else if (part.use === 'hold') this.#pictures.hold(bytes.subarray(at, to))
    if (part.left !== undefined) {
      part.left -= end - at
      if (part.left === 0) this.#endContent()
    }
    return end
  }

  #useOf ({ type, left }: Part, first: number): Part['use'] {
    const use = useOf(type, first)
    if (use !== 'drop') this.#pictures.checkSize(left ?? 0)
    return use
  }

  /** What stands behind the picture's own end is dropped: padding, and a second picture of a camera's own format. */
  #readPicture (scanner: PictureScanner, bytes: Uint8Array, at: number, to: number): number {
    const end = this.#pictures.read(scanner, bytes, at, to)
    if (end === undefined) return to
    this.publish(this.#pictures.take(this.#pictures.held, scanner.mime, scanner.size))
    this.#part.use = 'drop'
    return end
  }

  #endContent (): void {
    const { use, type } = this.#part
    if (typeof use === 'object') throw new MediaError('INVALID_SEGMENT', 'A part ends, by its Content-Length, before its picture does: send the right length, or none')
    if (use === 'hold') this.publish(this.#pictures.take(this.#pictures.held, type!, undefined))
    this.#next = 'end'
  }

  /** Holds or drops content to the next delimiter. LF stands in it only first, so after bytes that do not match the search never goes back. */
  #readToDelimiter (bytes: Uint8Array, at: number): number {
    const delimiter = this.#delimiter
    const { use, type } = this.#part
    let end = at
    while (end < bytes.length && this.#matched < delimiter.length) {
      const byte = bytes[end++]
      this.#matched = byte === delimiter[this.#matched] ? this.#matched + 1 : byte === LF ? 1 : 0
    }
    if (use === 'hold') this.#pictures.hold(bytes.subarray(at, end))
    if (this.#matched < delimiter.length) return end
    const length = this.#pictures.held - delimiter.length - (this.#hasCR ? 1 : 0)
    if (length > 0) this.publish(this.#pictures.take(length, type!, undefined))
    this.#pictures.drop()
    this.#next = 'tail'
    return end
  }

  /** After content of known length come line ends and the delimiter, at once. */
  #readEnd (byte: number): void {
    if (byte === this.#delimiter[this.#matched]) this.#matched++
    else if (this.#matched > 1 || (byte !== LF && byte !== CR)) {
      throw new MediaError('INVALID_SEGMENT', 'A part\'s Content-Length is wrong, as no delimiter follows its content: send the right length, or none')
    }
    if (this.#matched === this.#delimiter.length) this.#next = 'tail'
  }
}

function useOf (type: string | undefined, first: number): Exclude<Part['use'], undefined> {
  const isNamed = NAMES_SCANNED.has(type ?? '')
  if (!isNamed && !NAMES_NOTHING.has(type)) return type?.startsWith('image/') === true ? 'hold' : 'drop'
  if (first === 0xff) return new JpegScanner()
  if (first === 0x89) return new PngScanner()
  if (!isNamed) return 'drop'
  throw new MediaError('INVALID_SEGMENT', `A part of type ${type} is neither JPEG nor PNG: send the picture from its first byte, or give its own type`)
}
