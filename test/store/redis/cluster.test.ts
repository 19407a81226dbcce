// A node of a cluster and its parts, which do nothing one without the other: all that happens to them, over a real Redis.
// Above 300 lines, because one test file answers for all of its source files.
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { Broadcasts } from '../../../lib/store/registry.js'
import { openPart } from '../../../lib/publish/byte-stream.js'
import type { OpenableStore } from '../../../lib/store/store.js'
import { Cluster } from '../../../lib/store/redis/cluster.js'
import { Commands } from '../../../lib/store/redis/commands.js'
import { Mirror } from '../../../lib/store/redis/mirror.js'
import { redisStore } from '../../../lib/store/redis/redis-store.js'
import { Tail } from '../../../lib/store/redis/tail.js'
import { keptLog } from '../../kit/log.js'
import { startRedis } from '../../kit/redis.js'
import type { RedisServer } from '../../kit/redis.js'
import { LAST, MOVIE_INIT, bodyTo, broadcastsOf, fragment, kept, publicationOptions, runningLife } from '../../broadcast/lives.js'
import { OPAQUE, nodeOf, refusals, until } from '../nodes.js'
import { goesWell, initsComeFirst, nothingIsLost, programme, publishersMeet, redisIsLost, viewer } from '../programme.js'

const PREFIX = '{media-sse:/live}:'
const MP4 = { contentType: 'video/mp4' }
const bytesOf = (text: string): Uint8Array => Buffer.from(text)

// Somebody at Redis itself: what is done there stands for a replica that was promoted and has less, or other things.
function operator (t: Test, redis: RedisServer) {
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  return {
    client,
    life: (epoch: number, name = 'demo') => `${PREFIX}life:${name}:${epoch}`,
    tell: async (...messages: Array<object | string>) => {
      const all = client.multi()
      for (const message of messages) all.xadd(`${PREFIX}control`, '*', 'c', typeof message === 'string' ? message : JSON.stringify(message))
      await all.exec()
    },
    // All nodes connect anew.
    hangUp: async () => { await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes') }
  }
}

t.jobs = 4

t.test('all goes well', { buffered: true }, goesWell)
t.test('init segments come first', { buffered: true }, initsComeFirst)
t.test('publishers meet', { buffered: true }, publishersMeet)
t.test('Redis is lost', { buffered: true }, redisIsLost)

t.test('nobody watches for a while', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { one, two } = given
  await one.prepare('early')
  const body = bodyTo(one, 'demo', { ...MP4, publisher: 'stays' })
  const watching = viewer()
  const live = one.watch('demo', watching)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await two.handle('other').publish(bytesOf('x'), OPAQUE)
  await one.load('other')
  await until(() => live.window.size === 1)
  one.unwatch(live, watching)
  one.unwatch(one.watch('demo', watching), watching)
  const again = one.watch('other', watching)
  await until(() => live.window.size === 0)
  t.equal(one.find('demo'), live, 'what is published here stays')
  t.equal(one.find('other')!.window.size, 1, 'what is watched again stays')
  one.unwatch(again, watching)
  await until(() => one.find('other') === undefined)
  await one.prepare('late')
  await body.end()
})

t.test('a node that comes late', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one, two } = given
  const { client, life } = operator(t, redis)
  for (let number = 0; number < 40; number++) await one.handle('demo').publish(bytesOf(String(number)), OPAQUE)
  const { epoch } = one.find('demo')!
  await two.load('none')
  t.match(await two.segment('demo', { epoch, sequence: 1 }), { mime: 'application/x-test', initSegment: undefined })
  await two.load('demo')
  t.equal(two.find('demo')!.window.size, 40)
  await one.end('demo')
  const three = nodeOf(t, redis)
  await until(() => three.stateOf('demo') === 'ended')
  await three.load('demo')
  t.match([three.find('demo')!.state, three.find('demo')!.window.size], ['ended', 40])
  await client.hdel(life(epoch), 'init:main:1')
  t.equal(await nodeOf(t, redis).segment('demo', { epoch, sequence: 1 }), undefined, 'nobody could use it')
  await client.hset(`${PREFIX}index`, 'ghost', 5)
  await three.load('ghost')
  t.equal(three.find('ghost')!.state, 'waiting')
})

