// Received byte arrays in order, read across their borders and taken out with one copy. Every operation is amortised linear in the bytes it
// passes, and memory is bounded by the pending bytes, however small the arrays are.

/** The overhead of an array, in bytes. */
export const ARRAY_BYTES = 128

// A publisher that sends byte by byte would otherwise cost a hundred bytes of memory per byte sent. Larger arrays are left as they are:
// merging many of them would take long, and save nothing.
const LOOSE_LIMIT = 1024
const SMALL_BYTES = 256

const EMPTY = new Uint8Array(0)

/** A queue of bytes that keeps the arrays it is given until their bytes are taken, skipped or moved on. */
export class ByteQueue {
  /** Consumed arrays before `#head` are replaced by `EMPTY` at once, so that only pending bytes are held. */
  #arrays: Uint8Array[] = []
  #head = 0
  /** Bytes consumed of the array at `#head`. */
  #offset = 0
  /** Arrays pushed since the queue was empty or the newest run was merged, and their bytes. */
  #loose = 0
  #looseBytes = 0
  #length = 0

  /** A queue of these arrays, without merging them. */
  static of (arrays: readonly Uint8Array[]): ByteQueue {
    const queue = new ByteQueue()
    for (const bytes of arrays) queue.#append(bytes)
    return queue
  }

  /** Bytes pending. */
  get length (): number {
    return this.#length
  }

  /** Its memory cost in bytes: the pending bytes, and the overhead of their arrays. */
  get held (): number {
    return this.#length + (this.#arrays.length - this.#head) * ARRAY_BYTES
  }

