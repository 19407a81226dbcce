// Pictures on their way in: the bytes of the one that is arriving, up to a bound, and the segment that it becomes. A damaged one is dropped
// and counted; only where nothing but damage comes is the body refused.
import { ByteQueue } from '../byte-queue.js'
import { gatheredSegment } from '../gathering.js'
import { MediaError } from '../media-error.js'
import type { Dropped, InitSegment, MediaSegment, SplitterOptions } from '../segment.js'

/** A format of pictures. */
export interface PictureFormat {
  /** What each begins with. Its first byte does not occur in it again but as its last. */
  readonly signature: Uint8Array
  /** Begins a picture. */
  readonly scanner: () => PictureScanner
}

/** Walks over the bytes of one picture to its end, whatever its length. */
export interface PictureScanner {
  /** As the browser names it. */
  readonly mime: string
  /** Bytes that are still to come at least, as far as the bytes so far tell. */
  readonly owed: number
  /** Pixels; undefined until they are read, or where the picture gives none. */
  readonly size: PictureSize | undefined
  /** Whether its last byte was read. */
  readonly isWhole: boolean
  /** Why the bytes are no picture; undefined as long as they may be one. */
  readonly damage: MediaError | undefined
  /** Of its last bytes, how many may be the first of the next picture's signature; for damaged ones. */
  readonly nextBegun: number
  /** Whether it is a picture and others that belong to it, which come right behind it. */
  readonly leads?: boolean
  /**
   * Reads on from `at`, as far as `to`. It stops where the picture ends, where it is damaged, and behind each length that it reads, so that
   * what is owed is judged at the same byte however the bytes are cut.
   * @returns the index behind the last byte read
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
  /** What the last picture was announced with, here or by an earlier splitter. */
  #known: InitSegment | undefined
  #init: InitSegment | undefined
  /** Of this body: whether a picture came whole, and the newest damage. */
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

  /** The newest picture's; undefined until one is whole. */
  get init (): InitSegment | undefined { return this.#init }

  /** Bytes held of the picture that is arriving. */
  get held (): number { return this.#held.length }

  /** Bytes that they cost. */
  get cost (): number { return this.#held.held }

  /** Damaged pictures, runs of bytes that are none, and the bytes of both. */
  get dropped (): Dropped { return { count: this.#count, bytes: this.#bytes } }

  /** How many more bytes can be dropped before a picture must come: two of the largest. */
  get patience (): number { return 2 * this.#limit - this.#lost }

  /**
   * Holds a picture's bytes, as far as its scanner reads them. Where it stops at damage, the picture is to be given up.
   * @returns the index behind the last byte read, and why the picture is none, where that shows
   */
  read (
    scanner: PictureScanner, bytes: Uint8Array, from: number, to: number
  ): { readonly at: number, readonly damage: MediaError | undefined } {
    // Not scanned beyond the bound, so that it is the same error that comes first however the bytes are cut.
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

  /** Holds bytes of a picture that is not looked into. @returns why they are too many; then they are not held */
  hold (bytes: Uint8Array): MediaError | undefined {
    const excess = this.excess(this.held + bytes.length)
    if (excess === undefined) this.#held.push(bytes)
    return excess
  }

  /** @returns the error `SEGMENT_TOO_LARGE`, where a picture of this many bytes is above the bound */
  excess (bytes: number): MediaError | undefined {
    if (bytes <= this.#limit) return undefined
    return new MediaError('SEGMENT_TOO_LARGE', `A picture is above the limit of ${this.#limit} bytes: make it smaller (-s or a larger ` +
      '-q:v in ffmpeg), or raise maxSegmentBytes')
  }

  /**
   * Makes a segment of the first `count` bytes held, and forgets the others.
   * @returns the picture, with the init of the one before where nothing in it is different
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

  /** Forgets the bytes held. */
  forget (): void {
    this.#held = new ByteQueue()
  }

  /**
   * Drops what is held: one more thing that is damaged.
   * @param kept - bytes at its end that may be the next picture's, and are not counted as dropped
   * @throws MediaError that damage: at once where the first picture of a body is too large, which no other will mend
   */
  giveUp (damage: MediaError, kept = 0): void {
    if (damage.code === 'SEGMENT_TOO_LARGE' && !this.#hasPicture) throw damage
    this.#damage = damage
    this.#count++
    const { held } = this
    this.forget()
    this.lose(held - kept)
  }

  /** Counts bytes that are dropped behind damage. @throws MediaError the newest damage where there are too many of them */
  lose (bytes: number): void {
    this.#bytes += bytes
    this.#lost += bytes
    const damage = this.#damage
    if (this.patience < 0 && damage !== undefined) throw damage
  }

  /**
   * Passes over bytes that need not be a picture's.
   * @throws MediaError the newest damage, or what is given, where there are too many of them
   */
  pass (bytes: number, otherwise: () => MediaError): void {
    this.#lost += bytes
    if (this.patience < 0) throw this.#damage ?? otherwise()
  }

  /** The body has ended; another may follow. @throws MediaError its damage where it had no whole picture */
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
