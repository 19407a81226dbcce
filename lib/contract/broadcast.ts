// What users' code is given of broadcasts and of those that watch and publish them. Types alone.
import type { FastifyRequest } from 'fastify'
import type { GapMessage } from '../wire.js'

/** One segment of a broadcast, as it is kept in the live window. */
export interface Segment {
  /** `<epoch>-<sequence>`, the event id viewers know it by. */
  readonly id: string
  readonly track: string
  /** Full media type, for `MediaSource.isTypeSupported` or a `Content-Type`. */
  readonly mime: string
  /** The segment's bytes as published; shared, so not to be written into. */
  readonly bytes: Uint8Array
  /**
   * The init segment that it needs: before it and those after it in a file, they play. The same array as long as it is valid; absent for
   * self-contained media such as JPEG.
   */
  readonly initSegment?: Uint8Array
  /** Earliest presentation time, seconds. */
  readonly start: number
  /** Seconds; 0 for a still picture. */
  readonly duration: number
  /** Whether decoding can start here. */
  readonly join: boolean
  /** When its last byte arrived, Unix milliseconds. */
  readonly received: number
}

/** How a broadcast stands: before its first publisher, running, or over. */
export type BroadcastState = 'waiting' | 'live' | 'ended'

/** What a publication came to. */
export interface Published {
  readonly broadcast: string
  /** Id of the last segment published, undefined where there was none. */
  readonly id: string | undefined
  readonly segments: number
  /** Viewers at this moment. */
  readonly viewers: number
}

/** How to read published bytes. */
export interface PublishOptions {
  /** Names the media type of bytes that do not show it themselves, such as `image/jpeg`. */
  readonly contentType?: string
  /** Defaults to `main`. */
  readonly track?: string
}

/**
 * A named live programme. The object stands for the name: it stays valid through ends and restarts. Iterating it
 * gives the segments published from then on, until the broadcast ends; an iterator slower than the live window
 * skips to the newest join point.
 */
export interface Broadcast extends AsyncIterable<Segment> {
  readonly name: string
  readonly state: BroadcastState
  readonly viewers: ReadonlySet<Viewer>
  /**
   * Publishes one body: fragmented MP4 with its init segment, its fragments, or one opaque object. Without the option `store` all is done
   * before it returns, and the promise only tells of it.
   * @throws (rejects) the errors of the publish route.
   */
  publish (bytes: Uint8Array, options?: PublishOptions): Promise<Published>
  /**
   * Ends it: viewers get what they are owed, then `state` ended; publishers are cut off.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  end (): Promise<void>
}

/** Why a viewer left. */
export type CloseReason = 'client' | 'ended' | 'lagged' | 'stalled' | 'closing' | 'kicked' | 'expired' | 'error'

/** What a viewer had been given when it left. */
export interface ViewerClose {
  readonly reason: CloseReason
  /** Segments handed to its connection. */
  readonly segments: number
  /** Bytes that the operating system took for it. */
  readonly bytes: number
  /** Segments that it was told it misses. */
  readonly skipped: number
  /** How long it watched. */
  readonly seconds: number
}

/**
 * Somebody who watches a broadcast. A connection that carries several broadcasts is a viewer of each; they leave together, but for one
 * whose broadcast ends before.
 */
export interface Viewer {
  readonly id: string
  readonly broadcast: Broadcast
  /** Seconds since the segment under its cursor was received; 0 at the live edge. */
  readonly lag: number
  readonly segments: number
  /** Bytes of its events that its connection has taken. */
  readonly bytes: number
  readonly skipped: number
  /**
   * Ends this viewer's connection with the reason `kicked`, and with it the other viewers that share the connection. Its EventSource comes
   * back unless it may not watch.
   */
  kick (): void
}

/** What is done with a viewer that lags: jump to the newest join point, close, or let it be while the window lasts. */
export type LagPolicy = 'skip' | 'disconnect' | 'wait'

/** Why a publication ended. */
export type PublishEndReason = 'ended' | 'client' | 'timeout' | 'takeover' | 'closing' | 'kicked' | 'error'

/**
 * What users' code hears. A hook that throws or rejects is logged and changes nothing else.
 * `onViewerOpen` is awaited, `onViewerLag` answers by its return value; the others are not waited for.
 */
export interface Hooks {
  /** The first init segment or segment of a request's body is there; a body in parts has shown to be media. */
  onPublishStart (broadcast: Broadcast, request: FastifyRequest): unknown
  onSegment (broadcast: Broadcast, segment: Segment): unknown
  /** Once per `onPublishStart`. */
  onPublishEnd (broadcast: Broadcast, reason: PublishEndReason): unknown
  /** Before the response's headers; awaited. */
  onViewerOpen (viewer: Viewer, request: FastifyRequest): unknown
  /**
   * The viewer's connection takes no bytes and its lag (seconds) has passed the limit. May return this viewer's policy; where a
   * connection carries several broadcasts it is `skip` in any case.
   */
  onViewerLag (viewer: Viewer, lag: number): LagPolicy | undefined | void
  /** Segments were skipped; the viewer is told with this gap. */
  onViewerSkip (viewer: Viewer, gap: GapMessage): unknown
  /** Bytes waited for the whole `stallTimeout` and none were taken: it is closed now. */
  onViewerStall (viewer: Viewer): unknown
  /** A viewer that had segments waiting takes bytes again. */
  onViewerDrain (viewer: Viewer): unknown
  /** Exactly once for each viewer that was opened. */
  onViewerClose (viewer: Viewer, close: ViewerClose): unknown
}
