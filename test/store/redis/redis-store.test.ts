// Options of the store that are wrong are refused by name; right ones reach Redis by a client or by a URL.
import t from 'tap'
import { Redis } from 'ioredis'
import { redisStore } from '../../../lib/store/redis/redis-store.js'
import type { RedisStoreOptions } from '../../../lib/store/redis/redis-store.js'
import { broadcastsOf } from '../../broadcast/lives.js'
import { startRedis } from '../../kit/redis.js'
import { OPAQUE, nodeOf, refusals, until } from '../nodes.js'

t.test('what is wrong is refused', async t => {
  const client = new Redis({ lazyConnect: true })
  const wrong: Array<[options: object, option: string]> = [
    [{}, 'redisStore'], [{ client, url: 'redis://localhost' }, 'redisStore'], [{ client: {} }, 'redisStore.client'], [{ url: 'http://localhost' }, 'redisStore.url'],
    [{ url: 5 }, 'redisStore.url'], [{ client, prefix: '' }, 'redisStore.prefix'], [{ client, prefix: '{a}' }, 'redisStore.prefix'], [{ client, holdTimeout: 0 }, 'redisStore.holdTimeout'],
    [{ client, holdBytes: 1.5 }, 'redisStore.holdBytes'], [{ client, nodeTimeout: 2 ** 31 }, 'redisStore.nodeTimeout'], [{ client, more: 1 }, 'redisStore.more']
  ]
  for (const [options, option] of wrong) {
    t.throws(() => redisStore(options as RedisStoreOptions), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: new RegExp(`^Option ${option.replace('.', '\\.')} must be `) }, option)
  }
  client.disconnect()
})

t.test('a client, and its own connections', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const node = nodeOf(t, redis)
  t.match(await node.handle('demo').publish(Buffer.from('x'), OPAQUE), { segments: 1 })
})

t.test('a URL, and connections that are tried again', async t => {
  const node = broadcastsOf({ store: redisStore({ url: 'redis://127.0.0.1:1', holdTimeout: 300 }) })
  await t.rejects(node.list(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  node.close()
  await node.closed()
})

t.test('what has become a replica is written to once it is promoted', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  const demo = nodeOf(t, redis).handle('demo')
  t.match(await demo.publish(Buffer.from('x'), OPAQUE), { segments: 1 })
  await client.replicaof('127.0.0.1', '1')
  const before = await refusals(client)
  const publishing = demo.publish(Buffer.from('y'), OPAQUE)
  await until(async () => await refusals(client) > before + 2)
  await client.replicaof('NO', 'ONE')
  t.match(await publishing, { segments: 1 })
})
