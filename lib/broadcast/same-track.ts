// Whether segments are of the same track of their container: one track here may still carry several of its container's tracks.

/** The part of a segment that tells. */
export interface Tracked {
  readonly track: string
  /** By the container's own track number; absent if its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
}

/** Whether two segments have a track of their container in common, as far as known. Each track may come in a moof of its own. */
export function shareTrack (one: Tracked, other: Tracked): boolean {
  if (one.track !== other.track) return false
  if (one.ends === undefined || other.ends === undefined) return true
  for (const number of one.ends.keys()) if (other.ends.has(number)) return true
  return false
}
