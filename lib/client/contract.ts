// What a page gives a player or a publisher, and what it is told: types alone.
import type { EmsgMessage, GapMessage, SegmentMessage, StateMessage } from '../wire.js'

/**
 * How a player stands. `playing`: what is shown moves, or was paused by the page's user. `buffering`: media is awaited. `waiting`: the
 * broadcast has no publisher now, or the server is full or closing. `ended`: it is over. `blocked`: the browser wants a click before it
 * plays. `error`: see the reason.
 */
export type PlayerState = 'playing' | 'buffering' | 'waiting' | 'ended' | 'blocked' | 'error'

/** Where a player shows: video and sound in a media element, still pictures in an <img> or on a <canvas>. */
export interface PlayerScreens {
  readonly media?: HTMLMediaElement
  readonly picture?: HTMLImageElement | HTMLCanvasElement
}

/** What a player is made with. */
export interface PlayerOptions {
  /** Seconds between the publisher's sending and what is shown. It is more where the media or the network allows no less. Default 0.3. */
  readonly targetLatency?: number
  /** Whether it plays by itself. Default true. */
  readonly autoplay?: boolean
  /** Of a URL with several broadcasts (`?broadcasts=a,b`): the one to show. */
  readonly broadcast?: string
  /** Only these tracks. */
  readonly tracks?: readonly string[]
  /** Whether cookies go to another origin, as an EventSource's own option. Default false. */
  readonly withCredentials?: boolean
}

/** What a player knows of itself. Counts are since it began. */
export interface PlayerStats {
  readonly state: PlayerState
  /**
   * Seconds since what is shown was captured, or was received by the server where the publisher does not tell; undefined before there is
   * anything.
   */
  readonly latency: number | undefined
  readonly latencyFrom: 'captured' | 'received' | undefined
  /** How wrong the latency may be, seconds to either side: as much as the server's clock is uncertain. Infinity where nothing bounds it. */
  readonly latencyError: number
  /** The latency that it aims at, seconds. */
  readonly target: number
  /** Seconds of media ahead of what is shown. */
  readonly buffered: number
  readonly rate: number
  readonly frames: number
  readonly droppedFrames: number
  readonly segments: number
  /** Of media. */
  readonly bytes: number
  /** Bits of media per second, over the last five. */
  readonly bitRate: number
  readonly gaps: number
  /** Segments that those say are missing, as far as they know. */
  readonly skipped: number
  /** Seeks after it has joined. */
  readonly seeks: number
  /** How often playing stopped because media came too late. */
  readonly stalls: number
  /** How often it has begun anew, after an error or because what came was old. */
  readonly restarts: number
}

/** The events of a player; the detail of each. */
export interface PlayerEvents {
  /** The state has changed. The reason is for people; empty where the state says all. */
  statechange: { readonly state: PlayerState, readonly reason: string }
  /** Once a second. */
  stats: PlayerStats
  /** A segment has come. */
  segment: { readonly id: string, readonly message: SegmentMessage, readonly bytes: number }
  /** Segments are missing, or a publisher was away. */
  gap: GapMessage
  /** A timed message of the publisher. */
  emsg: { readonly message: EmsgMessage, readonly bytes: Uint8Array | undefined }
  /** The server's word on the broadcast. */
  broadcast: StateMessage
  /** The connection stands, or is lost and being made anew. */
  connection: 'open' | 'lost'
  /** It begins anew, and why. */
  restart: string
}

/**
 * `idle` until the first part was taken; `live`; `reconnecting` while the server takes nothing, which is tried again; `ended` after
 * `stop()`, or with the stream; `error` where trying again is no use.
 */
export type PublisherState = 'idle' | 'live' | 'reconnecting' | 'ended' | 'error'

/** What may be different. */
export interface PublisherOptions {
  /**
   * What MediaRecorder is to record, e.g. `video/webm;codecs=vp8,opus`. Default: the best that the browser can, MP4 with H.264 first, as it
   * plays everywhere. Firefox records WebM alone.
   */
  readonly mimeType?: string
  /** Milliseconds from one part to the next, default 250: a viewer's latency in WebM, which is cut anywhere. */
  readonly timeslice?: number
  /**
   * Milliseconds from one key frame to the next. Default 500 for MP4, which Chromium cuts at key frames alone: viewers are behind by as
   * much. Default 1000 for WebM, where it only bounds how far back a late viewer begins. Browsers that do not know
   * `videoKeyFrameIntervalDuration` choose for themselves.
   */
  readonly keyFrameInterval?: number
  readonly videoBitsPerSecond?: number
  readonly audioBitsPerSecond?: number
  /** Of every request, e.g. `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of every request, default `same-origin`: https://fetch.spec.whatwg.org/#concept-request-credentials-mode */
  readonly credentials?: RequestCredentials
}

/** What has become of the recording so far. */
export interface PublisherStats {
  /** Bytes that the server has taken. */
  readonly bytes: number
  /** Requests that brought them. */
  readonly parts: number
  /** Bytes that were recorded, and are not taken yet. */
  readonly pending: number
  /** As the server told last. */
  readonly viewers: number
  /** Segments that the server made of it. */
  readonly segments: number
  /** How often it was recorded anew: the server knew no more of it, the network was too slow, or the source has become another. */
  readonly restarts: number
  /** What is recorded, as the browser names it; empty before the start. */
  readonly mimeType: string
}

/** The events of a publisher; the detail of each. */
export interface PublisherEvents {
  /** The state has changed. The reason is for people; empty where the state says all. */
  statechange: { readonly state: PublisherState, readonly reason: string }
  /** Bytes were recorded, or taken by the server. */
  progress: PublisherStats
}
