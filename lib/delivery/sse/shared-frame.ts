// An event that many viewers are given. Each encoding of it is made once, when the first of them needs it, and shared by all.
import type { Checksum } from './checksum.js'
import {
  STEP_BYTES, atOnce, eventFrame, eventFrameInSteps, framed, framedInSteps, idAt, idEnd, textLength, textPieces, withoutId
} from './frame.js'
import type { Steps } from '../../publish/body-turns.js'
import type { Encoded, EventParts, Frame } from './frame.js'
import { deflateLater, deflated, inParts, stored } from './gzip.js'
import type { Part } from './gzip.js'

/** As a part of a gzip body, whole, or without its `id` line, for viewers that are given one of their own in its place. */
export type GzipCoding = 'gzip' | 'gzip without id'
/** How an event is encoded. */
export type Coding = 'identity' | GzipCoding

/** An event as a part of a gzip body. */
export interface Gzipped extends Encoded {
  /** Of its text. */
  readonly checksum: Checksum
  /** Without `id` line: what goes out before that line. */
  readonly before?: Part
}

/** Who keeps a frame. */
export interface FrameKeeper {
  /** Whether compressing is worth its price now. */
  compresses (): boolean
  /** The frame holds so many bytes more. */
  grew (bytes: number): void
  /**
   * An encoding is being made, that will be ready later.
   * @returns what is called when it is; `isWaitedFor` where who asked was told that it is not
   */
  makes (): (isWaitedFor: boolean) => void
  /** Takes the steps of what takes long, when there is time for them. */
  work (steps: Steps<void>): void
  /** An encoding could not be made. */
  failed? (error: unknown): void
}

// Above it, compressing takes longer than the way to another thread and back.
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
  // Of a large one, while it is being made.
  #making: Steps<void> | undefined
  readonly #gzips: { [coding in GzipCoding]?: Gzipped | 'under way' } = {}
  // Null before it is asked for.
  #idAt: number | undefined | null = null
  #bytes = 0

  /** @param events - what it is written from, asked for whenever an encoding is made */
  constructor (events: () => readonly EventParts[], keeper = NOBODY) {
    this.#events = events
    this.#keeper = keeper
  }

  get chunked (): Buffer { return this.#plainly().chunked }
  get plain (): Buffer { return this.#plainly().plain }
  get idAt (): number | undefined {
    // Asked for each viewer of several broadcasts: the events are not written anew for each.
    if (this.#idAt === null) this.#idAt = idAt(this.#events())
    return this.#idAt
  }

  /** Bytes of the encodings that are made. */
  get bytes (): number { return this.#bytes }

  /** Whether it can be sent so. If not, it is being made, and the keeper hears when it can. */
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

  /** It as a part of a gzip body; made at once where it is not ready. */
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

  // What is small is written at once.
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

  // Who asks need not be told of what is done before it has its answer.
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

  // Where nobody watches it as it is, its text is kept no longer than it takes to compress it.
  #texts (coding: GzipCoding): { text: Buffer, before: Buffer | undefined } {
    const { plain, idAt } = this.#identity ?? eventFrame(this.#events())
    if (coding === 'gzip' || idAt === undefined) return { text: plain, before: undefined }
    return { text: plain.subarray(idEnd(plain, idAt)), before: idAt === 0 ? undefined : plain.subarray(0, idAt) }
  }

  #keep (coding: GzipCoding, { bytes, checksum }: Part, before: Buffer | undefined): Gzipped {
    return this.#kept(coding, { ...framed(bytes), checksum, ...(before === undefined ? {} : { before: deflated(before) }) })
  }

  // One that could not be waited for may have been made meanwhile.
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
