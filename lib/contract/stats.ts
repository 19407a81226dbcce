// What is counted. Types alone.
import type { BroadcastState, CloseReason } from './broadcast.js'
import type { GapReason } from '../wire.js'

/** What is counted of all broadcasts of a registration together, and of each. */
export interface ViewingStats {
  /** Segments published. */
  readonly segments: number
  /** Bytes published. */
  readonly bytes: number
  /** Bytes that the operating system took for viewers. */
  readonly sent: number
  /** How often a viewer was moved on: the calls of `onViewerSkip`. */
  readonly skips: number
  /** Segments that viewers miss by those skips. */
  readonly skipped: number
  /** Gaps of viewers, by reason: their skips, and each pause of a publisher that they were told. */
  readonly gaps: Readonly<Record<GapReason, number>>
  /** Viewers that have stalled. */
  readonly stalls: number
  /** How far the viewer furthest behind is behind now, seconds; 0 where all are at the live edge. */
  readonly lag: number
  /**
   * From a segment's receipt until viewers' connections were handed it: the first viewer's, and the last one's whose connection was free.
   */
  readonly delay: { readonly first: DelayStats, readonly last: DelayStats }
  readonly closed: Readonly<Record<CloseReason, number>>
}

/** How long something has taken, time after time. Seconds. */
export interface DelayStats {
  /** How often. */
  readonly count: number
  /** All together. */
  readonly sum: number
  /** The median of the newest: of a registration 1024, of a broadcast 128. Like `p99` and `largest`, undefined before there is one. */
  readonly p50: number | undefined
  /** 99 of 100 of those were not longer. */
  readonly p99: number | undefined
  /** The longest of those. */
  readonly largest: number | undefined
}

/** How long something has taken, since the registration. Seconds. */
export interface DelayHistogram extends DelayStats {
  /** How often at most `le`, as Prometheus counts: each bucket holds those before it. */
  readonly buckets: ReadonlyArray<{ readonly le: number, readonly count: number }>
}

/**
 * Counts since the registration, and as they stand. Reading them looks at every viewer once, so do it every second, not for every request.
 */
export interface MediaSseStats extends ViewingStats {
  /** Absolute path of its routes. */
  readonly path: string
  readonly broadcasts: number
  /** Connections of viewers. */
  readonly viewers: number
  /** Bodies that are being published. */
  readonly publishers: number
  readonly delay: { readonly first: DelayHistogram, readonly last: DelayHistogram }
  /** Connections of viewers that are gone, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>
  /** Of each broadcast that runs, or has ended and is still kept. */
  readonly byBroadcast: readonly BroadcastStats[]
}

/** Counts of one broadcast since it began, and as they stand. */
export interface BroadcastStats extends ViewingStats {
  readonly name: string
  readonly state: BroadcastState
  readonly viewers: number
  /** Bodies that are being published. */
  readonly publishers: number
  /** Media bits per second of what is kept. */
  readonly bitRate: number
  /** What is kept: how far it reaches back in seconds, and its bytes, all encodings counted. */
  readonly window: { readonly segments: number, readonly seconds: number, readonly bytes: number }
  /** Id of the newest segment. */
  readonly latest: string
  /** Viewers that are gone, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>
}
