// An event that many viewers are given. Each encoding of it is made once, when the first of them needs it, and shared by all.
import type { Checksum } from './checksum.js'
import { eventFrame, framed, idAt, idEnd } from './frame.js'
import type { Encoded, EventParts, Frame } from './frame.js'
import { deflateLater, deflated, stored } from './gzip.js'
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
  /** An encoding is being made, elsewhere. @returns what is called when it is made */
  makes (): () => void
}

// Above it, compressing takes longer than the way to another thread and back.
const LATER_BYTES = 16 * 1024

const NOBODY: FrameKeeper = { compresses: () => true, grew: () => {}, makes: () => () => {} }

/** One event, encoded as it is needed. */
export class SharedFrame implements Frame {
  readonly #events: () => readonly EventParts[]
  readonly #keeper: FrameKeeper
  #identity: Frame | undefined
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
    if (coding === 'identity') return true
    const known = this.#gzips[coding]
    if (known !== undefined) return known !== 'under way'
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
      made()
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

  #plainly (): Frame {
    if (this.#identity === undefined) {
      this.#identity = eventFrame(this.#events())
      this.#grow(this.#identity.chunked.byteLength)
    }
    return this.#identity
  }

  // Where nobody watches it as it is, its text is kept no longer than it takes to compress it.
  #texts (coding: GzipCoding): { text: Buffer, before: Buffer | undefined } {
    const { plain, idAt } = this.#identity ?? eventFrame(this.#events())
    if (coding === 'gzip' || idAt === undefined) return { text: plain, before: undefined }
    return { text: plain.subarray(idEnd(plain, idAt)), before: idAt === 0 ? undefined : plain.subarray(0, idAt) }
  }

  #keep (coding: GzipCoding, { bytes, checksum }: Part, before: Buffer | undefined): Gzipped {
    const made = this.#gzips[coding]
    if (typeof made === 'object') return made
    const gzipped = { ...framed(bytes), checksum, ...(before === undefined ? {} : { before: deflated(before) }) }
    this.#gzips[coding] = gzipped
    this.#grow(gzipped.chunked.byteLength + (gzipped.before?.bytes.byteLength ?? 0))
    return gzipped
  }

  #grow (bytes: number): void {
    this.#bytes += bytes
    this.#keeper.grew(bytes)
  }
}
