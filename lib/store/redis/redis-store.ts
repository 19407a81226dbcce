// `fastify-media-sse/redis`: the store of a cluster of nodes. It needs ioredis, which whoever uses it installs.
import { Redis } from 'ioredis'
import type { OpenableStore, StoreNode } from '../store.js'
import type { Store } from '../../contract.js'
import { invalidOption, refuseUnknown } from '../../options.js'
import { worldOf } from '../../paths.js'
import { Cluster } from './cluster.js'

/** How the nodes of a cluster reach what they share: by one of `client` and `url`. */
export interface RedisStoreOptions {
  /** A client of ioredis, also one for Sentinel. Its settings are used, for connections of the store's own. */
  readonly client?: Redis
  /** As `redis://…` or `rediss://…`. */
  readonly url?: string
  /** With which all keys begin, before the path of the routes: the same for all nodes of a cluster. Default `media-sse`. */
  readonly prefix?: string
  /** Milliseconds that a publisher, and a viewer who comes, wait for Redis until they are answered 503. Default 10 000. */
  readonly holdTimeout?: number
  /** Bytes of one broadcast that wait for Redis before its publishers are read no further. Default 4 MiB. */
  readonly holdBytes?: number
  /**
   * Milliseconds after which a node that is not heard of counts as dead, and what was published there as ended; and after which a
   * connection to Redis that brings no answer is given up for another. Default 10 000.
   */
  readonly nodeTimeout?: number
}

const PREFIX = /^[A-Za-z0-9._:-]{1,64}$/
const URL_FORM = /^rediss?:\/\//
const KNOWN = ['client', 'url', 'prefix', 'holdTimeout', 'holdBytes', 'nodeTimeout']
const MiB = 1024 * 1024

const again = (times: number): number => Math.min(50 * times, 500)

// For connections of which each waits for Redis as long as it takes: how long whoever asks waits is told by `holdTimeout`.
const PERSISTENT = {
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  lazyConnect: false,
  retryStrategy: again,
  sentinelRetryStrategy: again,
  // A primary that was made a replica: another is looked for, and asked the same. Before Redis 7 a script's error comes within another.
  reconnectOnError: (error: Error) => /\b(?:READONLY|MASTERDOWN) /.test(error.message) ? 2 : false
} as const

// A read that waits is given up with its connection, and none waits for the next: what is to be read there must be asked anew.
const FRESH = { maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false } as const

/**
 * A store that a cluster of nodes shares: each publishes to it, and is served by it.
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
    // Who says nothing for so long is taken for dead: a machine that is halted, or cut off, closes no connection.
    const all = { ...PERSISTENT, socketTimeout: nodeTimeout, sentinelCommandTimeout: nodeTimeout, ...options }
    return client === undefined ? new Redis(url!, all) : client.duplicate(all)
  }
  const store: OpenableStore = {
    open: (node: StoreNode) => new Cluster(node, {
      clients: { commands: connect(), tail: connect(FRESH) },
      // In braces: a Redis Cluster keeps all of it on one server.
      prefix: `{${prefix}:${worldOf(node)}}:`,
      holdTimeout,
      holdBytes,
      nodeTimeout
    })
  }
  return store
}
