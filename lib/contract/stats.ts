// The statistics. Types only.
import type { BroadcastState, CloseReason } from './broadcast.js'
import type { GapReason } from '../wire.js'

/** Counts of a registration's broadcasts together, and of each one. */
export interface ViewingStats {
  /** Segments published. */
  readonly segments: number
  /** Bytes published. */
  readonly bytes: number
  /** Bytes that the operating system accepted for viewers. */
  readonly sent: number
  /** How often a viewer skipped ahead: the calls of `onViewerSkip`. */
  readonly skips: number
  /** Segments that viewers missed because of those skips. */
  readonly skipped: number
  /** Gaps sent to viewers, by reason: their skips, and reported pauses of a publisher. */
  readonly gaps: Readonly<Record<GapReason, number>>
  /** Viewers that have stalled. */
  readonly stalls: number
  /** Current lag of the viewer that is furthest behind, seconds; 0 if all are at the live edge. */
  readonly lag: number
  /**
   * From a segment's receipt until it is handed to viewers' connections: the first one, and the last one whose connection was free.
   */
  readonly delay: { readonly first: DelayStats, readonly last: DelayStats }
  readonly closed: Readonly<Record<CloseReason, number>>
}

/** How long something took, over many occurrences. Seconds. */
export interface DelayStats {
  /** How often. */
  readonly count: number
  /** The sum. */
  readonly sum: number
  /** The median of the newest values: 1024 of a registration, 128 of a broadcast. Like `p99` and `largest`, undefined before the first
   * value. */
  readonly p50: number | undefined
  /** The 99th percentile of those. */
  readonly p99: number | undefined
  /** The longest of those. */
  readonly largest: number | undefined
}

/** How long something has taken, since the registration. Seconds. */
export interface DelayHistogram extends DelayStats {
  /** Cumulative counts of values up to `le`, as in Prometheus. */
  readonly buckets: ReadonlyArray<{ readonly le: number, readonly count: number }>
}

/**
 * Counts since the registration, and the current state. Each read visits every viewer once, so read it every second, not for every request.
 */
export interface MediaSseStats extends ViewingStats {
  /** Absolute path of its routes. */
  readonly path: string
  readonly broadcasts: number
  /** Viewers' connections. */
  readonly viewers: number
  /** Bodies that are being published. */
  readonly publishers: number
  readonly delay: { readonly first: DelayHistogram, readonly last: DelayHistogram }
  /** Closed viewers' connections, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>
  /** One entry for each broadcast that runs, or has ended and is still kept. */
  readonly byBroadcast: readonly BroadcastStats[]
}

/** Counts of one broadcast since it began, and its current state. */
export interface BroadcastStats extends ViewingStats {
  readonly name: string
  readonly state: BroadcastState
  readonly viewers: number
  /** Bodies that are being published. */
  readonly publishers: number
  /** Media bits per second of the kept segments. */
  readonly bitRate: number
  /** The kept segments: their span in seconds, and their bytes, all encodings included. */
  readonly window: { readonly segments: number, readonly seconds: number, readonly bytes: number }
  /** Id of the newest segment. */
  readonly latest: string
  /** Viewers that have left, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>
}
