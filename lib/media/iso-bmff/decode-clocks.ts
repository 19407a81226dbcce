// Decode times of 32 bits (version 0 of `tfdt`, ISO/IEC 14496-12, 8.8.12) wrap to 0 after 2^32 units: at 90,000 a second after 13 hours, at
// 48,000 after 25. Each track wraps by itself, so while one has wrapped and another has not, a fragment's tracks lie hours apart. This
// finds out how often each has wrapped.
import type { TrackFragment } from './track-fragment.js'

// Units.
const WRAP = 2 ** 32
// The largest distance between consecutive times, or between tracks, in seconds. More is a jump of the publisher's clock.
const NEAR = 10
// Of the track that wraps least often: at 48,000 a second, 66 days.
const MOST_WRAPS = 64

/** The decode times of one body's tracks. */
export class DecodeClocks {
  // The position of each track's decoding, in seconds, by track_ID.
  readonly #ends = new Map<number, number>()

  /**
   * How often the decode times of a fragment's track fragments have wrapped: such that they continue where their tracks were, else such
   * that the tracks lie together. A time that is near neither is left as it is.
   * @param tracks - of the next fragment
   * @returns the number for each track fragment, in order; undefined if none has wrapped
   */
  wrapsOf (tracks: readonly TrackFragment[]): readonly number[] | undefined {
    const wraps = tracks.some(({ narrow }) => narrow) ? this.#find(tracks) : []
    for (const [index, part] of tracks.entries()) this.#ends.set(part.track.id, secondsOf(part, wraps[index], part.duration))
    return wraps.some(count => count > 0) ? wraps : undefined
  }

  #find (tracks: readonly TrackFragment[]): number[] {
    const known = tracks.map(part => part.narrow ? wrapsNear(part, this.#ends.get(part.track.id)) : 0)
    if (!known.includes(undefined)) return known as number[]
    for (const seconds of this.#candidates(tracks, known)) {
      const aligned = tracks.map((part, index) => known[index] ?? wrapsNear(part, seconds))
      if (!aligned.includes(undefined)) return aligned as number[]
    }
    return known.map(count => count ?? 0)
  }

  // Possible positions of the tracks, in seconds: those of the known tracks, else those of the track that wraps least often, after each
  // number of wraps.
  #candidates (tracks: readonly TrackFragment[], known: ReadonlyArray<number | undefined>): number[] {
    const ids = new Set(tracks.map(({ track }) => track.id))
    const others = [...this.#ends].filter(([id]) => !ids.has(id)).map(([, seconds]) => seconds)
    const anchors = [...others, ...tracks.flatMap((part, index) => known[index] === undefined ? [] : [secondsOf(part, known[index])])]
    if (anchors.length > 0) return [Math.max(...anchors)]
    const slowest = tracks.reduce((one, other) => other.track.timescale < one.track.timescale ? other : one)
    return Array.from({ length: MOST_WRAPS }, (_, count) => secondsOf(slowest, count))
  }
}

function secondsOf ({ track, decodeTime }: TrackFragment, wraps = 0, units = 0): number {
  return (Number(decodeTime) + wraps * WRAP + units) / track.timescale
}

// The number of wraps that brings it near those seconds.
function wrapsNear (part: TrackFragment, seconds = NaN): number | undefined {
  const count = Math.round((seconds - secondsOf(part)) * part.track.timescale / WRAP)
  return count >= 0 && Math.abs(secondsOf(part, count) - seconds) <= NEAR ? count : undefined
}
