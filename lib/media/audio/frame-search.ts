// Finds where frames go on behind a splice, or in a body that begins in the midst of one, as every relay of a radio station does.
import { configOf } from './frame.js'
import type { FrameFormat } from './frame.js'

/** Headers that must agree before bytes are taken for frames: one alone occurs by chance. */
const AGREEING_FRAMES = 3
/** Two of the longest frames (ADTS, 13 bits of length), and the header behind them. */
const CAPACITY = 2 * 8192 + 16

/**
 * Where in the bytes the first of three frames begins, one behind the other and of the same rate and channels.
 * @returns its index, and whether it is one; where it is not told yet, the index of the first byte that may begin it
 */
function findFrames (bytes: Uint8Array, format: FrameFormat): { readonly at: number, readonly isFound: boolean } {
  for (let at = 0; at < bytes.length; at++) {
    const are = areFrames(bytes, at, format)
    if (are !== false) return { at, isFound: are === true }
  }
  return { at: bytes.length, isFound: false }
}

/** @returns whether three agreeing frames begin there; undefined where more bytes are needed to tell */
export function areFrames (bytes: Uint8Array, from: number, format: FrameFormat): boolean | undefined {
  let at = from
  let config: number | undefined
  for (let frames = 0; frames < AGREEING_FRAMES; frames++) {
    if (at < bytes.length && bytes[at] !== 0xff) return false
    if (at + format.headerBytes > bytes.length) return undefined
    const header = format.readHeader(bytes, at)
    if (header === undefined) return false
    config ??= configOf(header)
    if (configOf(header) !== config) return false
    at += header.size
  }
  return true
}

/** Takes bytes until frames are found; what stands before them is lost. */
export class FrameSearch {
  readonly #format: FrameFormat
  readonly #bytes = new Uint8Array(CAPACITY)
  #length = 0
  #isFound = false
  #lost = 0

  constructor (format: FrameFormat) {
    this.#format = format
  }

  /** The bytes from the first frame on, as far as they were taken; undefined until there is one. */
  get found (): Uint8Array | undefined {
    return this.#isFound ? this.#bytes.slice(0, this.#length) : undefined
  }

  /** Bytes before it. */
  get lost (): number { return this.#lost }

  /** Takes bytes from `from` on. @returns the index behind the last byte taken */
  push (bytes: Uint8Array, from: number): number {
    const taken = bytes.subarray(from, from + CAPACITY - this.#length)
    this.#bytes.set(taken, this.#length)
    this.#length += taken.length
    const { at, isFound } = findFrames(this.#bytes.subarray(0, this.#length), this.#format)
    this.#bytes.copyWithin(0, at, this.#length)
    this.#length -= at
    this.#lost += at
    this.#isFound = isFound
    return from + taken.length
  }
}
