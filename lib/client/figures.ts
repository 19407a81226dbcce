// A player's statistics, gathered from its counts, its output, and the media element itself.
import type { PlayerState, PlayerStats } from './contract.js'
import type { Counts } from './counts.js'
import type { MediaOutput } from './media-output.js'

/** The sources of the statistics. */
export interface FigureSources {
  readonly state: PlayerState
  readonly counts: Counts
  /** The possible error of the server's clock, milliseconds. */
  readonly clockError: number
  /** The requested latency, seconds. */
  readonly targetLatency: number
  readonly media: HTMLMediaElement | undefined
  /** Plays in the element; undefined before there is anything to play, and for still pictures. */
  readonly output: MediaOutput | undefined
  /** Seconds since the current still picture was captured or received; undefined before there is one. */
  readonly pictureAge: number | undefined
  readonly showsPictures: boolean
}

/** The current statistics. */
export function figures (
  { state, counts, clockError, targetLatency, media, output, pictureAge, showsPictures }: FigureSources
): PlayerStats {
  const playhead = output?.playhead
  const latency = output?.latency
  const quality = media instanceof HTMLVideoElement ? media.getVideoPlaybackQuality() : undefined
  const { segments, bytes, gaps, skipped, restarts, seeks, stalls, pictures } = counts
  return {
    state,
    latency: latency?.seconds ?? pictureAge,
    latencyFrom: latency?.from,
    latencyError: clockError / 1000,
    target: playhead?.edge.target ?? targetLatency,
    buffered: playhead?.ahead ?? 0,
    rate: media?.playbackRate ?? 1,
    frames: showsPictures ? pictures : quality?.totalVideoFrames ?? 0,
    droppedFrames: quality?.droppedVideoFrames ?? 0,
    segments,
    bytes,
    bitRate: counts.bitRate(performance.now()),
    gaps,
    skipped,
    seeks: seeks + (playhead?.seeks ?? 0),
    stalls: stalls + (playhead?.stalls ?? 0),
    restarts
  }
}
