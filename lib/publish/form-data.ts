// Extracts the file from an HTML form's body (multipart/form-data, RFC 7578), as `curl -F file=@clip.mp4` sends it: the output is the
// file's own bytes, as they arrive. Fields without a file are dropped.
import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { FST_MEDIA_SSE_INVALID_SEGMENT } from '../errors.js'

// Limit for a part's header fields, in bytes.
const MAX_HEADER_BYTES = 8192
const HEADER_END = Buffer.from('\r\n\r\n')
const NO_FILE = 'The form has no file: send it as curl -F file=@clip.mp4, or the file alone as curl --data-binary @clip.mp4'
const EMPTY_FILE = 'The file of the form is empty: send one that has something to publish in it'
// `filename` or RFC 5987's `filename*`, not empty: a browser sends an empty one if no file was chosen.
const FILE = /^content-disposition:.*;\s*filename\*?=(?!""|\s|;|$)/im
const TYPE = /^content-type:[ \t]*([^\r\n]*)/im

/** One file of a form. A body that is not a form, despite its type, passes through unchanged. */
export class FormFile extends Transform {
  #state: 'first' | 'header' | 'file' | 'field' | 'over' | 'none' = 'first'
  // Bytes whose meaning is not known yet.
  #held: Buffer = Buffer.alloc(0)
  readonly #delimiter: Buffer
  #type: string | undefined
  #hasFile = false
  #isEmpty = true

  /** @param boundary - the parameter of its Content-Type */
  constructor (boundary: string) {
    super()
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  }

  /** The media type that the form gives for its file; known when the file's first byte comes. */
  get contentType (): string | undefined { return this.#type }

  override _transform (bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#held = this.#held.byteLength === 0 ? bytes : Buffer.concat([this.#held, bytes])
    try {
      while (this.#step()) { /* as long as the bytes tell something */ }
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  override _flush (done: TransformCallback): void {
    if (this.#state === 'first' && this.#held.byteLength > 0) this.push(this.#held)
    const complaint = this.#complaint
    done(complaint === undefined ? null : new FST_MEDIA_SSE_INVALID_SEGMENT(complaint))
  }

  // Why a body that ends here cannot be published.
  get #complaint (): string | undefined {
    if (this.#state === 'header' || this.#state === 'file' || this.#state === 'field') {
      return 'The form ends inside a part: send it to its last boundary'
    }
    if (this.#state !== 'over') return undefined
    if (!this.#hasFile) return NO_FILE
    return this.#isEmpty ? EMPTY_FILE : undefined
  }

  // Returns whether it advanced, so that the bytes held may allow another step.
  #step (): boolean {
    switch (this.#state) {
      case 'first': return this.#readFirstLine()
      case 'header': return this.#readHeader()
      case 'file':
      case 'field': return this.#readContent()
      case 'none': this.push(this.#held)
    }
    this.#held = Buffer.alloc(0)
    return false
  }

  #readFirstLine (): boolean {
    const delimiter = this.#delimiter
    // The line end before the first one may be absent.
    const skipped = this.#held[0] === delimiter[0] ? 0 : 2
    const length = Math.min(this.#held.byteLength, delimiter.byteLength - skipped)
    if (delimiter.compare(this.#held, 0, length, skipped, skipped + length) !== 0) this.#state = 'none'
    else if (length + skipped < delimiter.byteLength) return false
    else this.#readDelimiter(length)
    return true
  }

  #readDelimiter (end: number): void {
    this.#held = this.#held.subarray(end)
    this.#state = 'header'
  }

  // The rest of a delimiter: the end of its line and the part's header, or the two dashes of the last one.
  #readHeader (): boolean {
    if (this.#held.toString('latin1', 0, 2) === '--') {
      this.#state = 'over'
      return true
    }
    const end = this.#held.indexOf(HEADER_END)
    if (end < 0) {
      if (this.#held.byteLength > MAX_HEADER_BYTES) {
        throw new FST_MEDIA_SSE_INVALID_SEGMENT('The header of a part of the form has more ' +
        `than ${MAX_HEADER_BYTES} bytes`)
      }
      return false
    }
    const header = this.#held.toString('latin1', 0, end)
    this.#held = this.#held.subarray(end + HEADER_END.byteLength)
    this.#state = FILE.test(header) ? 'file' : 'field'
    if (this.#state === 'field') return true
    if (this.#hasFile) {
      throw new FST_MEDIA_SSE_INVALID_SEGMENT('The form has a second file, which is not published: send each file in a ' +
      'request of its own')
    }
    this.#hasFile = true
    this.#type = TYPE.exec(header)?.[1]?.trim()
    return true
  }

  #readContent (): boolean {
    const at = this.#held.indexOf(this.#delimiter)
    const end = at < 0 ? Math.max(0, this.#held.byteLength - this.#delimiter.byteLength + 1) : at
    if (this.#state === 'file' && end > 0) {
      this.#isEmpty = false
      this.push(this.#held.subarray(0, end))
    }
    if (at >= 0) this.#readDelimiter(at + this.#delimiter.byteLength)
    else this.#held = this.#held.subarray(end)
    return at >= 0
  }
}
