// `fastify-media-sse/redis`: the store of a cluster of nodes. It needs ioredis, which its users install.
import { Redis } from 'ioredis'
import type { OpenableStore, StoreNode } from '../store.js'
import type { Store } from '../../contract.js'
import { invalidOption, refuseUnknown } from '../../options.js'
import { worldOf } from '../../paths.js'
import { Cluster } from './cluster.js'

/** How the nodes of a cluster reach Redis: one of `client` and `url`. */
export interface RedisStoreOptions {
  /** An ioredis client, Sentinel included. The store opens its own connections with the client's settings. */
  readonly client?: Redis
  /** As `redis://…` or `rediss://…`. */
  readonly url?: string
  /** Prefix of all keys, before the path of the routes: the same on all nodes of a cluster. Default `media-sse`. */
  readonly prefix?: string
  /** Milliseconds that publishers and new viewers wait for Redis before they get 503. Default 10 000. */
  readonly holdTimeout?: number
  /** Waiting bytes of one broadcast above which its publishers are read no further. Default 4 MiB. */
  readonly holdBytes?: number
  /**
   * Milliseconds after which a silent node counts as dead, and its broadcasts as ended; and before an unresponsive Redis connection is
   * replaced. Default 10 000.
   */
  readonly nodeTimeout?: number
}

const PREFIX = /^[A-Za-z0-9._:-]{1,64}$/
const URL_FORM = /^rediss?:\/\//
const KNOWN = ['client', 'url', 'prefix', 'holdTimeout', 'holdBytes', 'nodeTimeout']
const MiB = 1024 * 1024

const again = (times: number): number => Math.min(50 * times, 500)

// For connections that wait for Redis as long as it takes: `holdTimeout` limits the wait of each caller.
const PERSISTENT = {
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  lazyConnect: false,
  retryStrategy: again,
  sentinelRetryStrategy: again,
  // A primary was demoted to a replica: reconnects to another, and repeats the request. Before Redis 7 a script's error is wrapped in
  // another.
  reconnectOnError: (error: Error) => /\b(?:READONLY|MASTERDOWN) /.test(error.message) ? 2 : false
} as const

// A waiting read fails with its connection, and is not repeated on the next one: its arguments must be built again there.
const FRESH = { maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false } as const

/**
 * A store that a cluster of nodes shares: each node publishes to it and serves viewers from it.
 * @example await app.register(mediaSse, { store: redisStore({ url: 'redis://localhost' }) })
 * @throws FST_MEDIA_SSE_INVALID_OPTION
 */
export function redisStore (options: RedisStoreOptions): Store {
  refuseUnknown('redisStore.', options, KNOWN)
  const { client, url, prefix = 'media-sse', holdTimeout = 10_000, holdBytes = 4 * MiB, nodeTimeout = 10_000 } = options
  if ((client === undefined) === (url === undefined)) throw invalidOption('redisStore', 'given either client or url', Object.keys(options))
  if (client !== undefined && typeof client.duplicate !== 'function') {
    throw invalidOption('redisStore.client', 'a client of ioredis', client)
  }
  if (url !== undefined && !(typeof url === 'string' && URL_FORM.test(url))) {
    throw invalidOption('redisStore.url', "a text that begins with 'redis://' or 'rediss://'", typeof url)
  }
  if (!(typeof prefix === 'string' && PREFIX.test(prefix))) {
    throw invalidOption('redisStore.prefix', '1 to 64 of A-Z a-z 0-9 . _ : -', prefix)
  }
  for (const [name, value] of Object.entries({ holdTimeout, holdBytes, nodeTimeout })) {
    if (!Number.isSafeInteger(value) || value < 1 || value >= 2 ** 31) {
      throw invalidOption(`redisStore.${name}`, `a whole number from 1 to ${2 ** 31 - 1}`, value)
    }
  }
  const connect = (options = {}): Redis => {
    // A connection that is silent for this long is taken for dead: a halted or cut-off machine closes no connection.
    const all = { ...PERSISTENT, socketTimeout: nodeTimeout, sentinelCommandTimeout: nodeTimeout, ...options }
    return client === undefined ? new Redis(url!, all) : client.duplicate(all)
  }
  const store: OpenableStore = {
    open: (node: StoreNode) => new Cluster(node, {
      clients: { commands: connect(), tail: connect(FRESH) },
      // In braces, so that a Redis Cluster keeps all of it on one server.
      prefix: `{${prefix}:${worldOf(node)}}:`,
      holdTimeout,
      holdBytes,
      nodeTimeout
    })
  }
  return store
}
