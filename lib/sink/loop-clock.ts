// Time as clients could use it. While the event loop is blocked, no client can be read from or written to, so that time does not count as
// silence.

// Milliseconds. Up to twice this is a busy loop, in which clients still have their turns.
const TICK = 250
// The number of newest blocks remembered: enough for any time that is judged, unless the loop does hardly anything else.
const MOST = 100

interface Block {
  readonly from: number
  readonly to: number
}

/** A monotonic clock that knows when it could not tick. */
export class LoopClock {
  readonly #blocks: Block[] = []
  #tickedAt = 0
  #timer: NodeJS.Timeout | undefined

  start (): void {
    this.#tickedAt = performance.now()
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#blocks.length = 0
  }

  /** Milliseconds since then, without those during which the event loop was blocked while this clock ran. */
  since (then: number): number {
    const now = performance.now()
    // After a block, pending reads may run before the late tick.
    if (this.#timer !== undefined && now - this.#tickedAt > 2 * TICK) this.#tick(now)
    let time = now - then
    for (const { from, to } of this.#blocks) if (to > then) time -= to - Math.max(from, then)
    return time
  }

  #tick (now: number): void {
    const from = this.#tickedAt + TICK
    this.#tickedAt = now
    if (now - from <= TICK) return
    this.#blocks.push({ from, to: now })
    if (this.#blocks.length > MOST) this.#blocks.shift()
  }
}
