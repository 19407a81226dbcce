// What all live windows of one registration hold together, bounded: where a new segment finds no room, the window that reaches furthest back gives way,
// segment by segment, whoever's it is.

/** A live window as the budget knows it. */
export interface Shrinking {
  /** How many segments it keeps. */
  readonly size: number
  /** When the oldest of them was received, milliseconds of a clock that is never set back. */
  readonly reachesBackTo: number
  /** Drops the oldest of them. */
  shrink (): void
}

/** The budget that windows share. */
export class WindowBudget {
  readonly #limit: number
  // Those that keep something.
  readonly #windows = new Set<Shrinking>()
  #bytes = 0

  /** @param limit - bytes */
  constructor (limit: number) {
    this.#limit = limit
  }

  /** Bytes in all windows. */
  get bytes (): number { return this.#bytes }

  /** Counts what a window has come to hold, or, below 0, has dropped. */
  count (window: Shrinking, bytes: number): void {
    this.#bytes += bytes
    if (window.size > 0) this.#windows.add(window)
    else this.#windows.delete(window)
  }

  /** Makes room for what a window has been given. Its newest segment it keeps, however large. */
  makeRoom (window: Shrinking): void {
    while (this.#bytes > this.#limit) {
      const oldest = this.#furthestBack(window)
      if (oldest === undefined) return
      oldest.shrink()
    }
  }

  // Looked for only where there is no room, among hardly ever more than some dozen.
  #furthestBack (given: Shrinking): Shrinking | undefined {
    let found: Shrinking | undefined
    for (const window of this.#windows) {
      const mayShrink = window !== given || window.size > 1
      if (mayShrink && (found === undefined || window.reachesBackTo < found.reachesBackTo)) found = window
    }
    return found
  }
}
