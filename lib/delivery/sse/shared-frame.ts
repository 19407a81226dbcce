// An event for many viewers. Each of its encodings is made once, when the first viewer needs it, and shared by all.
import type { Checksum } from './checksum.js'
import {
  STEP_BYTES, atOnce, eventFrame, eventFrameInSteps, framed, framedInSteps, idAt, idEnd, textLength, textPieces, withoutId
} from './frame.js'
import type { Steps } from '../../publish/body-turns.js'
import type { Encoded, EventParts, Frame } from './frame.js'
import { deflateLater, deflated, inParts, stored } from './gzip.js'
import type { Part } from './gzip.js'

/** As a part of a gzip body, whole, or without its `id` line, for viewers that get an id of their own in its place. */
export type GzipCoding = 'gzip' | 'gzip without id'
/** How an event is encoded. */
export type Coding = 'identity' | GzipCoding

/** An event as a part of a gzip body. */
export interface Gzipped extends Encoded {
  /** Of its text. */
  readonly checksum: Checksum
  /** Without `id` line: the text before that line. */
  readonly before?: Part
}

/** The owner of a frame. */
export interface FrameKeeper {
  /** Whether compression is worth its cost now. */
  compresses (): boolean
  /** The frame has grown by these bytes. */
  grew (bytes: number): void
  /**
   * An encoding is being made, and will be ready later.
   * @returns a function to call when it is ready, with `isWaitedFor` if the caller was told that it is not ready yet
   */
  makes (): (isWaitedFor: boolean) => void
  /** Runs long work in steps, when there is time for them. */
  work (steps: Steps<void>): void
  /** An encoding could not be made. */
  failed? (error: unknown): void
}

// Above this size, compressing takes longer than the round trip to another thread.
const LATER_BYTES = 16 * 1024

const NOBODY: FrameKeeper = {
  compresses: () => true,
  grew: () => {},
  makes: () => () => {},
  work: steps => { atOnce(steps) }
}

/** One event, encoded as it is needed. */
export class SharedFrame implements Frame {
  readonly #events: () => readonly EventParts[]
  readonly #keeper: FrameKeeper
  #identity: Frame | undefined
  // Of a large event, while it is being made.
  #making: Steps<void> | undefined
  readonly #gzips: { [coding in GzipCoding]?: Gzipped | 'under way' } = {}
  // Null until it is first read.
  #idAt: number | undefined | null = null
  #bytes = 0

  /** @param events - its source, called whenever an encoding is made */
  constructor (events: () => readonly EventParts[], keeper = NOBODY) {
    this.#events = events
    this.#keeper = keeper
  }

