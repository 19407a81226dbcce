// Splits PNG pictures (W3C PNG, third edition) by their chunks.
import { MediaError } from '../media-error.js'
import { PictureSplitter } from './picture-splitter.js'
import type { PictureFormat, PictureScanner, PictureSize } from './pictures.js'
import type { SplitterOptions } from '../segment.js'

/** Section 5.2. */
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** A chunk is its length, its type, that many bytes, and a CRC (5.3). */
const CRC_BYTES = 4
/** Of an IHDR chunk (11.2.1). */
const IHDR_BYTES = 13

/** Whether a body is PNG, told from its first 8 bytes. */
export function isPng (first: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => first[index] === byte)
}

/** How PNG pictures begin and are read. */
export const PNG: PictureFormat = { signature: SIGNATURE, scanner: () => new PngScanner() }

/** Splits one PNG, or any number of them in a row (ffmpeg `-f image2pipe -c:v png`). */
export class PngSplitter extends PictureSplitter {
  /** @param options.init - of an earlier splitter on the same track */
  constructor (options: SplitterOptions) {
    super(PNG, options)
  }
}

/** Finds the end of one PNG: its IEND chunk. */
class PngScanner implements PictureScanner {
  readonly mime = 'image/png'
  /** Collects the signature, a chunk's length and type, or an IHDR chunk's width and height. */
  readonly #eight = new Uint8Array(8)
  #collected = 0
  /** The kind of bytes in `#eight`, or `rest` for bytes that pass unread. */
  #next: 'signature' | 'chunk' | 'size' | 'rest' = 'signature'
  #type = ''
  /** Remaining bytes of the chunk, its CRC included. */
  #left = 0
  #size: PictureSize | undefined
  #isWhole = false
  #damage: MediaError | undefined

  get size (): PictureSize | undefined { return this.#size }

  get owed (): number { return this.#left }

  get isWhole (): boolean { return this.#isWhole }

  get damage (): MediaError | undefined { return this.#damage }

  /** Where the next picture begins in a damaged chunk header: its eight bytes may end with the start of a signature. */
  get nextBegun (): number {
    for (let count = SIGNATURE.length; count > 0; count--) {
      if (SIGNATURE.subarray(0, count).every((byte, index) => byte === this.#eight[SIGNATURE.length - count + index])) return count
    }
    return 0
  }

  /** Reads on; see {@link PictureScanner.scan}. */
  scan (bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to) {
      if (this.#next !== 'rest') {
        if (this.#collect(bytes[at++]!)) return at
        continue
      }
      const count = Math.min(to - at, this.#left)
      at += count
      this.#left -= count
      if (this.#left > 0) break
      this.#isWhole = this.#type === 'IEND'
      if (this.#isWhole) return at
      this.#next = 'chunk'
    }
    return at
  }

  /** @returns whether to stop after this byte */
  #collect (byte: number): boolean {
    this.#eight[this.#collected++] = byte
    if (this.#next === 'size') this.#left--
    if (this.#collected < 8) return false
    this.#collected = 0
    const view = new DataView(this.#eight.buffer)
    if (this.#next === 'chunk') {
      this.#beginChunk(view.getUint32(0), String.fromCharCode(...this.#eight.subarray(4)))
      return true
    }
    if (this.#next === 'size') {
      this.#size = { width: view.getUint32(0), height: view.getUint32(4) }
      this.#next = 'rest'
    } else {
      this.#next = 'chunk'
    }
    return false
  }

  #beginChunk (length: number, type: string): void {
    if (this.#type === '' && (type !== 'IHDR' || length !== IHDR_BYTES)) this.#damage = invalid('does not begin with an IHDR chunk')
    else if (!/^[A-Za-z]{4}$/.test(type)) this.#damage = invalid('has no chunk where one must begin')
    this.#next = this.#type === '' ? 'size' : 'rest'
    this.#type = type
    this.#left = length + CRC_BYTES
  }
}

function invalid (what: string): MediaError {
  return new MediaError('INVALID_SEGMENT', `A PNG picture ${what}: send each picture whole, and nothing between them`)
}