t.test('what Redis answers is wrong', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one, two } = given
  const { client, life, tell } = operator(t, redis)
  await one.handle('demo').publish(bytesOf('x'), OPAQUE)
  await until(() => two.stateOf('demo') === 'live')
  const { epoch } = one.find('demo')!
  await client.multi().rename(life(epoch), 'aside').set(life(epoch), 'x').exec()
  const iterator = two.handle('demo')[Symbol.asyncIterator]()
  const heard = iterator.next()
  const live = two.find('demo')!
  await until(async () => (await client.info('errorstats')).includes('WRONGTYPE'))
  await tell({ t: 'init', name: 'demo', epoch, field: 'init:main:1' }, { t: 'started', name: 'mark', epoch: 1 })
  await until(() => two.stateOf('mark') === 'live')
  await client.rename('aside', life(epoch))
  await until(() => live.window.size === 1)
  await client.set('aside', 'x')
  await tell('not JSON', { t: 'cut', name: 'none', id: 'none', same: true }, { t: 'started', name: 'demo', epoch: 1 }, { t: 'init', name: 'demo', epoch, field: 'init:none:1' })
  await one.handle('demo').publish(bytesOf('y'), OPAQUE)
  await until(() => live.window.size === 2)
  await client.multi().hset(`${PREFIX}index`, 'demo', epoch + 1).exec()
  await one.load('demo')
  t.equal(one.find('demo')!.epoch, epoch)
  await one.list()
  await client.multi().del(`${PREFIX}index`).set(`${PREFIX}index`, 'x').exec()
  await t.rejects(one.list(), { message: /WRONGTYPE/ })
  await t.rejects(one.load('demo'), { message: /WRONGTYPE/ })
  await heard
  await iterator.return!()
})

t.test('Redis comes back with other things', { buffered: true }, async t => {
  const given = await programme(t, { broadcastTimeout: 300 })
  if (given === undefined) return
  const { redis, one, two } = given
  const { client, life, hangUp } = operator(t, redis)
  const watching = viewer()
  const live = two.watch('demo', watching)
  const body = bodyTo(one, 'demo', { ...MP4, publisher: 'stays' })
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  await until(() => live.window.size === 2)
  const segments = `${life(live.epoch)}:segments`
  const [, fields] = (await client.xrevrangeBuffer(segments, '+', '-', 'COUNT', 1))[0]! as [Buffer, Buffer[]]
  await hangUp()
  await two.list()
  body.publication.push(fragment(2))
  await until(() => live.window.size === 3)
  t.equal(kept(live).length, 3, 'it was away, and has lost nothing')
  // The last that was seen has another in its place.
  let { epoch } = live
  const time = fields.findIndex(field => field.toString() === 't') + 1
  await client.multi().del(segments).xadd(segments, `${epoch}-3`, ...fields.map((field, index) => index === time ? '1' : field)).exec()
  await hangUp()
  await until(() => live.epoch > epoch)
  body.publication.push(fragment(3))
  await until(() => kept(live).length === 1)
  // There are fewer than were seen.
  epoch = live.epoch
  await client.hset(life(epoch), 'next', 1)
  await hangUp()
  await until(() => live.epoch > epoch)
  // The ledger is an older one: the publisher itself notices.
  const other = bodyTo(one, 'other', MP4)
  other.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await until(async () => (await one.list()).some(({ name, segments }) => name === 'other' && segments === 1))
  const before = one.find('other')!.epoch
  await client.hset(life(before, 'other'), 'version', 0)
  other.publication.push(fragment(1))
  await other.end()
  await until(() => one.find('other') === undefined || one.find('other')!.epoch > before)
  // It has lost all, and nobody publishes.
  await body.end()
  await client.flushall()
  await hangUp()
  await until(() => one.find('demo') === undefined && live.state === 'ended')
  two.unwatch(live, watching)
})

