// What a cluster of nodes comes through: nodes and Redis that are killed, halted, and come back with less than they had.
import t from 'tap'
import { startNode, startNodes } from '../kit/cluster.js'
import { Publishing, get, post } from '../kit/publish.js'
import { startRedis } from '../kit/redis.js'
import { knownBytes } from '../kit/segments.js'
import { watch } from '../kit/watch.js'
import type { Watching } from '../kit/watch.js'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'

const OPAQUE = { 'content-type': 'application/x-test' }
const MP4 = { 'content-type': 'video/mp4' }
const epochs = ({ segments }: Watching) => [...new Set(segments.map(({ id }) => id.split('-')[0]))]
const sequences = ({ segments }: Watching) => segments.map(({ id }) => Number(id.split('-')[1]))

t.test('a node that is killed takes nothing with it', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const [one, two] = await startNodes(t, redis, 2, { broadcastTimeout: 1_000, store: { nodeTimeout: 2_000 } })
  const viewer = await watch(`${two!.url}/demo`)
  const publishing = new Publishing(`${one!.url}/demo`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  await viewer.until(() => viewer.segments.length === 2)
  await one!.kill()
  publishing.kill()
  const again = new Publishing(`${two!.url}/demo`, MP4)
  again.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  await viewer.until(() => viewer.segments.length === 4)
  t.equal(epochs(viewer).length, 1, 'its encoder goes on with the broadcast at another node')
  t.match(viewer.named('gap'), [{ json: { reason: 'publisher', segments: 0 } }])
  t.equal(viewer.segments[2]!.json['discontinuity'], true)
  t.equal(viewer.named('init').length, 1)
  const three = await startNode(t, redis, { broadcastTimeout: 1_000, store: { nodeTimeout: 2_000 } })
  const back = await watch(`${three.url}/demo`, { headers: { 'last-event-id': viewer.segments[0]!.id } })
  await back.until(() => back.segments.length === 3)
  t.strictSame(back.named('gap').map(({ json }) => json['reason']), ['publisher'], 'a viewer of it goes on elsewhere')
  await two!.kill()
  again.kill()
  await back.over()
  t.equal(back.named('state').at(-1)?.json['state'], 'ended', 'and what nobody publishes any more is ended by who is left')
})

t.test('Redis that does not answer for a while loses nothing, and nobody', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const nodes = await startNodes(t, redis, 2, { heartbeat: 200, store: { holdBytes: 100_000, nodeTimeout: 60_000 } })
  const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/demo`)))
  await post(`${nodes[0]!.url}/demo`, knownBytes(0, 50_000), OPAQUE)
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 1)
  redis.pause()
  const comments = viewers.map(viewer => viewer.comments.length)
  const posts = Array.from({ length: 8 }, (_, index) => index + 1)
  const answers = posts.map(async number => await post(`${nodes[0]!.url}/demo/t${number}`, knownBytes(number, 50_000), OPAQUE))
  for (const [index, viewer] of viewers.entries()) await viewer.until(() => viewer.comments.length > comments[index]! + 2)
  t.strictSame(viewers.map(({ segments }) => segments.length), [1, 1], 'they are sent heartbeats meanwhile')
  redis.resume()
  t.strictSame((await Promise.all(answers)).map(({ status }) => status), posts.map(() => 201))
  for (const viewer of viewers) {
    await viewer.until(() => viewer.segments.length === 9)
    t.strictSame(sequences(viewer), [1, ...posts.map(number => number + 1)])
    t.strictSame(viewer.named('gap'), [])
    await viewer.leave()
  }
})

t.test('Redis that stays away is told to publishers and to who comes, not to who watches', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const node = await startNode(t, redis, { store: { holdTimeout: 2_000 } })
  await post(`${node.url}/demo`, knownBytes(1, 1000), OPAQUE)
  const viewer = await watch(`${node.url}/demo`)
  await viewer.until(() => viewer.segments.length === 1)
  await redis.kill()
  for (const path of ['demo', 'other']) {
    t.match(await post(`${node.url}/${path}`, knownBytes(2, 1000), OPAQUE), { status: 503, headers: { 'retry-after': /^\d+$/ }, json: { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' } })
  }
  t.match(await get(`${node.url}/other`), { status: 503, headers: { 'retry-after': /^\d+$/ }, json: { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' } })
  const source = await get(`${node.url}/other`, { accept: 'text/event-stream' })
  t.match([source.status, source.bytes.toString()], [200, /"state":"full"/], 'an EventSource is told to come again')
  t.match(await get(node.url), { status: 503, headers: { 'retry-after': /^\d+$/ } })
  t.match(await get(`${node.url}/demo`, {}, 'DELETE'), { status: 503, headers: { 'retry-after': /^\d+$/ } })
  const late = await watch(`${node.url}/demo`)
  await late.until(() => late.segments.length === 1)
  await late.leave()
  t.notOk(viewer.ended, 'who watches goes on to')
  await redis.start()
  const answered = async (): Promise<number> => {
    const { status } = await post(`${node.url}/demo`, knownBytes(3, 1000), OPAQUE)
    return status === 503 ? await answered() : status
  }
  t.equal(await answered(), 201)
  await viewer.until(() => viewer.segments.length === 2)
  t.equal(epochs(viewer).length, 2)
  await viewer.leave()
})

t.test('Redis that comes back empty begins a new epoch, for publishers and viewers who have stayed', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const nodes = await startNodes(t, redis, 2)
  const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/demo`)))
  const publishing = new Publishing(`${nodes[0]!.url}/demo`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 2)
  await redis.kill()
  publishing.write(fragment(2))
  await redis.start()
  publishing.write(fragment(3))
  t.match(await publishing.end(), { status: 201, json: { segments: 4 } })
  for (const viewer of viewers) {
    await viewer.until(() => viewer.segments.length === 4)
    t.strictSame(sequences(viewer), [1, 2, 1, 2])
    t.equal(epochs(viewer).length, 2)
    t.match(viewer.named('gap'), [{ json: { reason: 'restart', segments: null } }])
    t.strictSame(viewer.named('state').map(({ json }) => json['state']), ['waiting', 'live', 'live'])
    t.equal(viewer.named('init').length, 2)
    await viewer.leave()
  }
})

