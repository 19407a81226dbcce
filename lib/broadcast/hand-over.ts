// Measures how long a segment takes from its receipt to the connections of those viewers who go on each by itself: to the first that takes it, and to the
// last. To a viewer that costs one look: a time is taken with the first, and another when all who were woken for it have had their turn.

/** Calls back when all who wait for their turn by now have had it: at once, where nobody does. */
export type AfterTurns = (done: () => void) => void

// A segment as it is offered, and when the first viewer has taken it.
interface Offer { firstAt: number | undefined }

/** The segments of one broadcast on their way to its viewers. Times are milliseconds of a clock that is never set back. */
export class HandOver {
  readonly #afterTurns: AfterTurns
  readonly #measured: (first: number, last: number) => void
  #newest: Offer = { firstAt: undefined }

  /** @param measured - is told, of a segment that anybody took, how many seconds it took to the first and to the last */
  constructor (afterTurns: AfterTurns, measured: (first: number, last: number) => void) {
    this.#afterTurns = afterTurns
    this.#measured = measured
  }

  /** Wakes those who wait for a segment that was received then. */
  offer (receivedAt: number, wake: () => void): void {
    const offered: Offer = this.#newest = { firstAt: undefined }
    wake()
    this.#afterTurns(() => {
      // Who had to wait for its turn until there was a newer one has taken both together.
      const firstAt = offered.firstAt ?? this.#newest.firstAt
      if (firstAt !== undefined) this.#measured((firstAt - receivedAt) / 1000, (performance.now() - receivedAt) / 1000)
    })
  }

  /** A viewer has taken a segment. */
  taken (): void {
    this.#newest.firstAt ??= performance.now()
  }
}
