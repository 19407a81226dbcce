// The public TypeScript contract, types alone: what users' code is given, and what it gives. Long, as it is read in one sitting.
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { GapMessage, GapReason } from './wire.js'

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
  /** A request's body has shown to be media, and is being published. */
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

/** Decides about a request; anything but `true`, and a throw, is a refusal. */
export type Authorize = (request: FastifyRequest, broadcast: string) => boolean | Promise<boolean>

/** Admits for a limited time; then the viewer is closed with the reason `expired`. */
export interface WatchUntil {
  /** As a number, Unix milliseconds. */
  readonly until: Date | number
}

/** Decides about a request to watch; anything but `true` or a time to come, and a throw, is a refusal. */
export type AuthorizeWatch = (request: FastifyRequest, broadcast: string) => boolean | WatchUntil | Promise<boolean | WatchUntil>

/** Keys for all broadcasts, or for each name, in which `*` stands for any characters, its own: every entry that fits a broadcast counts. */
export type PublishKeys = readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** What a signed link is to allow. */
export interface SignOptions {
  readonly action: 'watch' | 'publish'
  /** A time to come; as a number, Unix milliseconds. Who watches then is closed as `expired`; who publishes then goes on. */
  readonly expires: Date | number
}

/** What keeps the broadcasts, in place of this process alone: made by `redisStore` of `fastify-media-sse/redis`. */
export interface Store {
  /** Called by the plugin, once. */
  open (node: object): object
}

/**
 * The routes of a registration: `watch` is `GET /:broadcast`, and `GET /` where it watches several, else that is `list`; `end` is `DELETE`.
 */
export type RouteName = 'watch' | 'list' | 'segment' | 'publish' | 'end' | 'client'

/** Fastify's options of a route, and what other plugins read there, but for those that make the route what it is. */
export type RouteOptions = Omit<RouteShorthandOptions, 'schema' | 'exposeHeadRoute' | 'prefixTrailingSlash' | 'serializerCompiler' | 'validatorCompiler'>

/** Options of `app.register(mediaSse, options)`. */
export interface MediaSseOptions extends Partial<Hooks> {
  /**
   * Where the routes stand; starts with `/` and does not end with one, and stands in no scope whose prefix has a parameter. Default
   * `/live`.
   */
  readonly prefix?: string
  /**
   * Names a further instance in the same scope, found by `app.mediaSse.instance(name)`, or one at the same path under other `constraints`.
   */
  readonly name?: string
  /**
   * What is kept of each broadcast; each object counts what it costs beside its bytes. Default 30 s, 64 MiB, and 400 segments for each
   * second, 4 000 at least.
   */
  readonly window?: { readonly seconds?: number, readonly bytes?: number, readonly segments?: number }
  /** How far a waiting viewer may fall behind, and what is done then. Default `skip` after 5 s. */
  readonly lag?: { readonly policy?: LagPolicy, readonly seconds?: number }
  /** Milliseconds without progress while bytes wait until a viewer is closed. Default 15 000. */
  readonly stallTimeout?: number
  /** Milliseconds of quiet until a comment is sent. Default 15 000. */
  readonly heartbeat?: number
  /** Milliseconds that viewers wait before they reconnect, jittered. Default 2 000. */
  readonly retry?: number
  /**
   * Whether viewers that accept gzip are sent their events compressed: each event once, for all of them. Above `maxBitRate` of a broadcast,
   * media bits per second (default 50 000 000), they are sent as they are. Default true.
   */
  readonly compress?: boolean | { readonly maxBitRate?: number }
  /** With `delivery=auto`, segments above this many bytes go by reference. Default 256 KiB. */
  readonly inlineBytes?: number
  /** Milliseconds after which media that has no fragments of its own (WebM, MPEG-TS, AAC, MP3) is cut into segments. Default 250. */
  readonly segmentDuration?: number
  /** The largest segment in bytes. Default 16 MiB. */
  readonly maxSegmentBytes?: number
  /**
   * Bytes in all live windows together, in what is encoded of them for viewers, and in unfinished segments; the window that reaches
   * furthest back gives way, then the body that holds the most. Default 1 GiB.
   */
  readonly maxWindowBytes?: number
  /**
   * Bytes a second from one sender (its key or link, and its address), over all of its requests; one that sends more is read more slowly.
   * Default 32 MiB.
   */
  readonly maxBytesPerSecond?: number
  /** Viewers at a time, in all; a connection that carries several broadcasts counts as a viewer of each. Default 10 000. */
  readonly maxViewers?: number
  /** Viewers of one name at a time. Default: `maxViewers` alone. */
  readonly maxViewersPerBroadcast?: number
  /** Viewers from one `request.ip` at a time; of an IPv6 address its first 64 bits count. Default: `maxViewers` alone. */
  readonly maxViewersPerAddress?: number
  /** Viewers over one HTTP/2 connection at a time. A proxy that carries its clients' requests over one needs more. Default 256. */
  readonly maxViewersPerConnection?: number
  /** Broadcasts at a time. Default 1 000. */
  readonly maxBroadcasts?: number
  /** Bodies that are received at a time; those that come in parts count between their parts, too. Default 1 000. */
  readonly maxPublishers?: number
  /**
   * Keys that may publish, sent as Bearer or as the password of Basic: each of 16 or more visible ASCII characters. With neither this nor
   * `authorizePublish` nor `localPublishing`, nobody may; of several, each admits.
   */
  readonly publishKeys?: PublishKeys
  /** Who may publish. */
  readonly authorizePublish?: Authorize
  /**
   * Whether programs on this machine may publish without credentials, and pages that it serves: over loopback, to a loopback `Host`,
   * without a forwarding header, from a page of no other site. A proxy on this machine may hide all that, so never set it behind one.
   * Default false.
   */
  readonly localPublishing?: boolean
  /** Who may watch. Default: everybody. */
  readonly authorizeWatch?: AuthorizeWatch
  /** Keys of signed links, of 32 or more characters: the first signs, all are good for verifying. */
  readonly signKeys?: readonly string[]
  /** Milliseconds without a byte in an open publish request until it is ended. Default 30 000. */
  readonly publisherTimeout?: number
  /** Milliseconds without a whole segment in an open publish request until it is ended, whatever trickles in. Default 120 000. */
  readonly segmentTimeout?: number
  /** Milliseconds without a publisher until a broadcast ends, and again until it is forgotten. Default 60 000. */
  readonly broadcastTimeout?: number
  /** Whether another publisher cuts the first one off, instead of being refused. Default false. */
  readonly takeover?: boolean
  /** Milliseconds within which `app.close()` ends every viewer. Default 2 000. */
  readonly closeTimeout?: number
  /** What keeps the broadcasts. Default: this process alone. */
  readonly store?: Store
  /**
   * Hooks, `config`, `constraints` and the like of single routes, beside those of the app. Without a hook before its handler `segment` has
   * those of `watch`, and `end` those of `publish`.
   */
  readonly routes?: { readonly [Name in RouteName]?: RouteOptions }
}

