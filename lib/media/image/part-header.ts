// The lines of a multipart body outside the content: delimiter lines and the header fields of a part (RFC 2046, 5.1).
import { MediaError } from '../media-error.js'

/** Limit for a delimiter line and the header after it, in bytes. */
const MAX_HEADER_BYTES = 8192

// RFC 9110, 8.3.1. It is sent again as a header, so it may hold only what a header may.
const MEDIA_TYPE = /^([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;|$)/

/** The header of a part. */
export interface PartHeader {
  /** Media type in lower case, without parameters; undefined if there is none. */
  readonly type: string | undefined
  /** Bytes of its content; undefined if only the next delimiter ends it. */
  readonly length: number | undefined
}

/** Collects lines, with any line ends, however they are divided. */
export class PartHeaderReader {
  #line = ''
  #bytes = 0
  #type: string | undefined
  #length: number | undefined

  /** Whether no byte has come since the last header. */
  get isEmpty (): boolean { return this.#bytes === 0 }

  /** The line so far. */
  get line (): string { return this.#line }

  /**
   * Takes one byte.
   * @returns the line that this byte ends, without its LF
   * @throws MediaError `INVALID_SEGMENT` if the lines since the last header exceed 8 KiB
   */
  readByte (byte: number): string | undefined {
    if (++this.#bytes > MAX_HEADER_BYTES) {
      throw new MediaError('INVALID_SEGMENT', `A part's header has more than ${MAX_HEADER_BYTES} bytes: end it with an empty line`)
    }
    if (byte !== 0x0a) {
      this.#line += String.fromCharCode(byte)
      return undefined
    }
    const line = this.#line
    this.#line = ''
    return line
  }

  /**
   * Reads a header field; other lines are ignored (RFC 2046, 5.1: fields that do not begin with `Content-` may be ignored).
   */
  readField (line: string): void {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'content-type') this.#type = MEDIA_TYPE.exec(value)?.[1]?.toLowerCase()
    // An invalid length counts as none: JPEG and PNG show their own end, and a delimiter ends everything else.
    if (name === 'content-length') this.#length = /^\d{1,15}$/.test(value) ? Number(value) : undefined
  }

  /** The header is complete; the next byte begins another. */
  take (): PartHeader {
    const header = { type: this.#type, length: this.#length }
    this.#bytes = 0
    this.#type = this.#length = undefined
    return header
  }
}
