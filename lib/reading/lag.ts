// Judges how far behind a viewer may be. Only a viewer whose connection makes it wait can lag: one that began further
// back (a rewind, a resume, a long group of pictures) is behind by its own choice, and is allowed that much more.
import type { LagPolicy } from '../contract.js'

/** The lag of one viewer. Ages are milliseconds since the segment under the cursor was received. */
export class Lag {
  /** What is done about the lag; undefined while the viewer is within its limit. */
  policy: LagPolicy | undefined
  readonly #limit: number
  // The least that this viewer has been behind since it began or was moved.
  #least = 0

  /** @param seconds the option `lag.seconds` */
  constructor (seconds: number) {
    this.#limit = seconds * 1000
  }

  /** Whether it has been behind ever since it began or was moved. */
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

  /** Whether the limit is passed, and nothing has been decided about it yet. */
  needsPolicy (age: number): boolean {
    if (age > this.#limit + this.#least) return this.policy === undefined
    this.policy = undefined
    return false
  }
}