/** One registration of the plugin: `app.mediaSse`. */
export interface MediaSse {
  /**
   * The broadcast of that name, whether it runs or not.
   * @throws FST_MEDIA_SSE_INVALID_NAME
   */
  broadcast (name: string): Broadcast
  /** Those that run or have ended and are still kept. */
  readonly broadcasts: readonly Broadcast[]
  /**
   * Adds a hook beside those of the options; hooks of one name run in the order they were added.
   * @throws FST_MEDIA_SSE_INVALID_OPTION for an unknown name or a hook that is no function.
   */
  addHook<Name extends keyof Hooks> (name: Name, hook: Hooks[Name]): void
  stats (): MediaSseStats
  /**
   * Ends a viewer's connection as {@link Viewer.kick} does, with a `store` also where it is another node's. No viewer of that id is no
   * error.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  kick (viewerId: string): Promise<void>
  /**
   * Makes a signed link: a query, without `?`, that admits whoever has it to the routes of these broadcasts, and of no other registration.
   * @throws FST_MEDIA_SSE_INVALID_NAME, or FST_MEDIA_SSE_INVALID_OPTION for another action, for what is no time to come, or without the
   * option `signKeys`
   */
  sign (name: string | readonly string[], options: SignOptions): string
  /**
   * Another instance registered with that `name` in the same scope.
   * @throws FST_MEDIA_SSE_INVALID_OPTION where there is none.
   */
  instance (name: string): MediaSse
}

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

/** Settings of one `reply.sseStream`. */
export interface SseStreamOptions {
  /** Milliseconds, sent at the start; the registration's, jittered, where absent. */
  readonly retry?: number
  /** Bytes of unsent events that may wait before `send` refuses. Default 1 MiB; one event may always wait. */
  readonly maxPendingBytes?: number
}

/** One server-sent event (WHATWG HTML, "Server-sent events", 9.2.5). At least one field is given. */
export interface EventFields {
  /** The viewer's `lastEventId` from here on. CR, LF and NUL are refused. */
  readonly id?: string | number
  /** The event's name, `message` where absent. CR, LF and NUL are refused. */
  readonly event?: string
  /** Text as it is, with any line ends (the receiver sees LF); anything else as JSON. */
  readonly data?: unknown
  /** The viewer's waiting time before it reconnects, whole milliseconds. */
  readonly retry?: number
  /** Not shown to the viewer. */
  readonly comment?: string
}

/** A reply that is a stream of server-sent events. */
export interface SseStream {
  /**
   * Sends one event. The promise settles in every case: true once the connection has taken the event's bytes, false
   * where it never will: the client left, the stream closed, or more than `maxPendingBytes` wait already.
   * @throws (rejects) FST_MEDIA_SSE_INVALID_EVENT
   */
  send (event: EventFields): Promise<boolean>
  /** Ends the stream after what is pending. */
  close (): void
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<CloseReason>
  /** Aborted when the stream is over. */
  readonly signal: AbortSignal
  /** What the client saw last, from the `Last-Event-ID` header. */
  readonly lastEventId: string | undefined
  /** Whether an event sent now would go out at once. */
  readonly writable: boolean
}

/** Events for `reply.sseStream`, or a function that makes them for this client. */
export type SseSource = SseEvents | ((stream: SseStream) => SseEvents)

/** Events, one after the other. */
export type SseEvents = AsyncIterable<EventFields> | Iterable<EventFields>
