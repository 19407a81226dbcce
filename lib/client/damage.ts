// What a browser could not play is left out up to the next join point: from the one before, it would come to the same place again.
import { parsePlace } from '../wire.js'
import type { ReceivedSegment } from './feed.js'

/** What is done with a segment: it is shown; it is left out; or it is left out, and the broadcast joined again, as no join point comes. */
export type Verdict = 'shown' | 'left out' | 'rejoin'

// A broadcast may have a single key frame, from which all is decoded: then that is tried again. Milliseconds.
const LONGEST_WAIT = 10_000

/** Knows the join points of one connection's segments. */
export class Damage {
  // The newest join point that has come, and the one from which the browser could not go on.
  #newest = ''
  #damaged: string | undefined
  #waitsSince: number | undefined

  /** The browser could not play what came last. */
  failed (): void {
    // Sound that is watched alone has no join points: all of it is one.
    if (this.#newest !== '') this.#damaged = this.#newest
    this.#waitsSince = undefined
  }

  /** Judges a segment, in the order in which they come. */
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

// A server that was restarted counts from another beginning. Both are ids of segments that have come.
function isBehind (id: string, other: string): boolean {
  const [one, before] = [parsePlace(id)!, parsePlace(other)!]
  return one.epoch !== before.epoch || one.sequence > before.sequence
}
