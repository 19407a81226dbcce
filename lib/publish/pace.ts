// How fast a sender may publish, over all of its requests together, whatever publishers it says they are of. One that sends faster is read
// more slowly, and TCP holds it back: a burst after a break in the network is delayed, where an error would lose it.

// What it may send at once after quiet: as much as in so many milliseconds.
const BURST = 1000
// With so many senders in the registry it is worth looking for those that have gone.
const SWEEP_AT = 64

/** One sender's bytes, paid for in time (a leaky bucket, ITU-T I.371). */
export class Pace {
  readonly #bytesPerSecond: number
  // Up to when its bytes have used its time up, milliseconds of a clock that is never set back.
  #paidUntil = 0

  constructor (bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Whether nothing of what was taken counts any more. */
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

  /** The pace of a sender, whatever it has sent in other requests. */
  of (sender: string): Pace {
    let pace = this.#paces.get(sender)
    if (pace === undefined) {
      this.#sweep()
      this.#paces.set(sender, pace = new Pace(this.#bytesPerSecond))
    }
    return pace
  }

  // One that has rested is as good as new, so that none need be told when it leaves.
  #sweep (): void {
    if (this.#paces.size < this.#sweepAt) return
    for (const [sender, pace] of this.#paces) if (pace.rested) this.#paces.delete(sender)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#paces.size)
  }
}