  /** The number of pending bytes at the front that lie in one array; may be 0 even if more are pending. */
  get run (): number {
    return (this.#arrays[this.#head] ?? EMPTY).length - this.#offset
  }

  /**
   * Appends bytes without copying them. More than 1024 small loose arrays are merged into one: bounded memory is then worth the copy.
   */
  push (bytes: Uint8Array): void {
    this.#append(bytes)
    this.#looseBytes += bytes.length
    if (++this.#loose <= LOOSE_LIMIT) return
    if (this.#looseBytes <= LOOSE_LIMIT * SMALL_BYTES) this.#merge()
    this.#loose = this.#looseBytes = 0
  }

  /**
   * Reads 32 bits, big-endian.
   * @param offset - in bytes from the front; the cost grows with the number of arrays before it
   * @throws RangeError if fewer than four bytes are pending there
   */
  uint32 (offset: number): number {
    this.#check(offset + 4)
    return this.#byte(offset) * 2 ** 24 + (this.#byte(offset + 1) << 16 | this.#byte(offset + 2) << 8 | this.#byte(offset + 3))
  }

  /**
   * Reads 64 bits, big-endian. Rounded above 2^53: nothing of that size can be held anyway.
   * @param offset - in bytes from the front
   * @throws RangeError if fewer than eight bytes are pending there
   */
  uint64 (offset: number): number {
    return this.uint32(offset) * 2 ** 32 + this.uint32(offset + 4)
  }

  /**
   * Reads a four-character code, one character per byte.
   * @param offset - in bytes from the front
   * @throws RangeError if fewer than four bytes are pending there
   */
  type (offset: number): string {
    const code = this.uint32(offset)
    return String.fromCharCode(code >>> 24, code >>> 16 & 255, code >>> 8 & 255, code & 255)
  }

  /**
   * Takes bytes off the front, always as a copy: a small segment must not pin the large network buffer that carried it.
   * @param count - in bytes
   * @throws RangeError if fewer are pending
   */
  take (count: number): Uint8Array {
    this.#check(count)
    const taken = new Uint8Array(count)
    this.takeInto(taken, 0, count)
    return taken
  }

  /**
   * Takes bytes off the front, as a copy into an existing array.
   * @param at - the position in it, in bytes; it must have room for `count` from there
   * @param count - in bytes
   * @throws RangeError if fewer are pending
   */
  takeInto (target: Uint8Array, at: number, count: number): void {
    let next = at
    this.#consume(count, bytes => {
      target.set(bytes, next)
      next += bytes.length
    })
  }

  /**
   * Shows bytes in one array: a view if all of them are in the first array, else a copy. They stay pending.
   * @param count - in bytes
   * @param offset - of the first, in bytes from the front
   * @throws RangeError if fewer are pending
   */
  peek (count: number, offset = 0): Uint8Array {
    this.#check(offset + count)
    const first = this.#arrays[this.#head] ?? EMPTY
    const from = this.#offset + offset
    return from + count <= first.length ? first.subarray(from, from + count) : joined(this.views(count, offset))
  }

  /**
   * Shows bytes as parts of their arrays. They stay pending.
   * @param count - in bytes
   * @param offset - of the first, in bytes from the front; the cost grows with the number of arrays before it
   * @throws RangeError if fewer are pending
   */
  views (count: number, offset = 0): Uint8Array[] {
    this.#check(offset + count)
    let index = this.#head
    let from = this.#offset + offset
    const views: Uint8Array[] = []
    if (count === 0) return views
    while (from >= this.#arrays[index]!.length) from -= this.#arrays[index++]!.length
    for (let left = count; left > 0; from = 0) {
      const bytes = this.#arrays[index++]!.subarray(from, from + left)
      if (bytes.length > 0) views.push(bytes)
      left -= bytes.length
    }
    return views
  }

  /**
   * Takes bytes off the front as a queue of their own, without copying them.
   * @param count - in bytes
   * @throws RangeError if fewer are pending
   */
  split (count: number): ByteQueue {
    const front = new ByteQueue()
    this.#consume(count, bytes => { front.#append(bytes) })
    return front
  }

  /**
   * Drops bytes off the front.
   * @param count - in bytes
   * @throws RangeError if fewer are pending
   */
  skip (count: number): void {
    this.#consume(count)
  }

  /**
   * Moves bytes off the front to the end of another queue, without copying them.
   * @param count - in bytes
   * @throws RangeError if fewer are pending
   */
  move (count: number, to: ByteQueue): void {
    this.#consume(count, bytes => { to.push(bytes) })
  }

  #append (bytes: Uint8Array): void {
    this.#arrays.push(bytes)
    this.#length += bytes.length
  }

  #byte (offset: number): number {
    let index = this.#head
    let at = this.#offset + offset
    while (at >= this.#arrays[index]!.length) at -= this.#arrays[index++]!.length
    return this.#arrays[index]![at]!
  }

  #consume (count: number, use?: (bytes: Uint8Array) => void): void {
    this.#check(count)
    this.#length -= count
    let left = count
    while (left > 0) {
      const first = this.#arrays[this.#head]!
      const from = this.#offset
      const end = Math.min(first.length, from + left)
      use?.(from === 0 && end === first.length ? first : first.subarray(from, end))
      left -= end - from
      this.#offset = end
      if (end < first.length) break
      this.#arrays[this.#head++] = EMPTY
      this.#offset = 0
    }
    if (this.#length === 0) this.#loose = this.#looseBytes = 0
    if (this.#length === 0 || this.#head > LOOSE_LIMIT) {
      this.#arrays.splice(0, this.#head)
      this.#head = 0
    }
  }

  #merge (): void {
    const start = Math.max(this.#head, this.#arrays.length - this.#loose)
    const run = this.#arrays.splice(start)
    if (start === this.#head) {
      run[0] = run[0]!.subarray(this.#offset)
      this.#offset = 0
    }
    this.#arrays.push(joined(run))
  }

  #check (needed: number): void {
    if (needed > this.#length) throw new RangeError(`${needed} bytes are needed, ${this.#length} are pending`)
  }
}

/** All the bytes, in order, in a new array. */
export function joined (arrays: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const bytes of arrays) {
    whole.set(bytes, at)
    at += bytes.length
  }
  return whole
}

/** Whether both hold the same bytes, or both are absent. */
export function sameBytes (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === other) return true
  if (one === undefined || one.length !== other?.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
