// Measures how long a segment takes from its receipt to the connections of its viewers: to the first that takes it, and to the last, once
// for each segment, whichever ways its viewers go. A viewer costs one look.

/** Calls back when all that wait for their turn by now have had it: at once, where nobody does. */
export type AfterTurns = (done: () => void) => void

// A segment on its way. Times are milliseconds of the monotonic clock.
interface Offer {
  readonly receivedAt: number
  firstAt: number | undefined
  /** How many have not done with it. */
  holds: number
}

const NOTHING = (): void => {}

/** The segments of one broadcast on their way to its viewers, by their sequence. */
export class HandOver {
  readonly #afterTurns: AfterTurns
  readonly #measured: (first: number, last: number) => void
  readonly #offers = new Map<number, Offer>()
  #newest = 0

  /** @param measured - is told, of a segment that anybody took, how many seconds it took to the first and to the last */
  constructor (afterTurns: AfterTurns, measured: (first: number, last: number) => void) {
    this.#afterTurns = afterTurns
    this.#measured = measured
  }

  /** Wakes those that wait for a segment. */
  offer ({ sequence, receivedAt }: { readonly sequence: number, readonly receivedAt: number }, wake: () => void): void {
    this.#newest = sequence
    this.#offers.set(sequence, { receivedAt, firstAt: undefined, holds: 0 })
    const release = this.hold(sequence)
    wake()
    release()
  }

  /**
   * Not all viewers are given the segment yet that are to be: it is measured when they are.
   * @returns tells that they are, or will be when those that wait have had their turn
   */
  hold (sequence: number): () => void {
    const offer = this.#offers.get(sequence)
    // It is measured already.
    if (offer === undefined) return NOTHING
    offer.holds++
    return () => this.#afterTurns(() => this.#release(sequence, offer))
  }

  /** A viewer has taken that segment, or something with the newest. */
  taken (sequence = this.#newest): void {
    const offer = this.#offers.get(sequence)
    if (offer !== undefined) offer.firstAt ??= performance.now()
  }

  #release (sequence: number, offer: Offer): void {
    if (--offer.holds > 0) return
    // The numbering may have begun again meanwhile.
    if (this.#offers.get(sequence) === offer) this.#offers.delete(sequence)
    if (offer.firstAt === undefined) return
    this.#measured((offer.firstAt - offer.receivedAt) / 1000, (performance.now() - offer.receivedAt) / 1000)
  }
}