  get chunked (): Buffer { return this.#plainly().chunked }
  get plain (): Buffer { return this.#plainly().plain }
  get idAt (): number | undefined {
    // Needed by each viewer of several broadcasts: the events are not written again for each.
    if (this.#idAt === null) this.#idAt = idAt(this.#events())
    return this.#idAt
  }

  /** Bytes of the encodings made so far. */
  get bytes (): number { return this.#bytes }

  /** Whether this encoding is ready. If not, it is being made, and the keeper is told when it is ready. */
  isReady (coding: Coding): boolean {
    if (coding === 'identity') return this.#identity !== undefined || this.#isWritten()
    const known = this.#gzips[coding]
    if (known !== undefined) return known !== 'under way'
    if (this.#isLarge) {
      this.#compress(coding)
      return false
    }
    const { text, before } = this.#texts(coding)
    const compresses = this.#keeper.compresses()
    if (!compresses || text.byteLength <= LATER_BYTES) {
      this.#keep(coding, compresses ? deflated(text) : stored(text), before)
      return true
    }
    this.#gzips[coding] = 'under way'
    const made = this.#keeper.makes()
    deflateLater(text, part => {
      this.#keep(coding, part, before)
      made(true)
    })
    return false
  }

  /** The event as a part of a gzip body; made at once if it is not ready. */
  gzipped (coding: GzipCoding): Gzipped {
    const made = this.#gzips[coding]
    if (typeof made === 'object') return made
    const { text, before } = this.#texts(coding)
    return this.#keep(coding, deflated(text), before)
  }

  get #isLarge (): boolean {
    return (this.#identity?.plain.byteLength ?? textLength(this.#events())) > STEP_BYTES
  }

  #plainly (): Frame {
    if (this.#identity === undefined) atOnce(this.#making ?? this.#writing(this.#events()))
    return this.#identity!
  }

  // A small event is written at once.
  #isWritten (): boolean {
    if (this.#making === undefined) {
      const events = this.#events()
      this.#making = this.#writing(events)
      if (textLength(events) <= STEP_BYTES) atOnce(this.#making)
      else this.#work(this.#making, this.#keeper.makes())
    }
    return this.#identity !== undefined
  }

  * #writing (events: readonly EventParts[]): Steps<void> {
    const identity = yield * eventFrameInSteps(events)
    this.#identity = identity
    this.#making = undefined
    this.#grow(identity.chunked.byteLength)
  }

  // A caller need not be told of work that is done before it has its answer.
  #work (steps: Steps<void>, made: (isWaitedFor: boolean) => void, isAnswered = false): void {
    let isWaitedFor = isAnswered
    this.#keeper.work((function * () {
      yield * steps
      made(isWaitedFor)
    })())
    isWaitedFor = true
  }

  #compress (coding: GzipCoding): void {
    this.#gzips[coding] = 'under way'
    const made = this.#keeper.makes()
    const compresses = this.#keeper.compresses()
    const { before, rest } = coding === 'gzip' ? { before: [], rest: this.#events() } : withoutId(this.#events())
    const make = async (): Promise<void> => {
      const ahead = before.length === 0 ? undefined : await inParts(textPieces(before), true)
      const { bytes, checksum } = await inParts(textPieces(rest), compresses)
      this.#work(
        this.#framing(coding, bytes, checksum, ahead && { bytes: Buffer.concat(ahead.bytes), checksum: ahead.checksum }), made, true
      )
    }
    make().catch((error: unknown) => { this.#keeper.failed?.(error) })
  }

  * #framing (coding: GzipCoding, bytes: readonly Buffer[], checksum: Checksum, before: Part | undefined): Steps<void> {
    const encoded = yield * framedInSteps(bytes)
    this.#kept(coding, { ...encoded, checksum, ...(before === undefined ? {} : { before }) })
  }

  // If no viewer needs it uncompressed, its text is kept only until it is compressed.
  #texts (coding: GzipCoding): { text: Buffer, before: Buffer | undefined } {
    const { plain, idAt } = this.#identity ?? eventFrame(this.#events())
    if (coding === 'gzip' || idAt === undefined) return { text: plain, before: undefined }
    return { text: plain.subarray(idEnd(plain, idAt)), before: idAt === 0 ? undefined : plain.subarray(0, idAt) }
  }

  #keep (coding: GzipCoding, { bytes, checksum }: Part, before: Buffer | undefined): Gzipped {
    return this.#kept(coding, { ...framed(bytes), checksum, ...(before === undefined ? {} : { before: deflated(before) }) })
  }

  // An encoding that a viewer could not wait for may have been made meanwhile.
  #kept (coding: GzipCoding, gzipped: Gzipped): Gzipped {
    const made = this.#gzips[coding]
    if (typeof made === 'object') return made
    this.#gzips[coding] = gzipped
    this.#grow(gzipped.chunked.byteLength + (gzipped.before?.bytes.byteLength ?? 0))
    return gzipped
  }

  #grow (bytes: number): void {
    this.#bytes += bytes
    this.#keeper.grew(bytes)
  }
}

/** A comment that keeps a quiet connection alive. */
export const HEARTBEAT = new SharedFrame(() => [{ head: ':\n\n' }])
