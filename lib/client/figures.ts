// A player's figures, gathered from where each is known: its counts, its output, and the media element itself.
import type { PlayerState, PlayerStats } from './contract.js'
import type { Counts } from './counts.js'
import type { MediaOutput } from './media-output.js'

/** Where the figures are known. */
export interface FigureSources {
  readonly state: PlayerState
  readonly counts: Counts
  /** Milliseconds by which the server's clock may be wrong. */
  readonly clockError: number
  /** The latency that is asked for, seconds. */
  readonly targetLatency: number
  readonly media: HTMLMediaElement | undefined
  /** What plays in it; undefined before there is anything, and where still pictures are shown. */
  readonly output: MediaOutput | undefined
  /** Seconds since the still picture that is shown was captured or received; undefined before there is one. */
  readonly pictureAge: number | undefined
  readonly showsPictures: boolean
}

/** The figures as they are now. */
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
