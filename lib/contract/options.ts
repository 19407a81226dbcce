// What users' code says at `register`. Types alone.
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { Hooks, LagPolicy } from './broadcast.js'

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
export type RouteOptions = Omit<
  RouteShorthandOptions, 'schema' | 'exposeHeadRoute' | 'prefixTrailingSlash' | 'serializerCompiler' | 'validatorCompiler'
>

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
  /**
   * Viewers over one HTTP/2 connection at a time, and streams of `reply.sseStream`. A proxy that carries its clients' requests over one
   * needs more. Default 256.
   */
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
