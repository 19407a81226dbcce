// Pictures on their way in: the bytes of the one that is arriving, up to a bound, and the segment that it becomes.
import { ByteQueue } from '../byte-queue.js'
import { MediaError } from '../media-error.js'
import type { InitSegment, MediaSegment, SplitterOptions } from '../segment.js'

/** Walks over the bytes of one picture to its end, whatever its length. */
export interface PictureScanner {
  /** As the browser names it. */
  readonly mime: string
  /** Bytes that are still to come at least, as far as the bytes so far tell. */
  readonly owed: number
  /** Pixels; undefined until they are read, or where the picture gives none. */
  readonly size: PictureSize | undefined
  /**
   * Reads on from `at`, as far as `to`.
   * @returns the index behind the picture's last byte; undefined where it goes on
   * @throws MediaError `INVALID_SEGMENT`
   */
  scan (bytes: Uint8Array, at: number, to: number): number | undefined
}

/** In pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** Gathers one picture after another; at most `maxSegmentBytes` are held. */
export class Pictures {
  readonly #limit: number
  #held = new ByteQueue()
  /** What the last picture was announced with, here or by an earlier splitter. */
  #known: InitSegment | undefined
  #init: InitSegment | undefined

  constructor ({ maxSegmentBytes, init }: SplitterOptions) {
    this.#limit = maxSegmentBytes
    this.#known = init
  }

  /** The newest picture's; undefined until one is whole. */
  get init (): InitSegment | undefined { return this.#init }

  /** Bytes held of the picture that is arriving. */
  get held (): number { return this.#held.length }

  /**
   * Holds a picture's bytes, as far as its scanner finds them to be.
   * @returns the index behind the picture's last byte; undefined where it goes on behind `to`
   * @throws MediaError `INVALID_SEGMENT`, or `SEGMENT_TOO_LARGE` as soon as the picture's own lengths tell
   */
  read (scanner: PictureScanner, bytes: Uint8Array, at: number, to: number): number | undefined {
    // Not scanned beyond the bound, so that it is the same error that comes first however the bytes are cut.
    const limit = Math.min(to, at + this.#limit - this.held)
    const end = scanner.scan(bytes, at, limit)
    this.#held.push(bytes.subarray(at, end ?? limit))
    if (end === undefined) this.checkSize(this.held + Math.max(scanner.owed, to - limit))
    return end
  }

  /**
   * Holds bytes of a picture that is not looked into.
   * @throws MediaError `SEGMENT_TOO_LARGE`
   */
  hold (bytes: Uint8Array): void {
    this.checkSize(this.held + bytes.length)
    this.#held.push(bytes)
  }

  /** @throws MediaError `SEGMENT_TOO_LARGE` where a picture of this many bytes is above the bound */
  checkSize (bytes: number): void {
    if (bytes <= this.#limit) return
    throw new MediaError('SEGMENT_TOO_LARGE', `A picture is above the limit of ${this.#limit} bytes: make it smaller (-s or a larger -q:v in ffmpeg), or raise maxSegmentBytes`)
  }

  /**
   * Makes a segment of the first `count` bytes held, and forgets the others.
   * @returns the picture, with the init of the one before where nothing in it is different
   */
  take (count: number, mime: string, size: PictureSize | undefined): MediaSegment {
    const known = this.#known
    this.#known = this.#init = known !== undefined && isInitOf(known, mime, size) ? known : { kind: 'image', mime, mode: 'sequence', ...size }
    const bytes = this.#held.take(count)
    this.drop()
    return { init: this.#init, bytes, start: undefined, duration: 0, join: true }
  }

  /** Forgets the bytes held. */
  drop (): void {
    this.#held = new ByteQueue()
  }
}

function isInitOf (init: InitSegment, mime: string, size: PictureSize | undefined): boolean {
  return init.mime === mime && init.bytes === undefined && init.mode === 'sequence' && init.width === size?.width && init.height === size?.height
}
