// The server's clock, as far as a page can know it. The server's messages were written before they arrived, and answers after they were
// requested: that bounds the offset of the two clocks from both sides, and every event narrows it.

/** The page's own clock: Unix milliseconds, monotonic. */
export function localNow (): number {
  return performance.timeOrigin + performance.now()
}

// Clocks drift apart by some milliseconds a minute: older bounds are dropped. Milliseconds.
const MEMORY = 30_000

/** How far the server's clock is ahead of the page's own. All times are Unix milliseconds. */
export class ServerClock {
  // Two halves of the memory: the newer one takes over when the older one is dropped.
  #lower = -Infinity
  #lowerBefore = -Infinity
  #upper = Infinity
  #turnedAt = -Infinity

  /** A message that the server wrote at `server` has arrived at `local`. */
  arrived (server: number, local: number): void {
    if (local - this.#turnedAt > MEMORY) {
      this.#lowerBefore = this.#lower
      this.#lower = -Infinity
      this.#turnedAt = local
    }
    this.#lower = Math.max(this.#lower, server - local)
    // One of the clocks was set: bounds from earlier requests no longer hold.
    if (this.#least > this.#upper) this.#upper = Infinity
  }

  /** A request that was sent at `local` was answered at `server`. */
  answered (local: number, server: number): void {
    const bound = server - local
    if (bound < this.#least) {
      this.#lower = this.#lowerBefore = -Infinity
      this.#upper = Infinity
    }
    this.#upper = Math.min(bound, this.#upper)
  }

  /** Milliseconds to add to {@link localNow} for the server's time: the middle of the possible range. */
  get offset (): number {
    const least = this.#least
    if (least === -Infinity) return this.#upper === Infinity ? 0 : this.#upper
    return this.#upper === Infinity ? least : (least + this.#upper) / 2
  }

  /** The possible error of {@link ServerClock.offset}, milliseconds to either side; Infinity if it has no bounds. */
  get error (): number {
    return (this.#upper - this.#least) / 2
  }

  /** How much longer than the quickest event this one took, milliseconds. */
  delay (server: number, local: number): number {
    return this.#least === -Infinity ? 0 : local + this.#least - server
  }

  get #least (): number {
    return Math.max(this.#lower, this.#lowerBefore)
  }
}
