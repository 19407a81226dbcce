// Nodes of one cluster within one process: the registries of several registrations over one Redis.
import type { Redis } from 'ioredis'
import type { Broadcasts } from '../../lib/store/registry.js'
import type { MediaSseOptions } from '../../lib/contract.js'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import type { RedisStoreOptions } from '../../lib/store/redis/redis-store.js'
import type { Scope } from '../kit/needs.js'
import type { RedisServer } from '../kit/redis.js'
import { LONG } from '../kit/within.js'
import { broadcastsOf } from '../broadcast/lives.js'

/** A node; it closes when the test ends. */
export function nodeOf (t: Scope, redis: RedisServer, options: MediaSseOptions = {}, store: RedisStoreOptions = {}): Broadcasts {
  const client = redis.client()
  const broadcasts = broadcastsOf({ ...options, store: redisStore({ client, ...store }) })
  t.teardown(async () => {
    client.disconnect()
    broadcasts.close()
    await broadcasts.closed()
  })
  return broadcasts
}

/** How many commands were answered with an error. */
export async function refusals (client: Redis): Promise<number> {
  return Number(/total_error_replies:(\d+)/.exec(await client.info('stats'))![1])
}

/** Resolves when it holds. */
export async function until (condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LONG
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`Not within ${LONG / 1000} s: ${String(condition)}`)
    await new Promise(resolve => { setTimeout(resolve, 5) })
  }
}

/** What is published as it is. */
export const OPAQUE = { contentType: 'application/x-test' }
