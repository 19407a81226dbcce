// Writing to many connections in one go takes turns with everything else on the event loop: when a turn has lasted long enough, the
// remaining connections wait in line until everything else has had its chance.
/** A writer that takes turns. */
export interface TakesTurns {
  /** It is its turn again. */
  turn (): void
}

// Milliseconds. Long compared with sending one frame; together with publishing, and a second turn directly after it, still shorter than a
// video frame at 60 a second.
const LONGEST_TURN = 2

/** The turns of one registration. */
export class Turns {
  // In the order in which they continue.
  readonly #line = new Set<TakesTurns>()
  // When the current turn has lasted long enough, in milliseconds of a monotonic clock; 0 between turns.
  #end = 0
  #serving = false
  // The next writer in line, until it takes its turn.
  #next: TakesTurns | undefined

  /** Whether it is the caller's turn. If not, it is called when it is. */
  take (one: TakesTurns): boolean {
    if (this.#end === 0) {
      this.#begin()
      return true
    }
    if (one === this.#next) {
      this.#next = undefined
      return true
    }
    if ((this.#line.size === 0 || this.#serving) && performance.now() < this.#end) return true
    this.#line.add(one)
    return false
  }

  /** Calls back when all writers now in line have had their turn: at once if there are none. */
  after (done: () => void): void {
    if (this.#line.size === 0) done()
    else this.#line.add({ turn: done })
  }

  #begin (): void {
    this.#end = performance.now() + LONGEST_TURN
    setImmediate(this.#serve)
  }

  readonly #serve = (): void => {
    this.#end = 0
    if (this.#line.size === 0) return
    this.#begin()
    this.#serving = true
    for (const one of this.#line) {
      this.#line.delete(one)
      this.#next = one
      one.turn()
      this.#next = undefined
      if (performance.now() >= this.#end) break
    }
    this.#serving = false
  }
}
