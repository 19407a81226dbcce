// Incoming pictures: the bytes of the current one, up to a limit, and the segment that it becomes. A damaged one is dropped and counted;
// the body is refused only if nothing but damage comes.
import { ByteQueue } from '../byte-queue.js'
import { gatheredSegment } from '../gathering.js'
import { MediaError } from '../media-error.js'
import type { Dropped, InitSegment, MediaSegment, SplitterOptions } from '../segment.js'

/** A picture format. */
export interface PictureFormat {
  /** The first bytes of each picture. The first of them may recur only as the last. */
  readonly signature: Uint8Array
  /** Makes a scanner for one picture. */
  readonly scanner: () => PictureScanner
}

/** Finds the end of one picture, of any length. */
export interface PictureScanner {
  /** The browsers' name for it. */
  readonly mime: string
  /** The minimum of remaining bytes, as far as known. */
  readonly owed: number
  /** Pixels; undefined until they are read, or if the picture has none. */
  readonly size: PictureSize | undefined
  /** Whether its last byte was read. */
  readonly isWhole: boolean
  /** Why the bytes are not a picture; undefined as long as they may be one. */
  readonly damage: MediaError | undefined
  /** For damaged pictures: how many of the last bytes may begin the next picture's signature. */
  readonly nextBegun: number
  /** Whether it has further pictures that belong to it, directly after it. */
  readonly leads?: boolean
  /**
   * Reads from `at`, at most to `to`. It stops at the end of the picture, at damage, and after each length field, so that the remaining
   * bytes are checked at the same byte however the bytes are divided.
   * @returns the index after the last byte read
   */
  scan (bytes: Uint8Array, at: number, to: number): number
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
  /** The init segment of the last picture, from this splitter or an earlier one. */
  #known: InitSegment | undefined
  #init: InitSegment | undefined
  /** In this body: whether a picture was complete, and the newest damage. */
  #hasPicture = false
  #damage: MediaError | undefined
  /** Bytes dropped since the last whole picture. */
  #lost = 0
  #count = 0
  #bytes = 0

  constructor ({ maxSegmentBytes, init }: SplitterOptions) {
    this.#limit = maxSegmentBytes
    this.#known = init
  }

  /** The newest picture's; undefined until one is complete. */
  get init (): InitSegment | undefined { return this.#init }

  /** Bytes held of the current picture. */
  get held (): number { return this.#held.length }

  /** Their memory cost in bytes. */
  get cost (): number { return this.#held.held }

  /** The number of damaged pictures and of runs of unrecognised bytes, and the bytes of both. */
  get dropped (): Dropped { return { count: this.#count, bytes: this.#bytes } }

  /** How many more bytes can be dropped before a picture must come: twice the size limit in total. */
  get patience (): number { return 2 * this.#limit - this.#lost }

  /**
   * Holds a picture's bytes, as far as its scanner reads them. If it stops at damage, the caller must drop the picture.
   * @returns the index after the last byte read, and the error, if there is damage
   */
  read (
    scanner: PictureScanner, bytes: Uint8Array, from: number, to: number
  ): { readonly at: number, readonly damage: MediaError | undefined } {
    // Not scanned beyond the limit, so that the same error comes first however the bytes are divided.
    const limit = Math.min(to, from + this.#limit - this.held)
    let at = from
    let damage: MediaError | undefined
    while (at < limit && damage === undefined && !scanner.isWhole) {
      at = scanner.scan(bytes, at, limit)
      damage = scanner.damage ?? this.excess(this.held + at - from + scanner.owed)
    }
    this.#held.push(bytes.subarray(from, at))
    if (damage === undefined && !scanner.isWhole && at < to) damage = this.excess(this.#limit + 1)
    return { at, damage }
  }

  /** Holds bytes of a picture that is not parsed. @returns the error if they are too many; then they are not held */
  hold (bytes: Uint8Array): MediaError | undefined {
    const excess = this.excess(this.held + bytes.length)
    if (excess === undefined) this.#held.push(bytes)
    return excess
  }

  /** @returns the error `SEGMENT_TOO_LARGE`, if a picture of this many bytes is above the limit */
  excess (bytes: number): MediaError | undefined {
    if (bytes <= this.#limit) return undefined
    return new MediaError('SEGMENT_TOO_LARGE', `A picture is above the limit of ${this.#limit} bytes: make it smaller (-s or a larger ` +
      '-q:v in ffmpeg), or raise maxSegmentBytes')
  }

  /**
   * Makes a segment of the first `count` bytes held, and drops the others.
   * @returns the picture, with the previous init segment if nothing has changed
   */
  take (count: number, mime: string, size: PictureSize | undefined): MediaSegment {
    const known = this.#known
    this.#known = this.#init = known !== undefined && isInitOf(known, mime, size)
      ? known
      : { kind: 'image', mime, mode: 'sequence', ...size }
    const bytes = this.#held.split(count)
    this.forget()
    this.#hasPicture = true
    this.#lost = 0
    return gatheredSegment({ init: this.#init, start: undefined, duration: 0, join: true }, bytes)
  }

  /** Drops the bytes held. */
  forget (): void {
    this.#held = new ByteQueue()
  }

  /**
   * Drops the held bytes and counts them as damaged.
   * @param kept - bytes at the end that may belong to the next picture, and do not count as dropped
   * @throws MediaError that damage: at once if the first picture of a body is too large, which a later one would be too
   */
  giveUp (damage: MediaError, kept = 0): void {
    if (damage.code === 'SEGMENT_TOO_LARGE' && !this.#hasPicture) throw damage
    this.#damage = damage
    this.#count++
    const { held } = this
    this.forget()
    this.lose(held - kept)
  }

  /** Counts bytes dropped after damage. @throws MediaError the newest damage if there are too many of them */
  lose (bytes: number): void {
    this.#bytes += bytes
    this.#lost += bytes
    const damage = this.#damage
    if (this.patience < 0 && damage !== undefined) throw damage
  }

  /**
   * Skips bytes between pictures.
   * @throws MediaError the newest damage, or the given error, if there are too many of them
   */
  pass (bytes: number, otherwise: () => MediaError): void {
    this.#lost += bytes
    if (this.patience < 0) throw this.#damage ?? otherwise()
  }

  /** The body has ended; another may follow. @throws MediaError its damage if it had no complete picture */
  end (): void {
    if (!this.#hasPicture && this.#damage !== undefined) throw this.#damage
    this.#hasPicture = false
    this.#damage = undefined
    this.#lost = 0
  }
}

function isInitOf (init: InitSegment, mime: string, size: PictureSize | undefined): boolean {
  return init.mime === mime && init.bytes === undefined && init.mode === 'sequence' && init.width === size?.width &&
    init.height === size?.height
}
