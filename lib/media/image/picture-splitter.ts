// Splits a body of one picture, or of consecutive pictures, as from ffmpeg's image2pipe or a GStreamer pipe.
import { MediaError } from '../media-error.js'
import { Beginning } from './beginning.js'
import { Pictures } from './pictures.js'
import type { PictureFormat, PictureScanner, PictureSize } from './pictures.js'
import type { Dropped, InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/**
 * One segment per picture, published with its last byte. Zeros and line ends between pictures are skipped. A damaged picture is dropped,
 * with anything else before the next one; so are pictures that belong to the one before them, such as gain maps.
 */
export class PictureSplitter extends WalkingSplitter {
  readonly #format: PictureFormat
  readonly #pictures: Pictures
  readonly #beginning: Beginning
  /** Of the current picture. */
  #scanner: PictureScanner | undefined
  /** Whether damage at this place is counted already. */
  #isLost = false
  /** The last picture's size, if others that belong to it may follow. */
  #leader: PictureSize | undefined

  /** @param options.init - of an earlier splitter on the same track: its object is kept if it fits the first picture */
  constructor (format: PictureFormat, options: SplitterOptions) {
    super()
    this.#format = format
    this.#pictures = new Pictures(options)
    this.#beginning = new Beginning([format])
  }

  /** The newest picture's; it has no bytes, as every picture is self-contained. */
  get init (): InitSegment | undefined { return this.#pictures.init }

  override get dropped (): Dropped { return this.#pictures.dropped }

  get held (): number { return this.#pictures.cost }

  protected walk (bytes: Uint8Array, at: number): number {
    return this.#scanner === undefined ? this.#seek(bytes, at) : this.#read(this.#scanner, bytes, at)
  }

  protected finish (): void {
    if (this.#scanner !== undefined || (this.#beginning.matched > 0 && !this.#isLost)) {
      throw new MediaError('INVALID_SEGMENT', 'The body ends inside a picture: send it to its end')
    }
    this.#pictures.end()
    this.#beginning.begin()
    this.#isLost = false
    this.#leader = undefined
  }

  protected release (): void {
    this.#pictures.forget()
  }

  #seek (bytes: Uint8Array, from: number): number {
    const beginning = this.#beginning
    if (beginning.matched === 0 && !this.#isLost && isPadding(bytes[from]!)) return from + 1
    const before = beginning.matched
    // One byte more than may be lost, so that it is refused at the same byte however the bytes are divided.
    const at = beginning.read(bytes, from, Math.min(bytes.length, from + this.#pictures.patience + this.#format.signature.length + 1))
    const lost = before + at - from - beginning.matched
    if (lost > 0) this.#lose(lost)
    if (beginning.found !== undefined) this.#begin()
    return at
  }

  #lose (bytes: number): void {
    if (!this.#isLost) {
      this.#pictures.giveUp(new MediaError('INVALID_SEGMENT', 'There is no picture where one must begin: send each ' +
      'picture whole, and nothing between them'))
    }
    this.#isLost = true
    this.#pictures.lose(bytes)
  }

  #begin (): void {
    const { signature } = this.#format
    this.#scanner = this.#format.scanner()
    this.#beginning.begin()
    this.#read(this.#scanner, signature, 0)
  }

  #read (scanner: PictureScanner, bytes: Uint8Array, from: number): number {
    const pictures = this.#pictures
    const { at, damage } = pictures.read(scanner, bytes, from, bytes.length)
    if (damage !== undefined) {
      this.#scanner = undefined
      this.#isLost = true
      this.#beginning.begin(this.#format, scanner.nextBegun)
      pictures.giveUp(damage, scanner.nextBegun)
      if (this.#beginning.found !== undefined) this.#begin()
    } else if (scanner.isWhole) {
      this.#scanner = undefined
      this.#isLost = false
      this.#end(scanner)
    }
    return at
  }

  #end ({ mime, size, leads }: PictureScanner): void {
    // A camera's next picture has the same size.
    if (this.#leader !== undefined && leads !== true && !isSame(this.#leader, size)) return this.#pictures.forget()
    this.#leader = leads === true ? size : undefined
    this.publish(this.#pictures.take(this.#pictures.held, mime, size))
  }
}

function isSame (one: PictureSize, other: PictureSize | undefined): boolean {
  return one.width === other?.width && one.height === other.height
}

function isPadding (byte: number): boolean {
  return byte === 0 || byte === 0x0a || byte === 0x0d
}
