// What all live windows and all bodies of one registration hold together, bounded: where there is no room, the window that reaches furthest
// back gives way, segment by segment, whoever's it is. Where no window has anything left, the body that holds the most is refused.

/** A live window as the budget knows it. */
export interface Shrinking {
  /** How many segments it keeps. */
  readonly size: number
  /** When the oldest of them was received, milliseconds of a clock that is never set back. It never becomes less while any is kept. */
  readonly reachesBackTo: number
  /** Drops the oldest of them. */
  shrink (): void
}

// A window in the heap, by how far it reached back when it was put there: by now, that may be less far.
interface Place {
  readonly window: Shrinking
  readonly at: number
}

/** What one body holds that is no segment yet, or one that waits. */
export class Hold {
  readonly #budget: WindowBudget
  readonly #refuse: () => void
  #bytes = 0

  /** @param refuse - lets go of all, and tells whoever sends it; the hold is released by then */
  constructor (budget: WindowBudget, refuse: () => void) {
    this.#budget = budget
    this.#refuse = refuse
  }

  /** Bytes held. */
  get bytes (): number { return this.#bytes }

  /** It holds so many bytes now. May refuse this body, or another. */
  set (bytes: number): void {
    const before = this.#bytes
    this.#bytes = bytes
    this.#budget.held(this, bytes - before)
  }

  /** It holds nothing any more. */
  release (): void {
    this.set(0)
  }

  /** For the budget. */
  refuse (): void {
    this.release()
    this.#refuse()
  }
}

/** The budget that windows and bodies share. */
export class WindowBudget {
  readonly #limit: number
  // A heap of those that keep something, each once: what reaches furthest back comes first.
  readonly #heap: Place[] = []
  readonly #windows = new Set<Shrinking>()
  readonly #holds = new Set<Hold>()
  #bytes = 0

  /** @param limit - bytes */
  constructor (limit: number) {
    this.#limit = limit
  }

  /** Bytes in all windows, and held by all bodies. */
  get bytes (): number { return this.#bytes }

  /** The most that they may be. */
  get limit (): number { return this.#limit }

  /** Counts what a window has come to hold, or, below 0, has dropped. */
  count (window: Shrinking, bytes: number): void {
    this.#bytes += bytes
    if (window.size === 0) {
      if (this.#windows.delete(window)) this.#leaveOut(window)
    } else if (!this.#windows.has(window)) {
      this.#windows.add(window)
      this.#put({ window, at: window.reachesBackTo })
    }
  }

  /** Makes room for what a window has been given. Its newest segment it keeps, however large. */
  makeRoom (window: Shrinking): void {
    this.#shrink(window)
  }

  /** Counts what a body has come to hold, or, below 0, has let go. */
  held (hold: Hold, bytes: number): void {
    this.#bytes += bytes
    if (hold.bytes > 0) this.#holds.add(hold)
    else this.#holds.delete(hold)
    if (bytes <= 0 || this.#bytes <= this.#limit) return
    this.#shrink(undefined)
    // Not whoever comes last: many that hold much would turn away everybody who holds little.
    while (this.#bytes > this.#limit && this.#holds.size > 0) this.#largest().refuse()
  }

  #shrink (given: Shrinking | undefined): void {
    let kept: Place | undefined
    while (this.#bytes > this.#limit) {
      const oldest = this.#furthestBack()
      if (oldest === undefined) break
      if (oldest.window === given && oldest.window.size === 1) kept = this.#take()
      else oldest.window.shrink()
    }
    if (kept !== undefined) this.#put(kept)
  }

  // What has changed since it was put there is put where it belongs.
  #furthestBack (): Place | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.window.reachesBackTo === first.at) return first
      this.#put({ window: this.#take().window, at: first.window.reachesBackTo })
    }
  }

  // Looked for only where there is no room, and no window to make any.
  #largest (): Hold {
    let found: Hold | undefined
    for (const hold of this.#holds) if (found === undefined || hold.bytes > found.bytes) found = hold
    return found!
  }

  // Nothing is known any more of a window that nobody has.
  #leaveOut (window: Shrinking): void {
    for (const place of this.#heap.splice(0)) if (place.window !== window) this.#put(place)
  }

  #put (place: Place): void {
    const heap = this.#heap
    let index = heap.length
    for (let parent = index - 1 >> 1; index > 0 && heap[parent]!.at > place.at; parent = index - 1 >> 1) {
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = place
  }

  #take (): Place {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let index = 0
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }
}
