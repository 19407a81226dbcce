// Cuts ISO BMFF (ISO/IEC 14496-12, fragmented MP4) into segments: the boxes before a `moof`, the `moof`, and its `mdat`, verbatim, except
// that a key frame in the middle of a fragment splits it in two, and wrapped 32-bit decode times are restored. A segment is published with
// its last byte; at most one segment and one init segment, each of at most maxSegmentBytes, are held.
import { FieldReader, boxOf, requiredBox } from './box-reader.js'
import { ByteQueue, sameBytes } from '../byte-queue.js'
import { DecodeClocks } from './decode-clocks.js'
import { firstVideo, readFragment } from './fragment.js'
import { JoinWait } from '../join-wait.js'
import { readLeading } from './leading-boxes.js'
import { MediaError } from '../media-error.js'
import { notFragmented, readMovie } from './movie.js'
import type { Movie } from './movie.js'
import type { InitSegment, MediaSegment, Splitter, SplitterOptions } from '../segment.js'
import { segmentsOf } from './segments.js'
import type { Initialisation, PendingFragment } from './segments.js'

const FIRST_TYPES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'prft', 'emsg', 'mdat', 'free', 'skip'])
/** Boxes that belong to the fragment after them. */
const LEADING_TYPES = new Set(['styp', 'prft', 'emsg', 'sidx'])
/** Boxes that may occur within a fragment, where they must stay: its samples are located relative to the `moof`. */
const PADDING_TYPES = new Set(['free', 'skip'])

// Encoders write a handful, one for each message. All of them are read in one step with their fragment, and each emsg is an object of its
// segment.
const MOST_LEADING = 256
// An init segment takes a few KiB, with cover art some hundred. It is read, compared and digested in one step, so the limit is independent
// of the segment size.
const MOST_INIT_BYTES = 1024 * 1024
// All messages before a fragment together. Larger data is no message, and would be copied with it.
const MOST_LEADING_BYTES = 1024 * 1024
// 65,536 samples with every field of a run, and more than an hour of audio in one fragment. It is read in one step.
const MOST_MOOF_BYTES = 1024 * 1024

/** The current box. */
interface OpenBox {
  readonly type: string
  /** In bytes, header included. */
  readonly size: number
  /** Bytes of size, type and largesize. */
  readonly header: number
  /** `whole` waits for all of it; other boxes pass as they come, into the segment or to nowhere. */
  readonly use: 'whole' | 'keep' | 'drop'
  /** Remaining bytes of `size`. */
  left: number
}

/**
 * Whether a body is ISO BMFF, told from its first box header (ISO/IEC 14496-12, 4.2).
 * @param first - at least the first 8 bytes; fewer are never enough
 */
export function isIsoBmff (first: Uint8Array): boolean {
  if (first.length < 8) return false
  const reader = new FieldReader(boxOf('first', first))
  const size = reader.uint32()
  return (size === 1 || size >= 8) && FIRST_TYPES.has(reader.fourcc())
}

/**
 * Splits fragmented MP4. Boxes that no player needs (`mfra`, `free`, `skip`, `uuid`, unknown ones) are dropped as they arrive, whatever
 * their size.
 */
export class IsoBmffSplitter implements Splitter {
  readonly #maxSegmentBytes: number
  #current: Initialisation | undefined
  /** Received bytes, not yet passed on: less than a header, or part of a box that is read whole. */
  #input = new ByteQueue()
  #open: OpenBox | undefined
  /** A `ftyp` that waits for its `moov`. */
  #ftyp: Uint8Array = new Uint8Array(0)
  /** The bytes of the segment so far. */
  #segment = new ByteQueue()
  /** Whether no segment was published since the newest `moov`. */
  #afterInit = false
  /** For a body with a `moov`; every other body continues what its viewers have. */
  #joins: JoinWait | undefined
  /** The contents of the `moof` in `#segment` and of the boxes before it, until the segment is complete. */
  #pending: PendingFragment | undefined
  #clocks = new DecodeClocks()
  /** The number of boxes in `#segment` beside the `moof`. */
  #boxes = 0
  /** Its sample bytes beyond the `mdat` boxes so far. */
  #owed = 0
  /** Completed by the current push. */
  #segments: MediaSegment[] = []
  /** Ends everything; if a push completed segments first, the next call throws it. */
  #failure: unknown

