// The contents of a `moov` that its fragments depend on: the tracks, their times and defaults, and the type that a browser needs to play
// them.
import { childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { readElst, readHdlr, readMdhd, readMinf, readMvhd, readTkhd, readTrex } from './boxes.js'
import type { SampleDefaults, SampleEntry } from './boxes.js'
import { codecString } from '../codec-string.js'
import { MediaError } from '../media-error.js'
import { nalFormat } from './nal.js'
import type { NalFormat } from './nal.js'

/** One track of a movie (ISO/IEC 14496-12, 8.3). */
export interface Track {
  /** The track_ID. */
  readonly id: number
  /** The handler_type: `vide`, `soun`, or that of text and metadata. */
  readonly handler: string
  /** Units per second of the track's own times. */
  readonly timescale: number
  /** How much later than its composition times the track is presented, in seconds: its leading empty edits. */
  readonly delay: number
  /** The composition time that is presented first, in the media timescale: media_time of its edit list. */
  readonly mediaTime: number
  /** The properties of a sample if neither its run nor its track fragment gives them. */
  readonly defaults: SampleDefaults
  /** How its samples contain NAL units; undefined if they do not. */
  readonly nal: NalFormat | undefined
}

/** A movie (ISO/IEC 14496-12, 8.2) whose samples come in fragments. */
export interface Movie {
  /** By track_ID. */
  readonly tracks: ReadonlyMap<number, Track>
  readonly kind: 'av' | 'video' | 'audio'
  /** `video/mp4` or `audio/mp4` with the `codecs` of its audio and video tracks, in the movie's order. */
  readonly mime: string
  /** Width and height in pixels, if there is video. */
  readonly picture: { readonly width: number, readonly height: number } | undefined
}

/**
 * The error for media whose samples are not in fragments.
 * @param found - the evidence, as the beginning of a sentence
 */
export function notFragmented (found: string): MediaError {
  return new MediaError('UNSUPPORTED_MEDIA', `${found}, so the media is not fragmented: add -movflags cmaf+frag_keyframe (ffmpeg) or ` +
    'mp4mux fragment-duration=500 streamable=true (GStreamer)')
}

/**
 * Reads a MovieBox (ISO/IEC 14496-12, 8.2.1). Of tracks that are neither audio nor video (text, metadata) only the times are read: they are
 * left out of `mime`, as browsers ignore them in Media Source Extensions.
 * @throws MediaError `UNSUPPORTED_MEDIA` without `mvex`, without any audio or video track, or with a sample entry that no browser plays;
 * `INVALID_SEGMENT` if a mandatory box is missing or malformed
 */
export function readMovie (moov: Box): Movie {
  const [mvex] = childBoxes(moov, 'mvex')
  if (mvex === undefined) throw notFragmented('The moov box has no mvex box')
  const defaults = new Map(childBoxes(mvex, 'trex').map(trex => readTrex(trex)).map(trex => [trex.trackId, trex]))
  const movieTimescale = positive(readMvhd(requiredBox(moov, 'mvhd')))
  const tracks = new Map<number, Track>()
  const codecs: string[] = []
  const visual: SampleEntry[] = []
  let audio = false

  for (const trak of childBoxes(moov, 'trak')) {
    const { track, entry } = readTrack(trak, movieTimescale, defaults)
    tracks.set(track.id, track)
    if (entry === undefined) continue
    codecs.push(codecString(entry))
    if (track.handler === 'vide') visual.push(entry)
    else audio = true
  }

  if (codecs.length === 0) throw new MediaError('UNSUPPORTED_MEDIA', 'The moov box has no audio or video track: publish at least one')
  const [picture] = visual.map(({ width, height }) => ({ width, height }))
  const mime = `${picture ? 'video' : 'audio'}/mp4; codecs="${codecs.join(',')}"`
  return { tracks, kind: picture === undefined ? 'audio' : audio ? 'av' : 'video', mime, picture }
}

// The sample entry belongs to an audio or video track.
function readTrack (
  trak: Box, movieTimescale: number, allDefaults: ReadonlyMap<number, SampleDefaults>
): { track: Track, entry: SampleEntry | undefined } {
  const id = readTkhd(requiredBox(trak, 'tkhd'))
  const mdia = requiredBox(trak, 'mdia')
  const handler = readHdlr(requiredBox(mdia, 'hdlr'))
  const timescale = positive(readMdhd(requiredBox(mdia, 'mdhd')))
  const [edit] = childBoxes(trak, 'edts').flatMap(edts => childBoxes(edts, 'elst')).map(readElst)
  const { delay, mediaTime } = edit ?? { delay: 0, mediaTime: 0 }
  const defaults = allDefaults.get(id)
  if (defaults === undefined) throw new MediaError('INVALID_SEGMENT', `Track ${id} has no trex box: send the encoder's whole moov`)
  const entry = handler === 'vide' || handler === 'soun' ? readMinf(requiredBox(mdia, 'minf'), handler === 'vide') : undefined
  return {
    track: { id, handler, timescale, delay: delay / movieTimescale, mediaTime, defaults, nal: entry && nalFormat(entry) },
    entry
  }
}

function positive (timescale: number): number {
  if (timescale === 0) {
    throw new MediaError('INVALID_SEGMENT', 'The moov box has a timescale of 0: send the bytes as the encoder ' +
    'wrote them')
  }
  return timescale
}
