// Finds the start of the next picture among other bytes, by the signatures of formats.
import type { PictureFormat } from './pictures.js'

/** Searches for the signatures of several formats, whose first bytes differ. */
export class Beginning {
  readonly #formats: readonly PictureFormat[]
  #format: PictureFormat | undefined
  /** How many bytes of its signature the last bytes match. */
  #matched = 0

  constructor (formats: readonly PictureFormat[]) {
    this.#formats = formats
  }

  /** The format whose signature the last bytes are; undefined if they are none. */
  get found (): PictureFormat | undefined {
    return this.#matched === this.#format?.signature.length ? this.#format : undefined
  }

  /** Bytes that may become a signature, or are one. */
  get matched (): number { return this.#matched }

  /** Starts over. @param format - whose signature the last bytes begin @param matched - how many of them */
  begin (format?: PictureFormat, matched = 0): void {
    this.#format = format
    this.#matched = matched
  }

  /** Reads from `from` to the end of a signature, or to `to`. @returns the index after the last byte read */
  read (bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to && this.found === undefined) this.#step(bytes[at++]!)
    return at
  }

  #step (byte: number): void {
    if (this.#matched > 0 && byte === this.#format!.signature[this.#matched]) {
      this.#matched++
      return
    }
    this.#format = this.#formats.find(({ signature }) => signature[0] === byte)
    this.#matched = this.#format === undefined ? 0 : 1
  }
}