t.test('Redis has lost all, and who watches publishes', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one } = given
  const { client } = operator(t, redis)
  const watching = viewer()
  const live = one.watch('demo', watching)
  await one.handle('demo').publish(bytesOf('x'), OPAQUE)
  await until(() => live.window.size === 1)
  const { epoch } = live
  await client.flushall()
  await one.handle('demo').publish(bytesOf('y'), OPAQUE)
  await until(() => live.epoch > epoch && live.window.size === 1)
  one.unwatch(live, watching)
})

t.test('an end comes at any time', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one } = given
  const { client, life, tell } = operator(t, redis)
  const watching = viewer()
  const live = one.watch('demo', watching)
  const first = bodyTo(one, 'demo', MP4)
  first.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await until(() => live.window.size === 1)
  const { epoch } = live
  // It is known to end before its last segments are read, and somebody begins it anew.
  await client.hset(life(epoch), 'state', 'ended')
  const ended = { t: 'ended', name: 'demo', epoch, next: 9 }
  await tell(ended, ended)
  await until(() => first.cuts.length === 1)
  const second = bodyTo(one, 'demo', MP4)
  second.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await until(() => one.find('demo') !== live && one.find('demo')!.state === 'live')
  // It has ended, and its publisher has not heard of it.
  await client.hset(life(one.find('demo')!.epoch), 'state', 'ended')
  second.publication.push(fragment(1))
  await t.rejects(second.end(), { code: 'FST_MEDIA_SSE_NOT_FOUND' })
  // A body in parts is between two of them.
  const part = openPart(undefined, { offset: 0, length: undefined, final: false }, one.host('parts', () => {}, () => {}), publicationOptions(MP4))
  part.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await until(() => one.find('parts')?.state === 'live')
  t.equal(await one.end('parts'), true)
  // The last segment says that it is the last.
  const third = bodyTo(one, 'third', MP4)
  third.publication.push(Buffer.concat([MOVIE_INIT, LAST, fragment(0)]))
  await third.end()
  await until(() => one.stateOf('third') === 'ended')
  one.unwatch(live, watching)
})

t.test('Redis does not answer, and a node closes', { buffered: true }, async t => {
  const given = await programme(t, {}, { nodeTimeout: 1_500, holdTimeout: 1_000 })
  if (given === undefined) return
  const { redis, one } = given
  await one.handle('other').publish(bytesOf('x'), OPAQUE)
  const { client } = operator(t, redis)
  const connections = async (): Promise<number> => Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))![1])
  const before = await connections()
  redis.pause()
  // Longer than three times what a read waits.
  for (let waited = 0; waited < 6; waited++) await t.rejects(one.list(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  redis.resume()
  await until(async () => await connections() > before)
  await until(async () => await one.list().then(() => true, () => false))
  const body = bodyTo(one, 'demo', MP4)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await until(() => one.find('demo')?.state === 'live')
  one.close()
  t.match(body.cuts, [{ reason: 'closing', error: { code: 'FST_MEDIA_SSE_CLOSING' } }])
  await t.rejects(one.handle('demo').publish(bytesOf('x'), OPAQUE), { code: 'FST_MEDIA_SSE_CLOSING' })
})