t.test('Redis that comes back with less than it had begins a new epoch, so that no id names two segments', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const nodes = await startNodes(t, redis, 2)
  const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/demo`)))
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  await post(`${nodes[0]!.url}/demo`, knownBytes(1, 1000), OPAQUE)
  await client.save()
  await post(`${nodes[0]!.url}/demo`, knownBytes(2, 1000), OPAQUE)
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 2)
  await redis.kill()
  await redis.start()
  await post(`${nodes[1]!.url}/demo`, knownBytes(3, 1000), OPAQUE)
  for (const viewer of viewers) {
    await viewer.until(() => viewer.segments.length === 3)
    const bytes = new Map(viewer.segments.map(segment => [segment.id, segment.bytes]))
    t.equal(bytes.size, 3)
    t.ok(viewer.segments.at(-1)!.bytes.equals(knownBytes(3, 1000)))
    await viewer.leave()
  }
})

t.test('with persistence all is there again when everything was killed', async t => {
  const redis = await startRedis(t, '--appendonly', 'yes', '--appendfsync', 'always')
  if (redis === undefined) return
  const before = await startNodes(t, redis, 2)
  const ids: string[] = []
  for (const number of [1, 2, 3]) ids.push(String((await post(`${before[number % 2]!.url}/demo`, knownBytes(number, 1000), OPAQUE)).json['id']))
  await Promise.all([redis.kill(), ...before.map(async node => await node.kill())])
  await redis.start()
  const [one, two] = await startNodes(t, redis, 2)
  const start = await watch(`${one!.url}/demo?from=start`)
  const resumed = await watch(`${two!.url}/demo`, { headers: { 'last-event-id': ids[0]! } })
  await post(`${two!.url}/demo`, knownBytes(4, 1000), OPAQUE)
  await start.until(() => start.segments.length === 4)
  await resumed.until(() => resumed.segments.length === 3)
  t.ok(start.segments.every(({ bytes }, index) => bytes.equals(knownBytes(index + 1, 1000))))
  t.strictSame(start.segments.slice(0, 3).map(({ id }) => id), ids)
  t.strictSame(resumed.segments, start.segments.slice(1))
  t.strictSame([...start.named('gap'), ...resumed.named('gap')], [])
  for (const viewer of [start, resumed]) await viewer.leave()
})
