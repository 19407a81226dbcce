// The input and output of a page's player or publisher. Types only.
import type { EmsgMessage, GapMessage, SegmentMessage, StateMessage } from '../wire.js'

/**
 * The state of a player. `playing`: the picture moves, or the page's user has paused it. `buffering`: waiting for media. `waiting`: the
 * broadcast has no publisher now, or the server is full or closing. `ended`: the broadcast is over. `blocked`: the browser wants a click
 * before it plays. `error`: see the reason.
 */
export type PlayerState = 'playing' | 'buffering' | 'waiting' | 'ended' | 'blocked' | 'error'

/** The elements of a player: video and audio in a media element, still pictures in an <img> or on a <canvas>. */
export interface PlayerScreens {
  readonly media?: HTMLMediaElement
  readonly picture?: HTMLImageElement | HTMLCanvasElement
}

/** Options of a player. */
export interface PlayerOptions {
  /** Seconds between sending and display. The player never goes below what the media and network allow. Default 0.3. */
  readonly targetLatency?: number
  /** Whether it starts to play by itself. Default true. */
  readonly autoplay?: boolean
  /** For a URL with several broadcasts (`?broadcasts=a,b`): the one to show. */
  readonly broadcast?: string
  /** Only these tracks. */
  readonly tracks?: readonly string[]
  /** Whether to send cookies to another origin, like EventSource's own option. Default false. */
  readonly withCredentials?: boolean
}

/** The statistics of a player. Counts are since it began. */
export interface PlayerStats {
  readonly state: PlayerState
  /**
   * Age of the current picture in seconds, since its capture if the publisher reports that, else since its receipt by the server; undefined
   * before the first one.
   */
  readonly latency: number | undefined
  readonly latencyFrom: 'captured' | 'received' | undefined
  /** Possible error of the latency, seconds to either side, from the uncertainty of the server's clock. Infinity if it has no bounds. */
  readonly latencyError: number
  /** The current target of the latency, seconds. */
  readonly target: number
  /** Seconds of media ahead of the current picture. */
  readonly buffered: number
  readonly rate: number
  readonly frames: number
  readonly droppedFrames: number
  readonly segments: number
  /** Of media. */
  readonly bytes: number
  /** Bits of media per second, over the last five seconds. */
  readonly bitRate: number
  readonly gaps: number
  /** Segments missing by those gaps, as far as known. */
  readonly skipped: number
  /** Seeks after joining. */
  readonly seeks: number
  /** How often playing stopped because media came too late. */
  readonly stalls: number
  /** How often it has restarted, after an error or because the stream stayed behind. */
  readonly restarts: number
}

/** The events of a player; the detail of each. */
export interface PlayerEvents {
  /** The state has changed. The reason is for people; empty if the state says it all. */
  statechange: { readonly state: PlayerState, readonly reason: string }
  /** Once a second. */
  stats: PlayerStats
  /** A segment has come. */
  segment: { readonly id: string, readonly message: SegmentMessage, readonly bytes: number }
  /** Segments are missing, or a publisher was away. */
  gap: GapMessage
  /** A timed message of the publisher. */
  emsg: { readonly message: EmsgMessage, readonly bytes: Uint8Array | undefined }
  /** The server's state of the broadcast. */
  broadcast: StateMessage
  /** The connection is open, or was lost and is being made again. */
  connection: 'open' | 'lost'
  /** It restarts, and why. */
  restart: string
}

/**
 * `idle` until the first part was accepted; `live`; `reconnecting` while the server accepts nothing, with repeated attempts; `ended` after
 * `stop()`, or with the stream; `error` if further attempts are useless.
 */
export type PublisherState = 'idle' | 'live' | 'reconnecting' | 'ended' | 'error'

/** Options of a publisher. */
export interface PublisherOptions {
  /**
   * The format for MediaRecorder, e.g. `video/webm;codecs=vp8,opus`. Default: the best that the browser supports, MP4 with H.264 first, as
   * it plays everywhere. Firefox records only WebM.
   */
  readonly mimeType?: string
  /** Milliseconds per part, default 250: it adds this much latency in WebM, which can be cut anywhere. */
  readonly timeslice?: number
  /**
   * Milliseconds between key frames. Default 500 for MP4, which Chromium cuts only at key frames: it adds this much latency. Default 1000
   * for WebM, where it only limits how far back a new viewer begins. Browsers without `videoKeyFrameIntervalDuration` choose for
   * themselves.
   */
  readonly keyFrameInterval?: number
  readonly videoBitsPerSecond?: number
  readonly audioBitsPerSecond?: number
  /** Headers of every request, e.g. `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Credentials mode of every request, default `same-origin`: https://fetch.spec.whatwg.org/#concept-request-credentials-mode */
  readonly credentials?: RequestCredentials
}

/** The statistics of a publisher. */
export interface PublisherStats {
  /** Bytes that the server accepted. */
  readonly bytes: number
  /** Requests that carried them. */
  readonly parts: number
  /** Bytes recorded and not yet accepted. */
  readonly pending: number
  /** From the server's latest answer. */
  readonly viewers: number
  /** Segments that the server made of it. */
  readonly segments: number
  /** How often the recording restarted: the server had lost it, the network was too slow, or the source changed. */
  readonly restarts: number
  /** The recorded type, as the browser names it; empty before the start. */
  readonly mimeType: string
}

/** The events of a publisher; the detail of each. */
export interface PublisherEvents {
  /** The state has changed. The reason is for people; empty if the state says it all. */
  statechange: { readonly state: PublisherState, readonly reason: string }
  /** Bytes were recorded, or accepted by the server. */
  progress: PublisherStats
}
