// Several nodes over one Redis are one server to whoever publishes and watches: each as a process of its own.
import t from 'tap'
import { startNodes } from '../kit/cluster.js'
import type { ClusterNode } from '../kit/cluster.js'
import { Publishing, get, post } from '../kit/publish.js'
import { startRedis } from '../kit/redis.js'
import { knownBytes } from '../kit/segments.js'
import { watch } from '../kit/watch.js'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'

const OPAQUE = { 'content-type': 'application/x-test' }
const MP4 = { 'content-type': 'video/mp4' }

t.test('what is published on one node is watched on all', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const nodes = await startNodes(t, redis, 3, { broadcastTimeout: 60_000 })
  const [one, two, three] = nodes

  await t.test('the same bytes under the same ids, with the same init segment', async t => {
    const early = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/movie`)))
    const publishing = new Publishing(`${one!.url}/movie`, MP4)
    publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2, false)]))
    for (const viewer of early) await viewer.until(() => viewer.segments.length === 3)
    const late = await watch(`${two!.url}/movie?from=start`)
    publishing.write(fragment(3))
    t.match(await publishing.end(), { status: 201, json: { broadcast: 'movie', segments: 4, id: /-4$/ } })
    for (const viewer of [...early, late]) {
      await viewer.until(() => viewer.segments.length === 4)
      t.strictSame(viewer.segments, early[0]!.segments)
      t.strictSame(viewer.named('init'), early[0]!.named('init'))
      t.strictSame(viewer.named('gap'), [])
    }
    t.strictSame(early[0]!.segments.map(({ id, json }) => [id.replace(/^\d+-/, ''), json['join']]), [['1', true], ['2', true], ['3', false], ['4', true]])
    const { id, bytes } = early[0]!.segments[2]!
    for (const { url } of nodes) {
      const { status, headers, bytes: fetched } = await get(`${url}/movie/segments/${id}`)
      t.strictSame([status, headers['content-type'], headers['etag'], fetched.equals(bytes)], [200, 'video/mp4; codecs="avc1.64001f"', `"${id}"`, true])
    }
    for (const viewer of [...early, late]) await viewer.leave()
  })

  await t.test('a viewer goes on at another node exactly where it was', async t => {
    await post(`${two!.url}/resumed`, knownBytes(1, 1000), OPAQUE)
    const viewer = await watch(`${one!.url}/resumed`)
    await viewer.until(() => viewer.segments.length === 1)
    await viewer.leave()
    for (const number of [2, 3]) await post(`${one!.url}/resumed`, knownBytes(number, 1000), OPAQUE)
    const back = await watch(`${three!.url}/resumed`, { headers: { 'last-event-id': viewer.lastEventId } })
    await post(`${two!.url}/resumed`, knownBytes(4, 1000), OPAQUE)
    await back.until(() => back.segments.length === 3)
    t.ok(back.segments.every(({ bytes }, index) => bytes.equals(knownBytes(index + 2, 1000))))
    t.strictSame(back.named('gap'), [])
    await back.leave()
  })

  await t.test('two publishers of one track are one too many, wherever they are; of two tracks they are one broadcast', async t => {
    const viewer = await watch(`${three!.url}/shared`)
    const video = new Publishing(`${one!.url}/shared/video`, MP4)
    video.write(Buffer.concat([MOVIE_INIT, fragment(0)]))
    await viewer.until(() => viewer.segments.length === 1)
    t.match(await post(`${two!.url}/shared/video?publisher=another`, Buffer.concat([MOVIE_INIT, fragment(0)]), MP4), { status: 409, json: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' } })
    const audio = new Publishing(`${two!.url}/shared/audio?publisher=another`, OPAQUE)
    for (let number = 1; number <= 5; number++) {
      video.write(fragment(number))
      await post(`${two!.url}/shared/more?publisher=third`, knownBytes(number, 100), OPAQUE)
    }
    audio.write(knownBytes(1, 100))
    t.match(await audio.end(), { status: 201, json: { segments: 1 } })
    t.match(await video.end(), { status: 201, json: { segments: 6 } })
    await viewer.until(() => viewer.segments.length === 12)
    t.strictSame(viewer.segments.map(({ id }) => Number(id.split('-')[1])), Array.from({ length: 12 }, (_, index) => index + 1))
    await viewer.leave()
  })

  await t.test('viewers are counted and kicked, and broadcasts listed and ended, from any node', async t => {
    await post(`${one!.url}/ends`, knownBytes(1, 1000), OPAQUE)
    const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/ends`)))
    for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 1)
    const listed = async (url: string) => ((await get(url)).json['broadcasts'] as Array<Record<string, unknown>>).find(({ name }) => name === 'ends')
    const counted = async (): Promise<Record<string, unknown> | undefined> => {
      const found = await Promise.all(nodes.map(async ({ url }) => await listed(url)))
      return found.every(one => one?.['viewers'] === 3) ? found[0] : await counted()
    }
    t.match(await counted(), { state: 'live', viewers: 3, tracks: [{ track: 'main', mime: 'application/x-test' }], window: { segments: 1 } })
    three!.kick(String(viewers[0]!.named('state')[0]!.json['viewer']))
    await viewers[0]!.over()
    t.strictSame(viewers.map(({ ended }) => ended), [true, false, false])
    t.match(await get(`${two!.url}/ends`, {}, 'DELETE'), { status: 204 })
    for (const viewer of viewers.slice(1)) {
      await viewer.over()
      t.equal(viewer.named('state').at(-1)?.json['state'], 'ended')
    }
    for (const { url } of nodes) t.match(await get(`${url}/ends`, { accept: 'text/event-stream' }), { status: 204 })
    t.match(await get(`${one!.url}/none`, {}, 'DELETE'), { status: 404 })
    const again = await post(`${three!.url}/ends`, knownBytes(2, 1000), OPAQUE)
    t.match(again, { status: 201, json: { id: /-1$/ } })
    const anew = await watch(`${one!.url}/ends`, { headers: { 'last-event-id': viewers[0]!.lastEventId } })
    await anew.until(() => anew.segments.length === 1)
    t.match(anew.named('gap'), [{ json: { reason: 'restart', segments: null } }])
    await anew.leave()
  })

  await t.test('a body in parts is one node\'s, and the others say so', async t => {
    const first = Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)])
    const second = Buffer.concat([MOVIE_INIT, fragment(2), fragment(3)])
    const half = first.byteLength - fragment(1).byteLength
    const send = async (node: ClusterNode | undefined, body: Buffer, from: number, to = body.byteLength, publisher = 'page', total?: number) =>
      await post(`${node!.url}/parts?publisher=${publisher}`, body.subarray(from, to), { ...MP4, 'content-range': `bytes ${from}-${to - 1}/${total ?? '*'}` })
    const elsewhere = { status: 409, json: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', expected: 0, message: /all parts of a body must come to the same one/ } }
    const viewer = await watch(`${two!.url}/parts`)
    t.match(await send(one, first, 0, half), { status: 201, json: { segments: 1 } })
    t.match(await send(two, first, half), elsewhere)
    t.match(await send(two, second, 0, half, 'another'), { status: 409, json: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', expected: undefined } }, 'its track is taken meanwhile')
    t.match(await send(three, second, 0, half), { status: 201, json: { segments: 1 } }, 'it begins anew at another')
    // What comes now where the first began is no part of that.
    t.match(await send(one, second, half), { status: 409 })
    t.match(await send(one, second, half), elsewhere)
    t.match(await send(three, second, half, undefined, 'page', second.byteLength), { status: 201, json: { segments: 1 } })
    await viewer.until(() => viewer.segments.length === 3)
    t.match(await send(two, first, 0, half, 'another'), { status: 201 }, 'and after its end another may come')
    await viewer.until(() => viewer.segments.length === 4)
    t.strictSame(viewer.segments.map(({ id }) => Number(id.split('-')[1])), [1, 2, 3, 4])
    await viewer.leave()
  })
})
