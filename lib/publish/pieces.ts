// How much of a body is split in one step: what takes about half a millisecond, for any media.

// Bytes: the maximum, and the minimum for very small, frequent segments.
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

  /** Splits a piece. If that takes long, the next one is smaller; if it is quick, larger. @throws what `split` throws */
  timed<Result> (split: () => Result): Result {
    const began = performance.now()
    const result = split()
    const took = performance.now() - began
    if (took > LONG) this.#size = Math.max(SMALLEST, this.#size / 2)
    else if (took < SHORT) this.#size = Math.min(LARGEST, this.#size * 2)
    return result
  }
}