t.test('a node that closes while Redis is away waits for it no longer, and asks no more', { buffered: true }, async t => {
  const node = broadcastsOf({ store: redisStore({ url: 'redis://127.0.0.1:1', holdTimeout: 2 ** 31 - 1 }), closeTimeout: 1 })
  const asked = t.rejects(node.list(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  const published = t.rejects(node.handle('demo').publish(bytesOf('x'), OPAQUE), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  node.close()
  await node.closed()
  await asked
  await published
  await t.rejects(node.list(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
})

t.test('a connection that ends while Redis is asked answers that it cannot be reached', { buffered: true }, async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const client = redis.client()
  const commands = new Commands(client, PREFIX, 2 ** 31 - 1)
  await commands.list()
  redis.pause()
  const asked = t.rejects(commands.list(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  client.disconnect()
  await asked
  redis.resume()
})

t.test('a node that has taken its leave does not come back', { buffered: true }, async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const { client } = operator(t, redis)
  // Redis knows the script that tells its leave, so that nothing is asked twice.
  for (const pause of [0, 300]) {
    const node = broadcastsOf({ store: redisStore({ client, nodeTimeout: 400 }) })
    await node.handle('demo').publish(bytesOf('x'), OPAQUE)
    // It may beat three times meanwhile.
    await client.call('CLIENT', 'PAUSE', pause, 'WRITE')
    node.close()
    await node.closed()
    t.strictSame(await client.hkeys(`${PREFIX}nodes`), [])
  }
})

t.test('a primary that may not write without a replica is waited for', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one } = given
  const { client } = operator(t, redis)
  const hasty = nodeOf(t, redis, {}, { holdTimeout: 300 })
  await one.handle('demo').publish(bytesOf('x'), OPAQUE)
  await client.multi().config('SET', 'min-replicas-to-write', 1).script('FLUSH').exec()
  const before = await refusals(client)
  const publishing = one.handle('demo').publish(bytesOf('y'), OPAQUE)
  await t.rejects(hasty.handle('other').publish(bytesOf('z'), OPAQUE), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  await until(async () => await refusals(client) > before + 3)
  await client.config('SET', 'min-replicas-to-write', 0)
  t.match(await publishing, { segments: 1 })
})

t.test('what a server knows of what was taken', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one } = given
  const { client, life, hangUp } = operator(t, redis)
  const commands = new Commands(client, PREFIX, 10_000)
  const mirrorOf = async (epoch: number): Promise<Mirror> => {
    const mirror = new Mirror(runningLife({ epoch }), epoch, commands, at => at)
    await mirror.loading
    return mirror
  }
  const none = await mirrorOf(7)
  t.equal(await none.hasLost(commands), false, 'it does not know that life')
  await client.hset(life(7), { state: 'live', next: 1 })
  t.equal(await (await mirrorOf(7)).hasLost(commands), false, 'nothing was taken')
  await one.handle('demo').publish(bytesOf('x'), OPAQUE)
  const { epoch } = one.find('demo')!
  const mirror = await mirrorOf(epoch)
  t.equal(await mirror.hasLost(commands), false)
  await client.xtrim(`${life(epoch)}:segments`, 'MAXLEN', 0)
  t.equal(await mirror.hasLost(commands), false, 'it does not keep it any more')
  await client.hset(life(epoch), 'next', 1)
  t.equal(await mirror.hasLost(commands), true)
  // Who has written it misses it too.
  await hangUp()
  await until(async () => (await one.list()).some(({ latest }) => Number(latest.split('-')[0]) > epoch))
})

t.test('a body in parts is begun anew at another node', { buffered: true }, async t => {
  const given = await programme(t)
  if (given === undefined) return
  const { one, two } = given
  const body = Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)])
  const half = body.byteLength - fragment(1).byteLength
  const send = async (node: Broadcasts, from: number, to: number, track = 'main', publisher = 'page') => {
    const range = { offset: from, length: to - from, final: to === body.byteLength }
    const part = openPart(node.find('demo'), range, node.host('demo', () => {}, () => {}), publicationOptions({ ...MP4, track, publisher }))
    part.push(body.subarray(from, to))
    return await part.end()
  }
  const streams = (node: Broadcasts) => ['main', 'other'].filter(track => node.find('demo')?.byteStream(track) !== undefined)
  for (const track of ['main', 'other']) await send(one, 0, half, track)
  await t.rejects(send(two, 0, half, 'main', 'another'), { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' }, 'its track is taken between its parts')
  await send(two, 0, half)
  await until(() => streams(one).length === 1)
  t.strictSame([streams(one), streams(two)], [['other'], ['main']])
  t.match(await send(two, half, body.byteLength), { published: { segments: 1 } })
  await send(one, 0, half, 'main', 'another')
  t.match(await send(one, half, body.byteLength, 'other'), { published: { segments: 1 } })
})

t.test('a connection that breaks while it is asked is another one, and asked anew', { buffered: true }, async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const { client: commands, tell } = operator(t, redis)
  const client = redis.client()
  let asked = 0
  const told: unknown[] = []
  const tail = new Tail({
    client,
    commands: new Commands(commands, PREFIX, 10_000),
    nodeId: 'node',
    log: keptLog().log,
    block: 5000,
    told: message => { told.push(message) },
    resync: async () => {
      if (++asked === 1) {
        const ready = once(client, 'ready')
        client.disconnect(true)
        await ready
      }
      return '0-0'
    },
    check: async () => {}
  })
  t.teardown(() => {
    tail.close()
    client.disconnect()
  })
  await client.ping()
  tail.run()
  const message = { t: 'kick', viewer: 'v' }
  await tell(message)
  await until(() => told.length === 1)
  t.strictSame([asked, told], [2, [message]])
})

