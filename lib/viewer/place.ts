// Where a viewer's cursor begins: where it left off if that is still kept, else at a join point, and it is told the gap.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { formatPlace, parsePlace } from '../wire.js'
import type { GapMessage, GapReason } from '../wire.js'

/** What a viewer asked to begin with. */
export interface Start {
  /** The id of the last event it has, as it says. */
  readonly lastEventId: string | undefined
  /** Seconds behind the live edge; `Infinity` is the oldest that is kept. */
  readonly secondsBehind: number
}

/** A cursor, and what is missing before it. */
export interface Placement {
  readonly cursor: number
  readonly gap: GapMessage | undefined
}

/** Finds the first segment for a viewer; undefined while there is none to begin with. */
export function place (live: LiveBroadcast, start: Start): Placement | undefined {
  if (start.lastEventId === undefined) {
    const cursor = join(live, start)
    return cursor === undefined ? undefined : { cursor, gap: undefined }
  }
  const last = parsePlace(start.lastEventId)
  const known = last !== undefined && last.epoch === live.epoch && last.sequence < live.window.next
  const next = last === undefined ? 1 : last.sequence + 1
  if (known && next >= live.window.first) return { cursor: next, gap: undefined }
  const cursor = join(live, start)
  if (cursor === undefined) return undefined
  return {
    cursor,
    gap: known
      ? gapBetween(live, 'expired', next, cursor, undefined)
      : { ...gapBetween(live, 'restart', next, cursor, undefined), from: formatPlace(last?.epoch ?? live.epoch, next), segments: null }
  }
}

/**
 * The gap from the segment `from` up to, but not with, the segment `to`.
 * @param position where the timeline stood at `from`, seconds; undefined where that is not known any more
 */
export function gapBetween (live: LiveBroadcast, reason: GapReason, from: number, to: number, position: number | undefined): GapMessage {
  const landing = live.window.get(to)
  return {
    broadcast: live.name,
    from: formatPlace(live.epoch, from),
    to: formatPlace(live.epoch, to - 1),
    segments: to - from,
    seconds: position === undefined || landing === undefined ? null : Math.max(0, Math.round((landing.position - position) * 1000) / 1000),
    reason
  }
}

function join (live: LiveBroadcast, { lastEventId, secondsBehind }: Start): number | undefined {
  // Whoever has lost its place goes to the live edge, wherever it had once begun.
  return live.window.join(lastEventId === undefined && secondsBehind > 0 ? performance.now() - secondsBehind * 1000 : Infinity)
}
