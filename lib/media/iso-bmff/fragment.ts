// When a movie fragment begins, how long it lasts, and whether decoding can start there: all from its `moof`, before its samples come.
import { childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { readTfdt, readTfhd, readTrun } from './boxes.js'
import { MediaError } from '../media-error.js'
import type { Movie, Track } from './movie.js'

// sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1).
const NON_SYNC = 0x10000

/** A MovieFragmentBox (ISO/IEC 14496-12, 8.8.4), summed up over its tracks. */
export interface Fragment {
  /** Earliest presentation time over its tracks, in seconds. */
  readonly start: number
  /** Sum of the video samples' durations, else of the longest audio track's, in seconds. */
  readonly duration: number
  /** Whether decoding can start here. */
  readonly join: boolean
  /** How many bytes of samples belong to it. */
  readonly sampleBytes: number
}

interface TrackFragment {
  readonly track: Track
  readonly start: number
  readonly duration: number
  readonly sampleBytes: number
  /** Whether the first sample is a sync sample; undefined without samples. */
  readonly sync: boolean | undefined
}

/**
 * Reads a MovieFragmentBox (ISO/IEC 14496-12, 8.8.4).
 * @param movie - of the init segment before it
 * @throws MediaError `UNSUPPORTED_MEDIA` where Media Source Extensions would refuse it (base-data-offset, no `tfdt`), `INVALID_SEGMENT`
 * where it is malformed, empty, or of a track that the movie does not have
 */
export function readFragment (moof: Box, movie: Movie): Fragment {
  const parts = childBoxes(moof, 'traf').map(traf => readTrackFragment(traf, movie))
  if (parts.length === 0) throw new MediaError('INVALID_SEGMENT', 'The moof box has no traf box in it: send only fragments with samples')
  const firstVideo = parts.find(({ track, sync }) => track.handler === 'vide' && sync !== undefined)
  return {
    start: parts.reduce((start, part) => Math.min(start, part.start), Infinity),
    duration: longest(parts),
    join: movie.picture === undefined || firstVideo?.sync === true,
    sampleBytes: parts.reduce((sum, part) => sum + part.sampleBytes, 0)
  }
}

function readTrackFragment (traf: Box, movie: Movie): TrackFragment {
  const { trackId, baseDataOffset, ...written } = readTfhd(requiredBox(traf, 'tfhd'))
  if (baseDataOffset) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The tfhd box has a base-data-offset, which browsers refuse: add -movflags default_base_moof (ffmpeg; cmaf implies it)')
  }
  const track = movie.tracks.get(trackId)
  if (track === undefined) throw new MediaError('INVALID_SEGMENT', `The moof box is of track ${trackId}, which the moov box does not have: send the moov that belongs to it first`)
  const [tfdt] = childBoxes(traf, 'tfdt')
  if (tfdt === undefined) throw new MediaError('UNSUPPORTED_MEDIA', 'The traf box has no tfdt box, without which browsers cannot place it: use an encoder that writes tfdt (ffmpeg and GStreamer do)')

  let elapsed = 0
  let earliest = Infinity
  let sampleBytes = 0
  let sync: boolean | undefined
  for (const trun of childBoxes(traf, 'trun')) {
    const run = readTrun(trun, { ...track.defaults, ...written })
    if (run.samples > 0) sync ??= (run.firstFlags & NON_SYNC) === 0
    earliest = Math.min(earliest, elapsed + run.earliest)
    elapsed += run.duration
    sampleBytes += run.bytes
  }
  const composition = readTfdt(tfdt) + (sync === undefined ? 0 : earliest)
  return {
    track,
    start: (composition - track.mediaTime) / track.timescale + track.delay,
    duration: elapsed / track.timescale,
    sampleBytes,
    sync
  }
}

// Text cues can last far longer than what is heard and seen, so they count only where there is nothing else.
function longest (parts: TrackFragment[]): number {
  const handler = ['vide', 'soun'].find(type => parts.some(({ track }) => track.handler === type))
  const seconds = new Map<Track, number>()
  for (const { track, duration } of parts) {
    if (handler === undefined || track.handler === handler) seconds.set(track, (seconds.get(track) ?? 0) + duration)
  }
  return [...seconds.values()].reduce((most, duration) => Math.max(most, duration))
}
