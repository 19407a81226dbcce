// Iterates over a broadcast's segments from code, with a cursor like a viewer's: it waits in `next()` and ends at once when `return()` is
// called, even while it waits (an async generator would stay parked).
import type { Segment } from '../contract.js'
import { segmentOf } from '../broadcast/kept-segment.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Follower } from '../broadcast/roles.js'
import { Cursor } from './cursor.js'
import { SegmentReading } from './segment-reading.js'

const ALL = { lastEventId: undefined, secondsBehind: 0, tracks: undefined }

/** Code that iterates over a broadcast, from the next segment on. Continues at the newest join point if it falls out of the live window. */
export class SegmentIterator implements AsyncIterableIterator<Segment>, Follower {
  readonly #live: LiveBroadcast
  readonly #cursor: Cursor
  #waiting: Array<(result: IteratorResult<Segment>) => void> = []
  #done = false
  // Nothing more will be published.
  #last = false
  readonly #left: () => void

  /** @param left called once, when no more segments will be requested */
  constructor (live: LiveBroadcast, left: () => void) {
    this.#live = live
    this.#cursor = new Cursor(live, new SegmentReading(live, ALL), { at: live.window.next })
    this.#left = left
    live.addFollower(this)
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
      else if (this.#done || this.#last) this.#done = true
      else return
    }
    if (this.#done) this.#finish()
  }

  finish (): void {
    this.#last = true
    this.wake()
  }

  #take (): Segment | undefined {
    for (let step = this.#cursor.next(); step !== undefined; step = this.#cursor.next()) {
      if (step.kind === 'end') {
        this.#done = true
        return undefined
      }
      this.#cursor.pass(step)
      if (step.kind === 'segment') return segmentOf(step, step.init.media)
    }
    return undefined
  }

  #finish (): void {
    this.#done = true
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined })
    if (this.#live.removeFollower(this)) this.#left()
  }
}
