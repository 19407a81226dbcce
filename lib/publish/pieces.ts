// How much of a body is split in one step: as much as takes about half a millisecond, whatever its media is.

// Bytes: at most, and at least where the smallest of segments come thick.
const LARGEST = 16 * 1024
const SMALLEST = 1024
// Milliseconds.
const LONG = 1
const SHORT = 0.25

/** The pieces of one body. */
export class Pieces {
  #size = SMALLEST

  /** Bytes of the next piece, at most. */
  get size (): number { return this.#size }

  /** Splits a piece: if that takes long the next is smaller, and larger if it is quickly done. @throws what `split` throws */
  timed<Result> (split: () => Result): Result {
    const began = performance.now()
    const result = split()
    const took = performance.now() - began
    if (took > LONG) this.#size = Math.max(SMALLEST, this.#size / 2)
    else if (took < SHORT) this.#size = Math.min(LARGEST, this.#size * 2)
    return result
  }
}
