// Measures how long a segment takes from its receipt to its viewers' connections: to the first and to the last, once per segment, by
// whatever path. The cost per viewer is one check.

/** Calls back once every viewer now waiting for its turn has had it: at once if none waits. */
export type AfterTurns = (done: () => void) => void

// A segment being delivered. Times are milliseconds of the monotonic clock.
interface Offer {
  readonly receivedAt: number
  firstAt: number | undefined
  /** The number of holders that are not done with it. */
  holds: number
}

const NOTHING = (): void => {}

/** The segments of one broadcast being delivered to its viewers, by sequence. */
export class HandOver {
  readonly #afterTurns: AfterTurns
  readonly #measured: (first: number, last: number) => void
  readonly #offers = new Map<number, Offer>()
  #newest = 0

  /** @param measured - called for each segment that a viewer took, with the seconds to the first and to the last */
  constructor (afterTurns: AfterTurns, measured: (first: number, last: number) => void) {
    this.#afterTurns = afterTurns
    this.#measured = measured
  }

  /** Wakes the viewers that wait for a segment. */
  offer ({ sequence, receivedAt }: { readonly sequence: number, readonly receivedAt: number }, wake: () => void): void {
    this.#newest = sequence
    this.#offers.set(sequence, { receivedAt, firstAt: undefined, holds: 0 })
    const release = this.hold(sequence)
    wake()
    release()
  }

  /**
   * Some viewers do not have the segment yet: it is measured when they do.
   * @returns a function to call when they have it, or will have it after the waiting viewers had their turn
   */
  hold (sequence: number): () => void {
    const offer = this.#offers.get(sequence)
    // It is already measured.
    if (offer === undefined) return NOTHING
    offer.holds++
    return () => this.#afterTurns(() => this.#release(sequence, offer))
  }

  /** A viewer has taken that segment, or a file, which counts as the newest one. */
  taken (sequence = this.#newest): void {
    const offer = this.#offers.get(sequence)
    if (offer !== undefined) offer.firstAt ??= performance.now()
  }

  #release (sequence: number, offer: Offer): void {
    if (--offer.holds > 0) return
    // The numbering may have restarted meanwhile.
    if (this.#offers.get(sequence) === offer) this.#offers.delete(sequence)
    if (offer.firstAt === undefined) return
    this.#measured((offer.firstAt - offer.receivedAt) / 1000, (performance.now() - offer.receivedAt) / 1000)
  }
}
