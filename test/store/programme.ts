// What happens in the life of a cluster, for the tests of the files that take part in it: two nodes within this process, over one Redis.
import { PRICES } from '../../lib/broadcast/prices.js'
import type { Test } from 'tap'
import type { Broadcasts } from '../../lib/store/registry.js'
import type { WatchingViewer } from '../../lib/broadcast/roles.js'
import { startRedis } from '../kit/redis.js'
import type { RedisServer } from '../kit/redis.js'
import { MOVIE_INIT, bodyTo, fragment, kept } from '../broadcast/lives.js'
import { OPAQUE, nodeOf, until } from './nodes.js'

/** The cluster of one test. */
export interface Programme {
  readonly redis: RedisServer
  readonly one: Broadcasts
  readonly two: Broadcasts
}

/** Somebody who watches. */
export function viewer (id = 'viewer'): WatchingViewer & { kicked: boolean } {
  const one = { id, kicked: false, wake () {}, kick () { one.kicked = true } }
  return one as unknown as WatchingViewer & { kicked: boolean }
}

const MP4 = { contentType: 'video/mp4' }
const textsOf = (node: Broadcasts, name = 'demo') => kept(node.find(name)!).map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
const bytesOf = (text: string): Uint8Array => Buffer.from(text)

/** Begins it; undefined where there is no Redis. */
export async function programme (t: Test, options: Parameters<typeof nodeOf>[2] = {}, store: Parameters<typeof nodeOf>[3] = {}): Promise<Programme | undefined> {
  const redis = await startRedis(t)
  return redis === undefined ? undefined : { redis, one: nodeOf(t, redis, options, store), two: nodeOf(t, redis, options, store) }
}

