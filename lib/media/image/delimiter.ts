// Finds the delimiter lines of a multipart body (RFC 2046, 5.1.1) within any bytes, however they are divided.

const LF = 0x0a
const CR = 0x0d
// The rest of a delimiter's line: white space and the two dashes of the last one.
const TAIL = new Set([0x20, 0x09, CR, 0x2d])
const MAX_TAIL = 80

/** The state after the bytes read so far: outside a delimiter line, inside one, or after one of a next part, or of the end. */
export type DelimiterState = 'none' | 'inside' | 'part' | 'last'

/** Looks for one boundary. */
export class DelimiterFinder {
  /** LF, and the first delimiter line as found. */
  readonly #pattern: Uint8Array
  readonly #hasCR: boolean
  /** How many bytes of the pattern the last bytes match, without the line's tail. */
  #matched = 0
  #tail = ''
  #isFound = false

  /**
   * @param line - the first delimiter line, without its line end
   * @param hasCR - whether lines end with CRLF: then the CR before a delimiter belongs to it too
   */
  constructor (line: string, hasCR: boolean) {
    this.#pattern = Uint8Array.from(`\n${line}`, character => character.charCodeAt(0))
    this.#hasCR = hasCR
  }

  /** The state after the bytes read so far. At the end of a body, a delimiter needs no line end. */
  get state (): DelimiterState {
    const isAll = this.#matched === this.#pattern.length
    const text = this.#tail.trim()
    if (!isAll || (text !== '' && text !== '--')) return this.#matched > 1 ? 'inside' : 'none'
    return text === '' ? 'part' : 'last'
  }

  /** How many of the bytes read last are the delimiter line and the line end before it. */
  get length (): number {
    return this.#pattern.length + this.#tail.length + (this.#isFound ? 1 : 0) + (this.#hasCR ? 1 : 0)
  }

  /** Whether that line is a delimiter line, without its line end. */
  isLine (text: string): boolean {
    return text.length + 1 === this.#pattern.length &&
      this.#pattern.every((byte, index) => index === 0 || byte === text.charCodeAt(index - 1))
  }

  /** Starts over. @param afterLine - whether a delimiter may come at once, as after the end of a line */
  begin (afterLine: boolean): void {
    this.#matched = afterLine ? 1 : 0
    this.#tail = ''
    this.#isFound = false
  }

  /** A delimiter may come with the next byte, even without a line end before it. */
  allow (): void {
    if (this.#matched === 0) this.#matched = 1
  }

  /** Whether the byte read last ends a delimiter line. */
  get isFound (): boolean { return this.#isFound }

  /** Reads from `from` to the end of a delimiter line, or to `to`. @returns the index after the last byte read */
  read (bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to && !this.#isFound) {
      if (this.#matched === 0) {
        const next = bytes.indexOf(LF, at)
        if (next < 0 || next >= to) return to
        at = next
      }
      this.#step(bytes[at++]!)
    }
    return at
  }

  // LF occurs in the pattern only at its start, so after a mismatch the search never goes back.
  #step (byte: number): void {
    if (this.#matched < this.#pattern.length) {
      this.#matched = byte === this.#pattern[this.#matched] ? this.#matched + 1 : byte === LF ? 1 : 0
    } else if (byte === LF && this.state !== 'inside') {
      this.#isFound = true
    } else if (TAIL.has(byte) && this.#tail.length < MAX_TAIL) {
      this.#tail += String.fromCharCode(byte)
    } else {
      this.begin(byte === LF)
    }
  }
}