  /**
   * @param options - with an init segment, a body may begin with a fragment; `segmentDuration` is not used, as a publisher's fragments are
   * the segments
   * @throws MediaError if `options.init` was not made by a splitter
   */
  constructor (options: SplitterOptions) {
    this.#maxSegmentBytes = options.maxSegmentBytes
    const { init } = options
    if (init?.bytes !== undefined && isIsoBmff(init.bytes)) this.#current = { init, movie: movieOf(init.bytes) }
  }

  /** The newest init segment (`ftyp` and `moov`, ISO/IEC 14496-12, 4.3 and 8.2.1), or the initial one. */
  get init (): InitSegment | undefined {
    return this.#current?.init
  }

  get held (): number {
    return this.#input.held + this.#segment.held + this.#ftyp.length + (this.init?.bytes!.length ?? 0)
  }

  /**
   * Takes the next bytes; see {@link Splitter.push}.
   * @throws MediaError `INVALID_SEGMENT`, `UNSUPPORTED_MEDIA`, `INIT_REQUIRED` (a `moof` before any `moov`), or `SEGMENT_TOO_LARGE` (as
   * soon as a box header shows it, before any of that box is held)
   */
  push (bytes: Uint8Array): MediaSegment[] {
    this.#throwFailure()
    this.#input.push(bytes)
    try {
      while (this.#passBox());
    } catch (error) {
      this.#failure = error
      this.#input = this.#segment = new ByteQueue()
      if (this.#segments.length === 0) throw error
    }
    const segments = this.#segments
    this.#segments = []
    return segments
  }

  /**
   * Ends the body; after a clean end, another body may follow.
   * @throws MediaError `INVALID_SEGMENT` if something is unfinished, or the error that the last push held back
   */
  end (): MediaSegment[] {
    this.#throwFailure()
    if (this.#open !== undefined || this.#input.length > 0) throw cutShort(`inside a ${this.#open?.type ?? 'box header'}`)
    if (this.#segment.length > 0) throw cutShort('in an unfinished fragment')
    if (this.#ftyp.length > 0) throw cutShort('before the moov that belongs to its ftyp')
    return []
  }

  #throwFailure (): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** @returns whether it reached the end of a box, so that another may follow */
  #passBox (): boolean {
    this.#open ??= this.#openBox()
    const open = this.#open
    const count = Math.min(open?.left ?? 0, this.#input.length)
    if (open === undefined || (open.use === 'whole' && count < open.left)) return false
    if (open.use === 'whole') this.#readWhole(open)
    else if (open.use === 'keep') this.#input.move(count, this.#segment)
    else this.#input.skip(count)
    open.left -= count
    if (open.left > 0) return false
    this.#open = undefined
    if (open.type === 'mdat') this.#endMdat(open.size - open.header)
    return true
  }

  #openBox (): OpenBox | undefined {
    const input = this.#input
    if (input.length < 8) return undefined
    const wide = input.uint32(0) === 1
    if (wide && input.length < 16) return undefined
    const size = wide ? input.uint64(8) : input.uint32(0)
    const header = wide ? 16 : 8
    const type = input.type(4)
    if (!/^[ -~]{4}$/.test(type)) {
      throw new MediaError('INVALID_SEGMENT', 'There is no box where one must begin: send the encoder\'s bytes in order, with none ' +
        'left out')
    }
    if (size < header) {
      throw new MediaError('INVALID_SEGMENT', `The ${type} box gives its size as ${size}: in a live body each box needs its real size`)
    }
    return { type, size, header, use: this.#useOf(type, size), left: size }
  }

  #useOf (type: string, size: number): OpenBox['use'] {
    if (this.#pending !== undefined) {
      if (type !== 'mdat' && !PADDING_TYPES.has(type)) {
        throw new MediaError('INVALID_SEGMENT', `A ${type} box comes where ${this.#owed} bytes of samples are still missing: send each ` +
          'moof with all of its mdat')
      }
      this.#bound(this.#segment.length + size)
      this.#countBox()
      return 'keep'
    }
    if (type === 'mdat') throw notFragmented('An mdat box comes without its own moof')
    if (type === 'moof' && this.#current === undefined) {
      throw new MediaError('INIT_REQUIRED', 'A moof box comes before any moov: send the init segment (ftyp and moov) first')
    }
    if (type === 'ftyp' || type === 'moov') {
      this.#bound(this.#ftyp.length + size)
      if (this.#ftyp.length + size > MOST_INIT_BYTES) {
        throw new MediaError('SEGMENT_TOO_LARGE', `An init segment of ${this.#ftyp.length + size} bytes is above the limit of ` +
          `${MOST_INIT_BYTES}: leave out what is no media (cover art and other metadata)`)
      }
      return 'whole'
    }
    if (type !== 'moof' && !LEADING_TYPES.has(type)) return 'drop'
    this.#bound(this.#segment.length + size)
    if (type !== 'moof') {
      this.#countBox()
      if (this.#segment.length + size > MOST_LEADING_BYTES) {
        throw new MediaError('SEGMENT_TOO_LARGE', `The boxes before a moof (emsg, prft, sidx) have ${this.#segment.length + size} ` +
          `bytes, which is above the limit of ${MOST_LEADING_BYTES}: send less in one message`)
      }
      return 'keep'
    }
    if (size > MOST_MOOF_BYTES) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A moof box of ${size} bytes is above the limit of ${MOST_MOOF_BYTES}: make fragments ` +
        'shorter (-frag_duration in ffmpeg, fragment-duration in GStreamer)')
    }
    return 'whole'
  }

  #countBox (): void {
    if (++this.#boxes > MOST_LEADING) {
      throw new MediaError('INVALID_SEGMENT', `More than ${MOST_LEADING} boxes (emsg, prft, sidx, free) belong to one fragment: send ` +
        'fewer, or shorter fragments')
    }
  }

  #bound (total: number): void {
    if (total > this.#maxSegmentBytes) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A segment of at least ${total} bytes is above the limit of ${this.#maxSegmentBytes}: ` +
        'make fragments shorter (-g or -frag_duration in ffmpeg, fragment-duration in GStreamer), or raise maxSegmentBytes')
    }
  }

  #readWhole ({ type, size, header }: OpenBox): void {
    if (type === 'ftyp') this.#ftyp = this.#input.take(size)
    else if (type === 'moov') this.#readMoov(this.#input.take(size))
    else this.#readMoof(size, header)
  }

  #readMoov (moov: Uint8Array): void {
    const bytes = new Uint8Array(this.#ftyp.length + moov.length)
    bytes.set(this.#ftyp)
    bytes.set(moov, this.#ftyp.length)
    this.#ftyp = new Uint8Array(0)
    this.#afterInit = true
    this.#joins ??= new JoinWait('no fragment that begins with a sync sample')
    // Encoders repeat the same init segment with each of their files; a new object would make every player append it again.
    if (sameBytes(bytes, this.init?.bytes)) return
    const movie = movieOf(bytes)
    const { kind, mime, picture } = movie
    this.#clocks = new DecodeClocks()
    this.#current = { movie, init: { bytes, kind, mime, mode: 'segments', ...picture } }
  }

  // Read in place: its bytes are copied once, with the whole segment.
  #readMoof (size: number, header: number): void {
    const current = this.#current!
    const fragment = readFragment(boxOf('moof', this.#input.peek(size), header), current.movie)
    const at = this.#segment.length
    const leading = at > 0 ? readLeading(this.#segment.peek(at), current.movie) : undefined
    this.#pending = { current, fragment, at, leading, afterInit: this.#afterInit, wraps: this.#clocks.wrapsOf(fragment.tracks) }
    this.#afterInit = false
    this.#owed = fragment.sampleBytes
    this.#input.move(size, this.#segment)
  }

  #endMdat (payload: number): void {
    this.#owed -= payload
    if (this.#owed > 0) return
    const pending = this.#pending!
    const segments = segmentsOf(pending, this.#segment.split(this.#segment.length), this.#maxSegmentBytes)
    this.#pending = undefined
    this.#boxes = 0
    if (segments.some(({ join }) => join)) this.#joins?.end()
    else if (firstVideo(pending.fragment.tracks) !== undefined) this.#joins?.add(pending.fragment.duration)
    this.#segments.push(...segments)
  }
}

function movieOf (init: Uint8Array): Movie {
  return readMovie(requiredBox(boxOf('init segment', init), 'moov'))
}

function cutShort (where: string): MediaError {
  return new MediaError('INVALID_SEGMENT', `The body ends ${where}: send it to its end`)
}
