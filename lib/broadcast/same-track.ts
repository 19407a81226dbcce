// Whether segments are of the same track of their container: of one track here, they may still be of different ones there.

/** What tells it of a segment. */
export interface Tracked {
  readonly track: string
  /** By the container's own number of the track; absent where its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
}

/** Whether two segments have a track of their container in common, as far as they tell. Each may come in a moof of its own. */
export function shareTrack (one: Tracked, other: Tracked): boolean {
  if (one.track !== other.track) return false
  if (one.ends === undefined || other.ends === undefined) return true
  for (const number of one.ends.keys()) if (other.ends.has(number)) return true
  return false
}
