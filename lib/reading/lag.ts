// Judges how far behind a viewer may be. Only a viewer that waits for its connection can lag: one that asked to start further back (a
// rewind, a resume, a long group of pictures) may lag by that much more.
import type { LagPolicy } from '../contract.js'

/** The lag of one viewer. Ages are milliseconds since the segment under the cursor was received. */
export class Lag {
  /** The policy for the current lag; undefined while the viewer is within its limit. */
  policy: LagPolicy | undefined
  readonly #limit: number
  // The smallest lag of this viewer since it began or skipped.
  #least = 0

  /** @param seconds the option `lag.seconds` */
  constructor (seconds: number) {
    this.#limit = seconds * 1000
  }

  /** Whether it has been behind ever since it began or skipped. */
  get isBehind (): boolean { return this.#least > 0 }

  /** The cursor was put on a segment of that age. */
  begin (age: number): void {
    this.#least = age
    this.policy = undefined
  }

  /** A segment of that age was handed over. */
  passed (age: number): void {
    this.#least = Math.min(this.#least, age)
  }

  /** Whether the limit is exceeded, and no policy is chosen yet. */
  needsPolicy (age: number): boolean {
    if (age > this.#limit + this.#least) return this.policy === undefined
    this.policy = undefined
    return false
  }
}
