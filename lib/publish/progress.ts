// What one request of a body has brought by now.
import type { Outcome } from './intake.js'

/** Begins with each request. */
export class Progress {
  /** Segments that were found. */
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

  /** @param viewers - how many watch */
  outcome (broadcast: string, viewers: number): Outcome {
    const published = { broadcast, id: this.#lastId, segments: this.#segments, viewers }
    return { kind: 'published', repeated: this.repeats && this.#segments === 0, published }
  }
}
