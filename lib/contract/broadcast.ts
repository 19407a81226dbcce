// What users' code sees of broadcasts, their viewers and their publishers. Types only.
import type { FastifyRequest } from 'fastify'
import type { GapMessage } from '../wire.js'

/** One segment of a broadcast, as it is kept in the live window. */
export interface Segment {
  /** `<epoch>-<sequence>`, its event id. */
  readonly id: string
  readonly track: string
  /** Full media type, for `MediaSource.isTypeSupported` or a `Content-Type`. */
  readonly mime: string
  /** The segment's bytes as published. They are shared: do not modify them. */
  readonly bytes: Uint8Array
  /**
   * The init segment that it needs: a file of it, this segment and the following ones plays. The same array as long as it is valid; absent
   * for self-contained media such as JPEG.
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

/** The state of a broadcast: before its first publisher, running, or over. */
export type BroadcastState = 'waiting' | 'live' | 'ended'

/** The result of a publication. */
export interface Published {
  readonly broadcast: string
  /** Id of the last segment published, undefined if there was none. */
  readonly id: string | undefined
  readonly segments: number
  /** Viewers at this moment. */
  readonly viewers: number
}

/** How to read published bytes. */
export interface PublishOptions {
  /** The media type of bytes that do not reveal it themselves, such as `image/jpeg`. */
  readonly contentType?: string
  /** Defaults to `main`. */
  readonly track?: string
}

/**
 * A named live programme. The object stands for the name: it stays valid through ends and restarts. Iterating it gives the segments
 * published from then on, until the broadcast ends; an iterator that falls behind the live window skips to the newest join point.
 */
export interface Broadcast extends AsyncIterable<Segment> {
  readonly name: string
  readonly state: BroadcastState
  readonly viewers: ReadonlySet<Viewer>
  /**
   * Publishes one body: fragmented MP4 with its init segment, its fragments, or one opaque object. Without the option `store` everything is
   * done before it returns.
   * @throws (rejects) the errors of the publish route.
   */
  publish (bytes: Uint8Array, options?: PublishOptions): Promise<Published>
  /**
   * Ends it: viewers get their remaining segments, then `state` ended; publishers are cut off.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  end (): Promise<void>
}

/** Why a viewer left. */
export type CloseReason = 'client' | 'ended' | 'lagged' | 'stalled' | 'closing' | 'kicked' | 'expired' | 'error'

/** What a viewer had received when it left. */
export interface ViewerClose {
  readonly reason: CloseReason
  /** Segments handed to its connection. */
  readonly segments: number
  /** Bytes that the operating system accepted for it. */
  readonly bytes: number
  /** Segments reported to it as missed. */
  readonly skipped: number
  /** How long it watched. */
  readonly seconds: number
}

/**
 * A client that watches a broadcast. A connection that carries several broadcasts is a viewer of each. They leave together, except for a
 * viewer whose broadcast ends earlier.
 */
export interface Viewer {
  readonly id: string
  readonly broadcast: Broadcast
  /** Seconds since the segment under its cursor was received; 0 at the live edge. */
  readonly lag: number
  readonly segments: number
  /** Bytes of its events that its connection has accepted. */
  readonly bytes: number
  readonly skipped: number
  /**
   * Closes this viewer's connection with the reason `kicked`, and with it the other viewers on the connection. Its EventSource reconnects
   * unless it may no longer watch.
   */
  kick (): void
}

/** The treatment of a viewer that lags: jump to the newest join point, close, or wait as long as the window lasts. */
export type LagPolicy = 'skip' | 'disconnect' | 'wait'

/** Why a publication ended. */
export type PublishEndReason = 'ended' | 'client' | 'timeout' | 'takeover' | 'closing' | 'kicked' | 'error'

/**
 * Hooks of users' code. A hook that throws or rejects is logged and changes nothing else.
 * `onViewerOpen` is awaited, `onViewerLag` answers by its return value; the others are not awaited.
 */
export interface Hooks {
  /**
   * A request's body is known to be media: MP4, WebM and MPEG-TS with their first init segment or segment, a body in parts at once.
   */
  onPublishStart (broadcast: Broadcast, request: FastifyRequest): unknown
  onSegment (broadcast: Broadcast, segment: Segment): unknown
  /** Once per `onPublishStart`. */
  onPublishEnd (broadcast: Broadcast, reason: PublishEndReason): unknown
  /** Before the response's headers; awaited. */
  onViewerOpen (viewer: Viewer, request: FastifyRequest): unknown
  /**
   * The viewer's connection takes no bytes and its lag (seconds) has passed the limit. May return this viewer's policy; a connection that
   * carries several broadcasts always uses `skip`.
   */
  onViewerLag (viewer: Viewer, lag: number): LagPolicy | undefined | void
  /** Segments were skipped; the viewer gets this gap. */
  onViewerSkip (viewer: Viewer, gap: GapMessage): unknown
  /** Bytes waited for the whole `stallTimeout` and the connection took none: it is closed now. */
  onViewerStall (viewer: Viewer): unknown
  /** A viewer that had segments waiting takes bytes again. */
  onViewerDrain (viewer: Viewer): unknown
  /** Exactly once for each viewer that was opened. */
  onViewerClose (viewer: Viewer, close: ViewerClose): unknown
}
