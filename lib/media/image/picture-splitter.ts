// Splits a body that is one picture, or pictures one behind the other, as ffmpeg's image2pipe and a pipe of GStreamer's send them.
import { MediaError } from '../media-error.js'
import { Pictures } from './pictures.js'
import type { PictureScanner } from './pictures.js'
import type { InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'

/** One segment a picture; it leaves with its last byte. Zeros and line ends between pictures are dropped. */
export abstract class PictureSplitter extends WalkingSplitter {
  readonly #pictures: Pictures
  /** Of the picture that is arriving. */
  #scanner: PictureScanner | undefined

  /** @param options.init - of an earlier splitter on the same track: the first picture keeps the object where it fits */
  constructor (options: SplitterOptions) {
    super()
    this.#pictures = new Pictures(options)
  }

  /** Begins a picture. */
  protected abstract scanner (): PictureScanner

  /** The newest picture's; it has no bytes, as every picture stands for itself. */
  get init (): InitSegment | undefined { return this.#pictures.init }

  protected walk (bytes: Uint8Array, at: number): number {
    if (this.#scanner === undefined && isPadding(bytes[at]!)) return at + 1
    const scanner = this.#scanner ??= this.scanner()
    const end = this.#pictures.read(scanner, bytes, at, bytes.length)
    if (end === undefined) return bytes.length
    this.publish(this.#pictures.take(this.#pictures.held, scanner.mime, scanner.size))
    this.#scanner = undefined
    return end
  }

  protected finish (): void {
    if (this.#scanner !== undefined) throw new MediaError('INVALID_SEGMENT', 'The body ends inside a picture: send it to its end')
  }

  protected release (): void {
    this.#pictures.drop()
  }
}

function isPadding (byte: number): boolean {
  return byte === 0 || byte === 0x0a || byte === 0x0d
}