/** All goes well. */
export async function goesWell (t: Test): Promise<void> {
  const given = await programme(t, { broadcastTimeout: 8_000, maxBroadcasts: 3, window: { bytes: 20_000 + PRICES.broadcast + 4 * PRICES.track + 4 * PRICES.init + 2 * PRICES.segment } })
  if (given === undefined) return
  const { one, two } = given
  const early = viewer()
  two.watch('demo', early)
  await one.handle('demo').publish(bytesOf('first'), OPAQUE)
  await until(() => two.find('demo')?.window.size === 1)
  await two.handle('demo').publish(bytesOf('second'), OPAQUE)
  await until(() => two.find('demo')?.window.size === 2)
  await one.load('demo')
  await one.load('demo')
  t.strictSame([textsOf(one), textsOf(two)], [['first', 'second'], ['first', 'second']])
  t.strictSame([one.stateOf('demo'), two.stateOf('demo'), one.stateOf('none'), one.kept.map(({ name }) => name)], ['live', 'live', 'waiting', ['demo']])
  t.match(await one.list(), [{ name: 'demo', state: 'live', segments: 2 }])

  // Outboxes come and go, and nothing that they bring is taken for what was brought before.
  const turns = ['x', 'y', 'x', 'y', 'x', 'y'].map((name, index) => [name, `${name}${index}`] as const)
  for (const [name, text] of turns) await two.handle(name).publish(bytesOf(text), OPAQUE)
  for (const name of ['x', 'y']) {
    await one.load(name)
    t.strictSame(textsOf(one, name), turns.filter(([one]) => one === name).map(([, text]) => text))
    await one.end(name)
  }
  await until(async () => (await one.list()).length === 1)

  // A movie, whose init segment comes by itself, in objects that come again.
  const movie = two.handle('movie')
  const iterator = one.handle('movie')[Symbol.asyncIterator]()
  const heard = iterator.next()
  const object = async (bytes: Uint8Array) => {
    const body = bodyTo(two, 'movie', { ...MP4, finite: true })
    await two.prepare('movie')
    body.publication.push(bytes)
    return await body.outcome()
  }
  await object(MOVIE_INIT)
  t.match(await object(fragment(0)), { repeated: false, published: { segments: 1 } })
  t.match((await heard).value, { track: 'main', start: 0 })
  t.match(await object(fragment(0)), { repeated: true, published: { segments: 0 } })
  const other = Buffer.from(MOVIE_INIT)
  other.writeUInt8(0x36, 11)
  await object(other)
  t.match(await movie.publish(fragment(1)), { segments: 1 })
  const { id } = kept(one.find('movie')!)[0]!
  const [epoch, sequence] = id.split('-').map(Number) as [number, number]
  for (const node of [one, two]) t.match(await node.segment('movie', { epoch, sequence }), { id, mime: /^video\/mp4/, initSegment: Buffer })
  t.equal(await one.segment('movie', { epoch, sequence: 99 }), undefined)
  t.match(await two.segment('demo', { epoch: one.find('demo')!.epoch, sequence: 1 }), { mime: 'application/x-test' })
  await iterator.return!()

  // What the window drops is gone, with the init segments that it needed.
  for (let number = 0; number < 6; number++) await movie.publish(Buffer.alloc(8000, 65 + number), { contentType: `application/x-${number % 2}`, track: 'sizes' })
  t.match((await two.list()).find(({ name }) => name === 'movie'), { segments: 2 })

  // Viewers are found and ended wherever they are.
  await one.kickAnywhere('viewer')
  await until(() => early.kicked)
  await two.kickAnywhere('viewer')

  // There are as many as may be.
  await one.handle('third').publish(bytesOf('x'), OPAQUE)
  await t.rejects(two.handle('fourth').publish(bytesOf('x'), OPAQUE), { code: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS' })

  // It ends, begins anew, and is forgotten.
  const live = two.find('demo')!
  t.equal(await one.end('demo'), true)
  t.equal(await one.end('none'), false)
  await until(() => live.state === 'ended')
  await one.handle('demo').publish(bytesOf('anew'), OPAQUE)
  await until(() => two.stateOf('demo') === 'live')
  await two.load('demo')
  t.strictSame(textsOf(two), ['anew'])
  two.unwatch(live, early)
  await until(async () => (await one.list()).length === 0)
  await until(() => [...two.kept, ...one.kept].length === 0)
}

/** Publishers meet. */
export async function publishersMeet (t: Test): Promise<void> {
  for (const takeover of [false, true]) {
    const given = await programme(t, { takeover })
    if (given === undefined) return
    const { one, two } = given
    const watching = viewer()
    one.watch('demo', watching)
    const first = bodyTo(one, 'demo', { ...MP4, publisher: 'first' })
    first.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
    await until(() => one.find('demo')?.window.size === 1)
    const second = bodyTo(two, 'demo', { ...MP4, publisher: 'second' })
    second.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
    if (takeover) {
      t.match(await second.end(), { segments: 1 })
      await until(() => first.cuts.length === 1)
      t.match(first.cuts, [{ reason: 'takeover', error: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' } }])
    } else {
      await t.rejects(second.end(), { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' })
      t.match(second.cuts, [{ reason: 'error', error: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' } }])
    }
    // The same one, connected anew to the other node.
    const again = bodyTo(two, 'demo', { ...MP4, publisher: takeover ? 'second' : 'first' })
    again.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
    await until(() => (one.find('demo')?.window.size ?? 0) >= 2)
    // Two at once, each with a track of its own, and one whose broadcast is ended.
    const tracks = await Promise.all([one, two, one].map(async (node, index) => await node.handle('demo').publish(bytesOf(`t${index}`), { ...OPAQUE, track: `t${index}` })))
    t.equal(new Set(tracks.map(({ id }) => id)).size, 3)
    await two.end('demo')
    await until(() => again.cuts.length === 1)
    t.match(again.cuts, [{ reason: 'kicked', error: { code: 'FST_MEDIA_SSE_NOT_FOUND' } }])
    one.unwatch(one.find('demo')!, watching)
  }
}

/** An init segment comes by itself, and what needs it at once behind that, to a node where it may not have come by the tail yet. */
export async function initsComeFirst (t: Test): Promise<void> {
  const given = await programme(t)
  if (given === undefined) return
  const { one, two } = given
  const watching = viewer()
  for (let number = 0; number < 30; number++) {
    const name = `movie${number}`
    const lives = [one, two].map(node => node.watch(name, watching))
    await Promise.all([one, two].map(async node => await node.load(name)))
    const object = async (node: Broadcasts, bytes: Uint8Array) => {
      const body = bodyTo(node, name, { ...MP4, finite: true })
      await node.prepare(name)
      body.publication.push(bytes)
      return await body.outcome()
    }
    await object(one, MOVIE_INIT)
    t.match(await object(number % 2 === 0 ? one : two, fragment(0)), { published: { segments: 1 } }, name)
    for (const [index, node] of [one, two].entries()) node.unwatch(lives[index]!, watching)
  }
}

/** A node asks what Redis knows, and meanwhile takes what is published: that it then knows more is no loss of Redis'. */
export async function nothingIsLost (t: Test): Promise<void> {
  const given = await programme(t)
  if (given === undefined) return
  const { redis, one } = given
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  const names = Array.from({ length: 40 }, (_, index) => `cam${index}`)
  const publish = async (name: string) => (await one.handle(name).publish(bytesOf('x'), OPAQUE)).id
  // It has nothing yet that could be lost.
  const still = bodyTo(one, 'still', { ...MP4, finite: true })
  still.publication.push(MOVIE_INIT)
  await still.end()
  const begun: Array<string | undefined> = []
  for (const name of names) begun.push(await publish(name))
  const over = new AbortController()
  const publishing = Promise.all(names.map(async name => { while (!over.signal.aborted) await publish(name) }))
  for (let number = 0; number < 3; number++) {
    const node = nodeOf(t, redis)
    await Promise.all(['still', ...names.slice(0, 20)].map(async name => await node.load(name)))
    const reading = String(await client.client('LIST')).split('\n').filter(line => line.includes('cmd=xread'))
    for (const line of reading) await client.client('KILL', 'ID', /id=(\d+)/.exec(line)![1]!)
    for (const name of names.slice(20)) await node.load(name)
    await until(() => names.every(name => node.stateOf(name) === 'live'))
  }
  over.abort()
  await publishing
  const epochOf = (id: string | undefined) => id?.split('-')[0]
  const after: Array<string | undefined> = []
  for (const name of names) after.push(await publish(name))
  t.strictSame(after.map(epochOf), begun.map(epochOf))
}

/** Redis is away, and comes back with nothing. */
export async function redisIsLost (t: Test): Promise<void> {
  const given = await programme(t, {}, { holdTimeout: 3_000, holdBytes: 10 })
  if (given === undefined) return
  const { redis, one, two } = given
  const watching = viewer()
  two.watch('demo', watching)
  const body = bodyTo(one, 'demo', { ...MP4, publisher: 'stays' })
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  await until(() => two.find('demo')?.window.size === 2)
  const { epoch } = two.find('demo')!
  await redis.kill()
  for (const act of [async () => await one.handle('other').publish(bytesOf('x'), OPAQUE), async () => await one.load('other'), async () => await one.end('demo'), async () => await one.list()]) {
    await t.rejects(act() as Promise<unknown>, { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  }
  t.equal(two.find('demo')!.window.size, 2, 'who watches is served')
  await redis.start()
  await until(async () => await one.list().then(() => true, () => false))
  const host = one.host('demo', () => {}, () => {})
  t.equal(host.room(), undefined)
  body.publication.push(Buffer.concat([fragment(2), fragment(3)]))
  const room = host.room()
  t.ok(room instanceof Promise)
  t.equal(host.room(), room)
  await room
  t.match(await body.end(), { segments: 4 })
  await until(() => two.find('demo')!.epoch > epoch && two.find('demo')!.window.size === 2)
  // It is gone for good: a publisher that has waited for too long is told.
  await redis.kill()
  const late = bodyTo(one, 'demo', { ...MP4, publisher: 'late' })
  late.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await t.rejects(late.end(), { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' })
  two.unwatch(two.find('demo')!, watching)
}
