// Segments that a browser could not play are skipped up to the next join point: from the previous one, it would fail at the same place
// again.
import { parsePlace } from '../wire.js'
import type { ReceivedSegment } from './feed.js'

/** What to do with a segment: show it; skip it; or skip it and rejoin the broadcast, as no join point comes. */
export type Verdict = 'shown' | 'left out' | 'rejoin'

// A broadcast may have a single key frame, which everything depends on: then that one is tried again. Milliseconds.
const LONGEST_WAIT = 10_000

/** Tracks the join points of one connection's segments. */
export class Damage {
  // The newest join point received, and the one after which the browser failed.
  #newest = ''
  #damaged: string | undefined
  #waitsSince: number | undefined

  /** The browser could not play the latest segments. */
  failed (): void {
    // Audio watched without its video has no join points, and needs none.
    if (this.#newest !== '') this.#damaged = this.#newest
    this.#waitsSince = undefined
  }

  /** Judges a segment, in order of arrival. */
  judge ({ message: { join }, id, at }: Pick<ReceivedSegment, 'message' | 'id' | 'at'>): Verdict {
    if (join) {
      this.#newest = id
      if (this.#damaged !== undefined && isBehind(id, this.#damaged)) this.#damaged = undefined
    }
    if (this.#damaged === undefined) return 'shown'
    this.#waitsSince ??= at
    if (at - this.#waitsSince < LONGEST_WAIT) return 'left out'
    this.#damaged = undefined
    return 'rejoin'
  }
}

// A restarted server counts from another start. Both are ids of received segments.
function isBehind (id: string, other: string): boolean {
  const [one, before] = [parsePlace(id)!, parsePlace(other)!]
  return one.epoch !== before.epoch || one.sequence > before.sequence
}
