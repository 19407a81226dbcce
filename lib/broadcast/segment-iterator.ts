// Iterates over a broadcast's segments from code: a cursor like a viewer's, that waits in `next()` and ends at once
// when `return()` is called, also while it waits (an async generator would stay parked).
import type { Segment } from '../contract.js'
import type { LiveBroadcast } from './live-broadcast.js'
import type { Follower } from './roles.js'

/** A cursor over one life of a broadcast. Falls forward to the newest join point when it leaves the live window. */
export class SegmentIterator implements AsyncIterableIterator<Segment>, Follower {
  readonly #live: LiveBroadcast
  #cursor: number
  #waiting: Array<(result: IteratorResult<Segment>) => void> = []
  #done = false
  // Nothing will be published any more.
  #last = false
  readonly #left: () => void

  /** @param left called once, when nothing more will be asked for */
  constructor (live: LiveBroadcast, left: () => void) {
    this.#live = live
    this.#cursor = live.window.next
    this.#left = left
    live.followers.add(this)
  }

  [Symbol.asyncIterator] (): this { return this }

  next (): Promise<IteratorResult<Segment>> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.wake()
    })
  }

  return (): Promise<IteratorResult<Segment>> {
    this.#finish()
    return Promise.resolve({ done: true, value: undefined })
  }

  wake (): void {
    while (this.#waiting.length > 0 && !this.#done) {
      const segment = this.#take()
      if (segment !== undefined) this.#waiting.shift()?.({ done: false, value: segment })
      else if (this.#live.state !== 'ended' && !this.#last) return
      else this.#done = true
    }
    if (this.#done) this.#finish()
  }

  finish (): void {
    this.#last = true
    this.wake()
  }

  #take (): Segment | undefined {
    const { window } = this.#live
    if (this.#cursor < window.first) this.#cursor = window.join() ?? window.first
    const segment = window.get(this.#cursor)
    if (segment !== undefined) this.#cursor++
    return segment
  }

  #finish (): void {
    this.#done = true
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined })
    if (this.#live.followers.delete(this)) this.#left()
  }
}
