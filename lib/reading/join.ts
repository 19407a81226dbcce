// Where a viewer's cursor begins: at its last place if that is still kept, else at a join point, with a gap.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WindowSegment } from '../broadcast/window-segment.js'
import { formatPlace, parsePlace } from '../wire.js'
import type { GapMessage, GapReason } from '../wire.js'

/** Where a viewer asked to begin. */
export interface Start {
  /** The id of the last event it has, as the viewer reports it. */
  readonly lastEventId: string | undefined
  /** Seconds behind the live edge; `Infinity` is the oldest that is kept. */
  readonly secondsBehind: number
  /** The tracks asked for; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
}

/** A cursor, and what is missing before it. */
export interface Placement {
  readonly cursor: number
  readonly gap: GapMessage | undefined
}

/**
 * Finds the first segment for a viewer; undefined while there is none to begin with.
 * @param joinAt - the join point among segments received at or before a time (milliseconds, as `receivedAt`)
 */
export function place (
  live: LiveBroadcast, start: Start, joinAt = (time: number): number | undefined => newestJoin(live, start.tracks, time)
): Placement | undefined {
  if (start.lastEventId === undefined) {
    const cursor = joinAt(start.secondsBehind > 0 ? performance.now() - start.secondsBehind * 1000 : Infinity)
    return cursor === undefined ? undefined : { cursor, gap: undefined }
  }
  const last = parsePlace(start.lastEventId)
  const known = last !== undefined && last.epoch === live.epoch && last.sequence < live.window.next
  const next = last === undefined ? 1 : last.sequence + 1
  if (known && next >= live.window.first) return { cursor: next, gap: undefined }
  // A viewer that has lost its place joins at the live edge, wherever it first began. If an ended broadcast keeps no join point, it goes
  // to the end: it gets no segment, and all that is missing is told.
  const cursor = joinAt(Infinity) ?? (live.state === 'ended' ? live.window.next : undefined)
  if (cursor === undefined) return undefined
  return {
    cursor,
    gap: known
      ? gapBetween(live, { reason: 'expired', from: next, to: cursor, tracks: start.tracks })
      : {
          ...gapBetween(live, { reason: 'restart', from: next, to: cursor }),
          from: formatPlace(last?.epoch ?? live.epoch, next),
          segments: null
        }
  }
}

/** The missing segments between two others. */
export interface Missing {
  readonly reason: GapReason
  /** Sequence of the first missing segment. */
  readonly from: number
  /** Sequence of the first segment that is not missing. */
  readonly to: number
  /** The timeline's position at `from`, seconds; undefined if no longer known. */
  readonly position?: number | undefined
  /** The tracks whose segments count; undefined for all. */
  readonly tracks?: ReadonlySet<string> | undefined
}

/** The gap that a viewer is told. */
export function gapBetween (live: LiveBroadcast, { reason, from, to, position, tracks }: Missing): GapMessage {
  const landing = live.window.get(to)
  return {
    broadcast: live.name,
    from: formatPlace(live.epoch, from),
    to: formatPlace(live.epoch, to - 1),
    segments: tracks === undefined ? to - from : counted(live, from, to, tracks),
    seconds: position === undefined || landing === undefined ? null : Math.max(0, Math.round((landing.start - position) * 1000) / 1000),
    reason
  }
}

/** Merges two adjacent gaps. The reason of the first is kept. */
export function joinedGap (first: GapMessage, second: GapMessage): GapMessage {
  return {
    ...first,
    to: second.to,
    segments: first.segments === null || second.segments === null ? null : first.segments + second.segments,
    seconds: first.seconds === null || second.seconds === null ? null : Math.round((first.seconds + second.seconds) * 1000) / 1000
  }
}

/** Where a viewer of these tracks joins now; undefined while it cannot. */
export function newestJoin (live: LiveBroadcast, tracks: ReadonlySet<string> | undefined, time?: number): number | undefined {
  if (tracks === undefined) return live.window.join(time)
  const wants = ({ track }: WindowSegment): boolean => tracks.has(track)
  // Without video, any decodable segment will do.
  const isJoin = live.hasVideo(tracks)
    ? (segment: WindowSegment) => wants(segment) && segment.join
    : (segment: WindowSegment) => wants(segment) && segment.decodable
  return live.window.join(time, { wants, isJoin })
}

function counted (live: LiveBroadcast, from: number, to: number, tracks: ReadonlySet<string>): number | null {
  // The track of a dropped segment is unknown.
  if (from < live.window.first) return null
  let count = 0
  for (let sequence = from; sequence < to; sequence++) if (tracks.has(live.window.get(sequence)!.track)) count++
  return count
}
