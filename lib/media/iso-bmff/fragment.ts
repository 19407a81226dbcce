// When a movie fragment begins and ends, and whether decoding can start there: all from its `moof`, before its samples come.
import type { Box } from './box-reader.js'
import { isSync } from './boxes.js'
import { MediaError } from '../media-error.js'
import type { Movie, Track } from './movie.js'
import type { NalFormat } from './nal.js'
import { readTrackFragments } from './track-fragment.js'
import type { FirstSample, TrackFragment } from './track-fragment.js'

/** A summary of a MovieFragmentBox (ISO/IEC 14496-12, 8.8.4) over its tracks. */
export interface Fragment {
  readonly tracks: readonly TrackFragment[]
  /** Earliest presentation time over its tracks, in seconds. */
  readonly start: number
  /** When the presentation of each audio and video track that has samples ends, by track_ID, in seconds. */
  readonly ends: ReadonlyMap<number, number>
  /** When it starts, for the same tracks. */
  readonly starts: ReadonlyMap<number, number>
  /** Sum of the video samples' durations, else of the longest audio track's, in seconds. */
  readonly duration: number
  /** Whether decoding can start here, according to its sample flags. */
  readonly join: boolean
  /** The first video sample, if its flags are all 0, as from an encoder that sets none, but its own bytes can tell whether it is sync. */
  readonly unmarked: { readonly sample: FirstSample, readonly nal: NalFormat } | undefined
  /** Whether its first video sample is not sync, but a later one may be. */
  readonly syncLater: boolean
  /** Of the whole box, in bytes. */
  readonly moofSize: number
  /** The number of sample bytes that belong to it. */
  readonly sampleBytes: number
}

/**
 * Reads a MovieFragmentBox (ISO/IEC 14496-12, 8.8.4).
 * @param movie - of the init segment before it
 * @throws MediaError `UNSUPPORTED_MEDIA` if Media Source Extensions would refuse it (base-data-offset, no `tfdt`), `INVALID_SEGMENT` if it
 * is malformed, empty, or of a track that the movie does not have
 */
export function readFragment (moof: Box, movie: Movie): Fragment {
  const tracks = readTrackFragments(moof, movie)
  if (tracks.length === 0) throw new MediaError('INVALID_SEGMENT', 'The moof box has no traf box in it: send only fragments with samples')
  const video = firstVideo(tracks)
  const sync = video?.first !== undefined && isSync(video.first.flags)
  return {
    tracks,
    start: tracks.reduce((start, part) => Math.min(start, startOf(part)), Infinity),
    ...spansOf(tracks),
    duration: longest(tracks),
    join: movie.picture === undefined || sync,
    unmarked: video?.first?.flags === 0 && video.track.nal !== undefined ? { sample: video.first, nal: video.track.nal } : undefined,
    syncLater: !sync && tracks.some(part => part.track === video?.track && part.sync),
    moofSize: moof.end - moof.at,
    sampleBytes: tracks.reduce((sum, part) => sum + part.bytes, 0)
  }
}

/** The first track fragment with video samples: its track decides where decoding can start. */
export function firstVideo (tracks: readonly TrackFragment[]): TrackFragment | undefined {
  return tracks.find(({ track, first }) => track.handler === 'vide' && first !== undefined)
}

/**
 * Presentation time of a composition time, in seconds, by the track's edit list (ISO/IEC 14496-12, 8.6.6).
 * @param time - relative to the decode time of the track fragment, in the timescale of the track
 */
function presentation ({ track, decodeTime }: TrackFragment, time: number): number {
  return (Number(decodeTime) + time - track.mediaTime) / track.timescale + track.delay
}

function startOf (part: TrackFragment): number {
  return presentation(part, part.samples === 0 ? 0 : part.earliest)
}

function spansOf (tracks: readonly TrackFragment[]): Pick<Fragment, 'starts' | 'ends'> {
  const starts = new Map<number, number>()
  const ends = new Map<number, number>()
  for (const part of tracks) {
    const { track, samples, latest } = part
    if (samples === 0 || (track.handler !== 'vide' && track.handler !== 'soun')) continue
    starts.set(track.id, Math.min(starts.get(track.id) ?? Infinity, startOf(part)))
    ends.set(track.id, Math.max(ends.get(track.id) ?? -Infinity, presentation(part, latest)))
  }
  return { starts, ends }
}

// Text cues can last far longer than audio and video, so they count only if there is nothing else.
function longest (tracks: readonly TrackFragment[]): number {
  const handler = ['vide', 'soun'].find(type => tracks.some(({ track }) => track.handler === type))
  const seconds = new Map<Track, number>()
  let most = 0
  for (const { track, duration } of tracks) {
    if (handler !== undefined && track.handler !== handler) continue
    const sum = (seconds.get(track) ?? 0) + duration / track.timescale
    seconds.set(track, sum)
    most = Math.max(most, sum)
  }
  return most
}
