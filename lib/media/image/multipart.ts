// Splits multipart bodies (RFC 2046, 5.1) into the pictures in their parts: Motion JPEG from ffmpeg's mpjpeg, GStreamer's multipartmux and
// cameras (multipart/x-mixed-replace), and form uploads. The body's own first delimiter line gives the boundary.
import { MediaError } from '../media-error.js'
import { Beginning } from './beginning.js'
import { DelimiterFinder } from './delimiter.js'
import { JPEG } from './jpeg.js'
import { BARE_LINE, DELIMITER_LINE, FIELD } from './multipart-start.js'
import { PartHeaderReader } from './part-header.js'
import { Pictures } from './pictures.js'
import type { PictureScanner } from './pictures.js'
import { PNG } from './png.js'
import type { Dropped, InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/** Types of parts that are recognised by their first bytes. */
const NAMES_SCANNED = new Set(['image/jpeg', 'image/jpg', 'image/pjpeg', 'image/png', 'image/x-png'])
const NAMES_NOTHING = new Set([undefined, 'application/octet-stream'])
/** Line ends around an empty part. */
const MAX_LINE_ENDS = 4
/** The longest possible delimiter line while the boundary is unknown. */
const MAX_LINE = 80

const LF = 0x0a

/** The current part. */
interface Part {
  readonly type: string | undefined
  /** Remaining bytes of content by its header; undefined if it does not say, or all have come. */
  left: number | undefined
  /** Whether all bytes announced by its header have come. */
  isOver: boolean
  /** Bytes read of it. */
  size: number
  /** How its bytes are used: scanned for a picture, held unread, or ignored. `rest` is after the picture, or after damage. */
  use: 'scan' | 'hold' | 'ignore' | 'rest'
}

/**
 * One segment per picture. A JPEG or PNG is published with its last byte, whatever its Content-Length; any other image also, if it has a
 * Content-Length, else with the delimiter after it. Parts that are not pictures, such as cameras' text, are skipped; a damaged picture is
 * dropped, up to the next delimiter.
 */
export class MultipartSplitter extends WalkingSplitter {
  readonly #pictures: Pictures
  readonly #beginning = new Beginning([JPEG, PNG])
  /** Undefined until the first delimiter line is found. */
  #delimiter: DelimiterFinder | undefined
  /** Until then: the current line in a part. */
  #line = ''
  #next: 'first' | 'header' | 'content' | 'epilogue' = 'first'
  #header = new PartHeaderReader()
  #part: Part = { type: undefined, left: undefined, isOver: false, size: 0, use: 'ignore' }
  #scanner: PictureScanner | undefined

  /** @param options.init - of an earlier splitter on the same track: its object is kept if it fits the first picture */
  constructor (options: SplitterOptions) {
    super()
    this.#pictures = new Pictures(options)
  }

  /** The newest picture's; it has no bytes, as every picture is self-contained. */
  get init (): InitSegment | undefined { return this.#pictures.init }

  override get dropped (): Dropped { return this.#pictures.dropped }

  get held (): number { return this.#pictures.cost }

  protected walk (bytes: Uint8Array, at: number): number {
    if (this.#next === 'content') return this.#readContent(bytes, at)
    if (this.#next === 'epilogue') return bytes.length
    const byte = bytes[at]!
    // A header without its empty line at the end.
    if (this.#next === 'header' && this.#header.line === '' && (byte === JPEG.signature[0] || byte === PNG.signature[0])) {
      this.#beginContent()
      return at
    }
    this.#readHeader(byte)
    return at + 1
  }

  protected finish (): void {
    const state = this.#next === 'content' ? this.#delimiter?.state : undefined
    if (state === 'part' || state === 'last') this.#endPart(this.#delimiter!.length)
    else if (this.#scanner !== undefined && this.#part.isOver) this.#spoil(cutShort())
    else if (this.#isInside()) throw new MediaError('INVALID_SEGMENT', 'The body ends inside a part: send it to its end')
    this.#pictures.end()
    this.#delimiter = undefined
    this.#next = 'first'
    this.#header = new PartHeaderReader()
  }

  protected release (): void {
    this.#pictures.forget()
  }

  /** Many senders omit the last delimiter (RFC 2046 requires it), so a body may end between any two parts. */
  #isInside (): boolean {
    if (this.#next === 'epilogue') return false
    if (this.#next !== 'content') return this.#next === 'first' ? this.#header.line.trim() !== '' : !this.#header.isEmpty
    const { type, size, left, use } = this.#part
    if (left !== undefined || this.#delimiter?.state === 'inside' || use === 'hold') return true
    return use === 'scan' && (this.#scanner !== undefined || size === 0 || NAMES_SCANNED.has(type ?? ''))
  }

  #readHeader (byte: number): void {
    try {
      const line = this.#header.readByte(byte)
      if (line !== undefined) this.#readLine(line)
    } catch (error) {
      if (this.#next === 'first' || !(error instanceof MediaError)) throw error
      this.#beginContent('rest')
      this.#pictures.giveUp(error)
    }
  }

  #readLine (line: string): void {
    const text = line.trimEnd()
    if (this.#next === 'first') {
      this.#readFirst(text, line.endsWith('\r'))
    } else if (text === '') {
      this.#beginContent()
    } else if (this.#delimiter?.isLine(text) === true) {
      this.#beginHeader()
    } else {
      this.#header.readField(text)
    }
  }

  #readFirst (text: string, hasCR: boolean): void {
    if (text === '') return
    if (FIELD.test(text)) {
      this.#next = 'header'
      return this.#header.readField(text)
    }
    if (!DELIMITER_LINE.test(text) && !BARE_LINE.test(text)) {
      throw new MediaError('INVALID_SEGMENT', 'The first line is no delimiter (two dashes and a boundary of at most 70 characters): ' +
        'send the body from its first byte')
    }
    this.#delimiter = new DelimiterFinder(text, hasCR)
    this.#beginHeader()
  }

  #beginHeader (): void {
    this.#header = new PartHeaderReader()
    this.#next = 'header'
  }

  #beginContent (use?: Part['use']): void {
    const { type, length } = this.#header.take()
    // Cameras that do not know a picture's length in advance send 0.
    const left = length === 0 ? undefined : length
    this.#part = { type, left, isOver: false, size: 0, use: use ?? useOf(type) }
    this.#next = 'content'
    this.#line = ''
    this.#delimiter?.begin(true)
    this.#beginning.begin()
    if (this.#part.use !== 'hold') return
    const excess = this.#pictures.excess(left ?? 0)
    if (excess !== undefined) this.#spoil(excess)
  }

  #readContent (bytes: Uint8Array, from: number): number {
    const part = this.#part
    const to = Math.min(bytes.length, from + (part.left ?? Infinity))
    const at = this.#delimiter === undefined ? this.#learnDelimiter(bytes, from, to) : this.#delimiter.read(bytes, from, to)
    part.size += at - from
    if (part.use === 'hold') this.#hold(bytes.subarray(from, at))
    else if (part.use === 'scan') this.#scan(bytes, from, at)
    else if (part.use === 'rest') this.#pictures.pass(at - from, noDelimiter)
    if (part.left !== undefined) part.left -= at - from
    if (this.#delimiter?.isFound === true) this.#endPart(this.#delimiter.length)
    else if (part.left === 0) this.#endContent()
    return at
  }

  /** Reads to the end of a line that looks like a delimiter. @returns the index after the last byte read */
  #learnDelimiter (bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (bytes[at] !== LF) {
        if (this.#line.length <= MAX_LINE) this.#line += String.fromCharCode(bytes[at]!)
        continue
      }
      const text = this.#line.trimEnd()
      const hasCR = this.#line.endsWith('\r')
      this.#line = ''
      if (!DELIMITER_LINE.test(text)) continue
      const delimiter = this.#delimiter = new DelimiterFinder(text, hasCR)
      delimiter.begin(true)
      delimiter.read(Uint8Array.from(`${text}\n`, character => character.charCodeAt(0)), 0, text.length + 1)
      return at + 1
    }
    return to
  }

  #hold (bytes: Uint8Array): void {
    const excess = this.#pictures.hold(bytes)
    if (excess === undefined) return
    this.#spoil(excess)
    this.#pictures.pass(bytes.length, noDelimiter)
  }

  #spoil (damage: MediaError): void {
    this.#part.use = 'rest'
    this.#scanner = undefined
    this.#pictures.giveUp(damage)
  }

  /** Bytes after the picture's own end are skipped: padding, or a second picture in a camera's own format. */
  #scan (bytes: Uint8Array, from: number, to: number): void {
    let at = from
    while (at < to && this.#part.use === 'scan') {
      at = this.#scanner === undefined ? this.#seek(bytes, at, to) : this.#read(this.#scanner, bytes, at, to)
    }
    this.#pictures.pass(to - at, noDelimiter)
  }

  #seek (bytes: Uint8Array, from: number, to: number): number {
    const beginning = this.#beginning
    const before = beginning.matched
    const at = beginning.read(bytes, from, to)
    const format = beginning.found
    this.#pictures.pass(before + at - from - beginning.matched, noDelimiter)
    if (format !== undefined) {
      this.#scanner = format.scanner()
      this.#read(this.#scanner, format.signature, 0, format.signature.length)
    }
    return at
  }

  #read (scanner: PictureScanner, bytes: Uint8Array, from: number, to: number): number {
    const { at, damage } = this.#pictures.read(scanner, bytes, from, to)
    if (damage !== undefined) {
      this.#spoil(damage)
    } else if (scanner.isWhole) {
      this.publish(this.#pictures.take(this.#pictures.held, scanner.mime, scanner.size))
      this.#scanner = undefined
      this.#part.use = 'rest'
    }
    return at
  }

  /** All bytes announced by the header have come. */
  #endContent (): void {
    const { use, type } = this.#part
    this.#part.left = undefined
    this.#part.isOver = true
    this.#line = ''
    // Inside a delimiter, the length is wrong, and the delimiter decides.
    if (use !== 'hold' || this.#delimiter?.state === 'inside') return this.#delimiter?.allow()
    this.#delimiter?.allow()
    this.#part.use = 'rest'
    this.publish(this.#pictures.take(this.#pictures.held, type!, undefined))
  }

  /** A delimiter line of that many bytes has come. */
  #endPart (length: number): void {
    const { use, left, type, size } = this.#part
    if (this.#scanner !== undefined) {
      this.#spoil(cutShort())
    } else if (use === 'scan' && NAMES_SCANNED.has(type ?? '') && size - length > MAX_LINE_ENDS) {
      this.#pictures.giveUp(new MediaError('INVALID_SEGMENT', `A part of type ${type} is neither JPEG nor PNG: send the picture from ` +
        'its first byte, or give its own type'))
    } else if (use === 'hold' && left !== undefined) {
      this.#spoil(new MediaError('INVALID_SEGMENT', 'A part\'s Content-Length is wrong, as its delimiter comes before: send the right ' +
        'length, or none'))
    } else if (use === 'hold' && this.#pictures.held > length) {
      this.publish(this.#pictures.take(this.#pictures.held - length, type!, undefined))
    }
    this.#pictures.forget()
    if (this.#delimiter!.state === 'last') this.#next = 'epilogue'
    else this.#beginHeader()
  }
}

function cutShort (): MediaError {
  return new MediaError('INVALID_SEGMENT', 'A part ends before its picture does: send each picture whole')
}

function noDelimiter (): MediaError {
  return new MediaError('INVALID_SEGMENT', 'No picture follows, and no delimiter that begins the next part: send the same boundary ' +
    'between all parts')
}

function useOf (type: string | undefined): Part['use'] {
  if (NAMES_SCANNED.has(type ?? '') || NAMES_NOTHING.has(type)) return 'scan'
  return type?.startsWith('image/') === true ? 'hold' : 'ignore'
}