t.test('a node asks one server, and reads another that has less', { buffered: true }, async t => {
  const [one, two] = [await startRedis(t), await startRedis(t)]
  if (one === undefined || two === undefined) return
  const before = nodeOf(t, one)
  for (const text of ['a', 'b']) await before.handle('demo').publish(bytesOf(text), OPAQUE)
  const [from, to] = [operator(t, one).client, operator(t, two).client]
  for (const key of await from.keys('*')) await to.restore(key, 0, (await from.dumpBuffer(key))!)
  await before.handle('demo').publish(bytesOf('c'), OPAQUE)
  const node = broadcastsOf()
  const cluster = new Cluster(node, { clients: { commands: one.client(), tail: two.client() }, prefix: PREFIX, holdTimeout: 10_000, holdBytes: 1000, nodeTimeout: 1_000 })
  await cluster.load('demo')
  const live = node.lives.get('demo')!
  const { epoch } = live
  t.strictSame(kept(live).map(({ bytes }) => Buffer.from(bytes).toString()), ['a', 'b', 'c'])
  await until(() => live.epoch > epoch)
  t.equal(live.window.size, 0, 'what comes there under the same id is told by another epoch')
  cluster.close()
  await cluster.closed()
})

t.test('a life that begins is one of the node, also where nothing was known of its name', { buffered: true }, async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  const node = broadcastsOf()
  const cluster = (redisStore({ client }) as OpenableStore).open(node) as Cluster
  const live = cluster.standing.adopt('demo', 5)
  t.equal(node.lives.get('demo'), live)
  t.strictSame([live.state, live.epoch, cluster.stateOf('demo')], ['live', 5, 'live'])
  t.equal(cluster.standing.adopt('demo', 5), live)
  t.equal(cluster.standing.adopt('demo', 6), live, 'what has become of it is heard in its turn')
  cluster.close()
  await cluster.closed()
})

// By itself: it keeps the machine busy.
t.test('nothing is lost', nothingIsLost)

t.test('what waits for Redis is let go where there is no room, and all goes on when Redis does', { buffered: true }, async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const node = nodeOf(t, redis, { maxWindowBytes: 300_000 }, { holdBytes: 3_000_000, holdTimeout: 60_000 })
  const [one, other] = [bodyTo(node, 'one', { contentType: 'text/plain' }), bodyTo(node, 'other', { contentType: 'image/jpeg' })]
  const picture = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xd9)
  const pictures = Buffer.concat(Array<Uint8Array>(200).fill(picture))
  const noRoom = { code: 'FST_MEDIA_SSE_NO_ROOM', statusCode: 503 }
  await one.publication.push(Buffer.alloc(10_000, 'a'))
  await other.publication.push(picture)
  await until(() => node.find('other')?.state === 'live')
  const idle = node.budget.bytes
  redis.pause()
  // More segments than there is room for, each of which costs far more than its bytes.
  await other.publication.push(pictures)
  t.strictSame(other.cuts, [])
  await t.rejects(async () => await other.publication.push(pictures), noRoom)
  t.match(other.cuts, [{ reason: 'error', error: noRoom }])
  t.strictSame(one.cuts, [])
  redis.resume()
  t.match(await one.end(), { segments: 1 })
  await until(() => node.budget.bytes < idle + 10_000)
  t.match(await node.handle('other').publish(picture, { contentType: 'image/jpeg' }), { segments: 1 })
})
