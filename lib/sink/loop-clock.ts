// Time as clients could use it: while the event loop is blocked nobody is read from or written to, so that is nobody's silence.

// Milliseconds. Up to twice as much is a busy loop, in which clients have their turns.
const TICK = 250
// How many blocks are remembered, the newest: more than there are within any time that is judged, unless hardly anything else is done.
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

  /** Milliseconds since then, without those that the event loop was blocked for while this clock ran. */
  since (then: number): number {
    const now = performance.now()
    // What is read after a block may come before the tick that is late for it.
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
