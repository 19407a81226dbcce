// Bounds the bytes of all live windows and all bodies of one registration: if there is no room, the broadcast with the oldest segment loses
// it first, one segment at a time. If no window can drop more, the body that holds the most is refused.

/** A live window as the budget sees it. */
export interface Shrinking {
  /** The number of kept segments. */
  readonly size: number
  /** When the oldest of them was received, milliseconds of a monotonic clock. It never decreases while any is kept. */
  readonly reachesBackTo: number
  /** Drops the oldest of them. */
  shrink (): void
}

// A window in the heap, by how far it reached back when it was inserted: by now, it may reach less far.
interface Place {
  readonly window: Shrinking
  readonly at: number
}

/** The bytes of one body that are in no window yet. */
export class Hold {
  readonly #budget: WindowBudget
  readonly #refuse: () => void
  #bytes = 0

  /** @param refuse - drops everything and tells the publisher; the hold is already released then */
  constructor (budget: WindowBudget, refuse: () => void) {
    this.#budget = budget
    this.#refuse = refuse
  }

  /** Bytes held. */
  get bytes (): number { return this.#bytes }

  /** Sets its bytes. May refuse this body, or another. */
  set (bytes: number): void {
    const before = this.#bytes
    this.#bytes = bytes
    this.#budget.held(this, bytes - before)
  }

  /** It no longer holds anything. */
  release (): void {
    this.set(0)
  }

  /** Called by the budget. */
  refuse (): void {
    this.release()
    this.#refuse()
  }
}

/** The budget that windows and bodies share. */
export class WindowBudget {
  readonly #limit: number
  // A heap of the windows that keep segments, each once: the one that reaches furthest back is first.
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

  /** Their limit. */
  get limit (): number { return this.#limit }

  /** Adds the bytes that a window took or, below 0, dropped. */
  count (window: Shrinking, bytes: number): void {
    this.#bytes += bytes
    if (window.size === 0) {
      if (this.#windows.delete(window)) this.#leaveOut(window)
    } else if (!this.#windows.has(window)) {
      this.#windows.add(window)
      this.#put({ window, at: window.reachesBackTo })
    }
  }

  /** Makes room for what a window took. It keeps its newest segment, however large. */
  makeRoom (window: Shrinking): void {
    this.#shrink(window)
  }

  /** Adds the bytes that a body took or, below 0, released. */
  held (hold: Hold, bytes: number): void {
    this.#bytes += bytes
    if (hold.bytes > 0) this.#holds.add(hold)
    else this.#holds.delete(hold)
    if (bytes <= 0 || this.#bytes <= this.#limit) return
    this.#shrink(undefined)
    // Not the latest body: a few that hold much would turn away all that hold little.
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

  // Windows that have changed since they were inserted are moved to their place.
  #furthestBack (): Place | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.window.reachesBackTo === first.at) return first
      this.#put({ window: this.#take().window, at: first.window.reachesBackTo })
    }
  }

  // Searched only if there is no room, and no window to shrink.
  #largest (): Hold {
    let found: Hold | undefined
    for (const hold of this.#holds) if (found === undefined || hold.bytes > found.bytes) found = hold
    return found!
  }

  // No reference to an unused window remains.
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
