// Who writes to many connections in one go takes turns with everything else on the event loop: when a turn has lasted long enough, those
// who are not served yet wait in line until all else has had its chance.
/** Who takes turns. */
export interface TakesTurns {
  /** It is its turn again. */
  turn (): void
}

// Milliseconds. Long against what handing over one frame takes; with what publishing takes, and a second turn right after it, still short
// against one picture at 60 a second.
const LONGEST_TURN = 2

/** The turns of one registration. */
export class Turns {
  // In the order in which they go on.
  readonly #line = new Set<TakesTurns>()
  // When the turn under way has lasted long enough, of a clock that is never set back; 0 between turns.
  #end = 0
  #serving = false
  // Whose turn it is, until it takes it.
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

  /** Calls back when all who stand in line by now have had their turn: at once, where nobody does. */
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
