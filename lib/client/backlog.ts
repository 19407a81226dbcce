// Detects a backlog that the server cannot see: megabytes may wait in network buffers, so that segments arrive old, and stay old.

// Seconds.
const OLD = 3
// Milliseconds.
const STAYS_OLD = 3000
const FIRST_PAUSE = 10_000
const LONGEST_PAUSE = 300_000

/** Judges arrivals. Times are milliseconds of the page's clock. */
export class Backlog {
  #oldSince: number | undefined
  #rejoinedAt = -Infinity
  #pause = FIRST_PAUSE

  /**
   * Whether to rejoin at the live edge rather than play through the backlog. On a connection that is always too slow that helps only for a
   * while, so the interval grows each time.
   * @param delay - how much longer than the quickest event this one took, milliseconds
   * @param target - the player's target latency, seconds
   */
  mustRejoin (delay: number, target: number, at: number): boolean {
    if (delay / 1000 < Math.max(OLD, 2 * target)) {
      this.#oldSince = undefined
      if (at - this.#rejoinedAt > 2 * this.#pause) this.#pause = FIRST_PAUSE
      return false
    }
    this.#oldSince ??= at
    if (at - this.#oldSince < STAYS_OLD || at - this.#rejoinedAt < this.#pause) return false
    this.#oldSince = undefined
    if (this.#rejoinedAt > -Infinity) this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
    this.#rejoinedAt = at
    return true
  }
}
