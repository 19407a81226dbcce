// How fast a sender may publish, over all of its requests and publishers together. A faster sender is read more slowly, and TCP holds it
// back: a burst after a network outage is delayed, where an error would lose it.

// What it may send at once after a pause: the bytes of this many milliseconds.
const BURST = 1000
// With this many senders registered, the ones that have gone are removed.
const SWEEP_AT = 64

/** One sender's bytes, charged as time (a leaky bucket, ITU-T I.371). */
export class Pace {
  readonly #bytesPerSecond: number
  // When the time charged for its bytes is over, milliseconds of a monotonic clock.
  #paidUntil = 0

  constructor (bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Whether all of it is paid off. */
  get rested (): boolean { return this.#paidUntil <= performance.now() - BURST }

  /** Takes bytes. @returns milliseconds to wait before more are */
  take (bytes: number): number {
    const now = performance.now()
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST) + bytes / this.#bytesPerSecond * 1000
    return Math.max(0, this.#paidUntil - now)
  }
}

/** The paces of all senders of a registration. */
export class Paces {
  readonly #bytesPerSecond: number
  readonly #paces = new Map<string, Pace>()
  #sweepAt = SWEEP_AT

  constructor (bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** How many senders are known. */
  get size (): number { return this.#paces.size }

  /** The pace of a sender, shared by all its requests. */
  of (sender: string): Pace {
    let pace = this.#paces.get(sender)
    if (pace === undefined) {
      this.#sweep()
      this.#paces.set(sender, pace = new Pace(this.#bytesPerSecond))
    }
    return pace
  }

  // A rested pace equals a new one, so it can be removed without telling its users.
  #sweep (): void {
    if (this.#paces.size < this.#sweepAt) return
    for (const [sender, pace] of this.#paces) if (pace.rested) this.#paces.delete(sender)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#paces.size)
  }
}
