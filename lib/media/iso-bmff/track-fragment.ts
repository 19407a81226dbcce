// The samples of one track in a fragment: their times, the position of their data, and whether the first is a sync sample.
import { FieldReader, childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { isWide, readTfdt, readTfhd, readTrun } from './boxes.js'
import type { Sample } from './boxes.js'
import { MediaError } from '../media-error.js'
import type { Movie, Track } from './movie.js'

/** The samples of a track run (ISO/IEC 14496-12, 8.8.8), one by one. */
export interface SampleRun {
  /** Of the `trun` box. */
  readonly version: number
  /** Position of the first sample's data, in bytes from the beginning of the `moof`. The others' data follows it. */
  readonly position: number
  readonly samples: readonly Sample[]
}

/** The first sample of a track fragment. */
export interface FirstSample {
  /** Sample flags, ISO/IEC 14496-12, 8.8.3.1. */
  readonly flags: number
  /** In bytes. */
  readonly size: number
  /** Position of its data, in bytes from the beginning of the `moof`. */
  readonly position: number
}

/** A TrackFragmentBox (ISO/IEC 14496-12, 8.8.6). Times are in the timescale of its track. */
export interface TrackFragment {
  readonly track: Track
  readonly tfhd: Box
  /** When its first sample is decoded: baseMediaDecodeTime. */
  readonly decodeTime: bigint
  /** Whether that has 32 bits, so that it may have wrapped. */
  readonly narrow: boolean
  readonly samples: number
  /** Sum of the samples' durations. */
  readonly duration: number
  /** Sum of the samples' sizes in bytes. */
  readonly bytes: number
  /** Smallest composition time, relative to `decodeTime`; Infinity without samples. */
  readonly earliest: number
  /** Largest composition time plus duration, likewise; -Infinity without samples. */
  readonly latest: number
  /** Undefined without samples. */
  readonly first: FirstSample | undefined
  /** Whether any sample is a sync sample. */
  readonly sync: boolean
  /** End of its data, in bytes from the beginning of the `moof`. */
  readonly dataEnd: number
  /** Empty unless asked for. */
  readonly runs: readonly SampleRun[]
}

/**
 * Reads the TrackFragmentBoxes of a `moof`, in order.
 * @param listed - whether to list the samples one by one, which costs memory for each
 * @throws MediaError `UNSUPPORTED_MEDIA` if Media Source Extensions would refuse one (base-data-offset, no `tfdt`), `INVALID_SEGMENT` if
 * one is malformed, or of a track that the movie does not have
 */
export function readTrackFragments (moof: Box, movie: Movie, listed = false): TrackFragment[] {
  const fragments: TrackFragment[] = []
  let dataEnd = 0
  for (const traf of childBoxes(moof, 'traf')) {
    const fragment = readTrackFragment(traf, movie, dataEnd, listed)
    dataEnd = fragment.dataEnd
    fragments.push(fragment)
  }
  return fragments
}

function readTrackFragment (traf: Box, movie: Movie, previousEnd: number, listed: boolean): TrackFragment {
  const { tfhd, tfdt, truns } = openTrackFragment(traf)
  const header = readTfhd(tfhd)
  if (header.baseDataOffset) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The tfhd box has a base-data-offset, which browsers refuse: add -movflags ' +
      'default_base_moof (ffmpeg; cmaf implies it)')
  }
  const track = movie.tracks.get(header.trackId)
  if (track === undefined) {
    throw new MediaError('INVALID_SEGMENT', `The moof box is of track ${header.trackId}, which the moov box does ` +
    'not have: send the moov that belongs to it first')
  }
  if (tfdt === undefined) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The traf box has no tfdt box, without which browsers cannot place ' +
    'it: use an encoder that writes tfdt (ffmpeg and GStreamer do)')
  }
  const defaults = {
    duration: header.duration ?? track.defaults.duration,
    size: header.size ?? track.defaults.size,
    flags: header.flags ?? track.defaults.flags
  }

  let samples = 0
  let duration = 0
  let bytes = 0
  let earliest = Infinity
  let latest = -Infinity
  let first: FirstSample | undefined
  let sync = false
  // Without a base of its own, a track fragment's data follows that of the one before it (8.8.7); the first one's counts from the moof.
  const base = header.baseIsMoof ? 0 : previousEnd
  let dataEnd = base
  const runs: SampleRun[] = []
  for (const box of truns) {
    const list: Sample[] | undefined = listed ? [] : undefined
    const run = readTrun(box, defaults, list)
    const position = run.dataOffset === undefined ? dataEnd : base + run.dataOffset
    dataEnd = position + run.bytes
    if (list !== undefined) runs.push({ version: run.version, position, samples: list })
    if (run.samples === 0) continue
    first ??= { flags: run.firstFlags, size: run.firstSize, position }
    earliest = Math.min(earliest, duration + run.earliest)
    latest = Math.max(latest, duration + run.latest)
    samples += run.samples
    duration += run.duration
    bytes += run.bytes
    sync ||= run.sync
  }
  return {
    track, tfhd, decodeTime: readTfdt(tfdt), narrow: !isWide(tfdt), samples, duration, bytes, earliest, latest, first, sync, dataEnd, runs
  }
}

// In one pass, as every fragment of every publisher comes through here.
function openTrackFragment (traf: Box): { tfhd: Box, tfdt: Box | undefined, truns: Box[] } {
  const reader = new FieldReader(traf)
  const truns: Box[] = []
  let tfhd: Box | undefined
  let tfdt: Box | undefined
  while (reader.left > 0) {
    const box = reader.box()
    if (box.type === 'trun') truns.push(box)
    else if (box.type === 'tfhd') tfhd ??= box
    else if (box.type === 'tfdt') tfdt ??= box
  }
  return { tfhd: tfhd ?? requiredBox(traf, 'tfhd'), tfdt, truns }
}

/**
 * Checks the position of the data of consecutive samples.
 * @param length - of the fragment, from its `moof` to the end of its last `mdat`, in bytes
 * @param moofSize - in bytes
 * @param position - from the beginning of the `moof`, in bytes
 * @param size - in bytes
 * @throws MediaError `INVALID_SEGMENT` if it is not all after the `moof`
 */
export function checkSampleData (length: number, moofSize: number, position: number, size: number): void {
  if (position < moofSize || position + size > length) {
    throw new MediaError('INVALID_SEGMENT', 'The moof box tells of samples that are not in its mdat: send each fragment as the encoder ' +
      'wrote it')
  }
}
