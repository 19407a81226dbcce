// The options that users' code passes to `register`. Types only.
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { Hooks, LagPolicy } from './broadcast.js'

/** Decides about a request; any result except `true`, and any throw, is a refusal. */
export type Authorize = (request: FastifyRequest, broadcast: string) => boolean | Promise<boolean>

/** Admits for a limited time; then the viewer is closed with the reason `expired`. */
export interface WatchUntil {
  /** As a number, Unix milliseconds. */
  readonly until: Date | number
}

/** Decides about a request to watch; any result except `true` or a future time, and any throw, is a refusal. */
export type AuthorizeWatch = (request: FastifyRequest, broadcast: string) => boolean | WatchUntil | Promise<boolean | WatchUntil>

/** Keys for all broadcasts, or keys by name; `*` in a name stands for any characters, and every matching entry counts. */
export type PublishKeys = readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** What a signed link allows. */
export interface SignOptions {
  readonly action: 'watch' | 'publish'
  /** A future time; as a number, Unix milliseconds. It closes viewers as `expired`; a publish request already open goes on. */
  readonly expires: Date | number
}

/** Keeps the broadcasts, instead of this process alone: made by `redisStore` of `fastify-media-sse/redis`. */
export interface Store {
  /** Called by the plugin, once. */
  open (node: object): object
}

/**
 * The routes of a registration: `watch` is `GET /:broadcast`, and `GET /` with several broadcasts; any other `GET /` is `list`. `end` is
 * `DELETE`.
 */
export type RouteName = 'watch' | 'list' | 'segment' | 'publish' | 'end' | 'client'

/** Fastify's route options, and those that other plugins read there, except the ones that define the route itself. */
export type RouteOptions = Omit<
  RouteShorthandOptions, 'schema' | 'exposeHeadRoute' | 'prefixTrailingSlash' | 'serializerCompiler' | 'validatorCompiler'
>

/** Options of `app.register(mediaSse, options)`. */
export interface MediaSseOptions extends Partial<Hooks> {
  /**
   * The path of the routes: starts with `/`, does not end with one, and may not be in a scope whose prefix has a parameter. Default
   * `/live`.
   */
  readonly prefix?: string
  /**
   * Names another instance in the same scope, found by `app.mediaSse.instance(name)`, or one at the same path under other `constraints`.
   */
  readonly name?: string
  /**
   * Limits of what is kept of each broadcast; each object also counts its overhead. Default 30 s, 64 MiB, and 400 segments per second, at
   * least 4 000.
   */
  readonly window?: { readonly seconds?: number, readonly bytes?: number, readonly segments?: number }
  /** How far a waiting viewer may fall behind, and the policy then. Default `skip` after 5 s. */
  readonly lag?: { readonly policy?: LagPolicy, readonly seconds?: number }
  /** Milliseconds after which a viewer is closed that takes none of its waiting bytes. Default 15 000. */
  readonly stallTimeout?: number
  /** Milliseconds of silence until a comment is sent. Default 15 000. */
  readonly heartbeat?: number
  /** Milliseconds that viewers wait before they reconnect, jittered. Default 2 000. */
  readonly retry?: number
  /**
   * Whether viewers that accept gzip get compressed events: each event is compressed once for all of them. Broadcasts above `maxBitRate`,
   * in media bits per second (default 50 000 000), are sent uncompressed. Default true.
   */
  readonly compress?: boolean | { readonly maxBitRate?: number }
  /** With `delivery=auto`, segments above this many bytes are sent by reference. Default 256 KiB. */
  readonly inlineBytes?: number
  /** Milliseconds per segment of media without fragments of its own (WebM, MPEG-TS, AAC, MP3). Default 250. */
  readonly segmentDuration?: number
  /** The largest segment in bytes. Default 16 MiB. */
  readonly maxSegmentBytes?: number
  /**
   * Bytes of all live windows together, their encodings for viewers, and unfinished segments. The broadcast with the oldest segment loses
   * it first, then the largest unfinished body is cut off. Default 1 GiB.
   */
  readonly maxWindowBytes?: number
  /**
   * Bytes per second from one sender (its key or link, and its address), over all of its requests; a faster sender is read more slowly.
   * Default 32 MiB.
   */
  readonly maxBytesPerSecond?: number
  /** Viewers at a time, in total; a connection that carries several broadcasts counts as a viewer of each. Default 10 000. */
  readonly maxViewers?: number
  /** Viewers of one name at a time. Default: `maxViewers` alone. */
  readonly maxViewersPerBroadcast?: number
  /** Viewers from one `request.ip` at a time; for IPv6 its first 64 bits count. Default: `maxViewers` alone. */
  readonly maxViewersPerAddress?: number
  /**
   * Viewers and `reply.sseStream` streams over one HTTP/2 connection at a time. A proxy that multiplexes its clients' requests needs more.
   * Default 256.
   */
  readonly maxViewersPerConnection?: number
  /** Broadcasts at a time. Default 1 000. */
  readonly maxBroadcasts?: number
  /** Bodies received at a time; a body in parts also counts between its parts. Default 1 000. */
  readonly maxPublishers?: number
  /**
   * Keys that may publish, sent as Bearer or as the password of Basic: each of 16 or more visible ASCII characters. Without this,
   * `authorizePublish` and `localPublishing`, all publishing is refused; with several of them, any one admits.
   */
  readonly publishKeys?: PublishKeys
  /** Decides which requests may publish. */
  readonly authorizePublish?: Authorize
  /**
   * Whether programs on this machine, and pages that it serves, may publish without credentials: over loopback, to a loopback `Host`,
   * without a forwarding header, from a page of no other site. A proxy on this machine may hide all that, so never set it behind one.
   * Default false.
   */
  readonly localPublishing?: boolean
  /** Decides which requests may watch. Default: all. */
  readonly authorizeWatch?: AuthorizeWatch
  /** Keys of signed links, of 32 or more characters: the first one signs, all of them verify. */
  readonly signKeys?: readonly string[]
  /** Milliseconds without a byte after which an open publish request is ended. Default 30 000. */
  readonly publisherTimeout?: number
  /** Milliseconds without a whole segment after which an open publish request is ended, even if bytes still arrive. Default 120 000. */
  readonly segmentTimeout?: number
  /** Milliseconds without a publisher until a broadcast ends, and again until it is removed. Default 60 000. */
  readonly broadcastTimeout?: number
  /** Whether a new publisher replaces the current one, instead of being refused. Default false. */
  readonly takeover?: boolean
  /** Milliseconds within which `app.close()` ends every viewer. Default 2 000. */
  readonly closeTimeout?: number
  /** The store that keeps the broadcasts. Default: this process alone. */
  readonly store?: Store
  /**
   * Hooks, `config`, `constraints` and similar options of single routes, in addition to those of the app. If `segment` has no hook before
   * its handler, it uses those of `watch`; `end` uses those of `publish`.
   */
  readonly routes?: { readonly [Name in RouteName]?: RouteOptions }
}
