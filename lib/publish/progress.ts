// What one request of a body has brought so far.
import type { Outcome } from './intake.js'

/** New for each request. */
export class Progress {
  /** Segments found. */
  drafts = 0
  /** Whether some of them were accepted before. */
  repeats = false
  #segments = 0
  #lastId: string | undefined

  /** A segment has got its id. */
  accepted (id: string): void {
    this.#lastId = id
    this.#segments++
  }

  /** @param viewers - the number of viewers */
  outcome (broadcast: string, viewers: number): Outcome {
    const published = { broadcast, id: this.#lastId, segments: this.#segments, viewers }
    return { kind: 'published', repeated: this.repeats && this.#segments === 0, published }
  }
}
