// What a cluster comes through when Sentinel puts a replica in its primary's place: who watches stays, who publishes goes on, and what the replica lacks
// is told.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { startNode, startNodes } from '../kit/cluster.js'
import { Publishing, get, post } from '../kit/publish.js'
import { startSentinel } from '../kit/sentinel.js'
import { watch } from '../kit/watch.js'
import type { Watching } from '../kit/watch.js'
import { within } from '../kit/within.js'
import { MOVIE_INIT } from '../broadcast/lives.js'
import { SYNC, box, bytes, moof, traf, u32 } from '../media/iso-bmff/build-box.js'

const MP4 = { 'content-type': 'video/mp4' }
const epochs = ({ segments }: Watching) => [...new Set(segments.map(({ id }) => id.split('-')[0]))]
const place = (id: string) => id.split('-').map(Number) as [epoch: number, sequence: number]

// A fragment that shows in its media data which one it is.
const fragment = (number: number) => bytes(moof(traf({ time: number * 1000, flags: SYNC })), box('mdat', u32(number)))
const numberOf = (segment: { readonly bytes: Buffer }) => segment.bytes.readUInt32BE(segment.bytes.byteLength - 4)

/**
 * Holds what must hold of every viewer, whatever has happened: ids grow, nothing comes twice, and what does not come is told by a gap.
 * @param published - what was accepted, track by track in its order
 */
function accountFor (t: Test, viewers: readonly Watching[], published: Readonly<Record<string, readonly number[]>>): void {
  const named = new Map<string, number>()
  for (const [index, viewer] of viewers.entries()) {
    const wrong: string[] = []
    let last: [number, number] = [0, 0]
    let told = true
    const next: Record<string, number> = Object.fromEntries(Object.keys(published).map(track => [track, 0]))
    for (const { event, id, json, bytes } of viewer.events) {
      if (event === 'gap') told = true
      if (event !== 'message') continue
      const [epoch, sequence] = place(id)
      const number = numberOf({ bytes })
      if (epoch < last[0] || (epoch === last[0] && sequence <= last[1])) wrong.push(`${id} after ${last.join('-')}`)
      if (!told && (epoch !== last[0] || sequence !== last[1] + 1)) wrong.push(`no gap between ${last.join('-')} and ${id}`)
      if (named.has(id) && named.get(id) !== number) wrong.push(`${id} names ${number} and ${named.get(id)}`)
      named.set(id, number)
      const track = String(json['track'])
      const at = published[track]!.indexOf(number)
      if (at < next[track]!) wrong.push(`${track} ${number} again, or never accepted`)
      if (at > next[track]! && !told) wrong.push(`${track} ${published[track]!.slice(next[track], at).join(', ')} not told`)
      next[track] = at + 1
      last = [epoch, sequence]
      told = false
    }
    for (const [track, numbers] of Object.entries(published)) if (next[track] !== numbers.length) wrong.push(`${track}: the last that came is ${numbers[next[track]! - 1]}`)
    t.strictSame(wrong, [], `viewer ${index}`)
    t.notOk(viewer.ended || viewer.closed, 'it has stayed')
  }
}

t.jobs = 3

t.test('a primary that is killed in mid-broadcast', { buffered: true }, async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  const [held, answered, watching] = await Promise.all([{}, { holdTimeout: 300 }, {}].map(async store => await startNode(t, sentinel, { store })))
  const viewers = await Promise.all([held, answered, watching].map(async node => await watch(`${node!.url}/demo`)))
  const publishing = new Publishing(`${held!.url}/demo/held`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  const send = async (body: Uint8Array): Promise<number> => {
    const { status } = await post(`${answered!.url}/demo/answered`, body, MP4)
    return status === 503 ? await send(body) : status
  }
  t.equal(await send(MOVIE_INIT), 201)
  t.equal(await send(fragment(0)), 201)
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 3)
  await sentinel.followed()
  await sentinel.primary.kill()
  publishing.write(fragment(2))
  t.match(await post(`${answered!.url}/demo/answered`, fragment(1), MP4), { status: 503 })
  const sending = send(fragment(1))
  await sentinel.promoted()
  publishing.write(fragment(3))
  t.ok([200, 201].includes(await sending))
  t.equal(await send(fragment(2)), 201)
  t.match(await publishing.end(), { status: 201, json: { segments: 4 } })
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length >= 7)
  accountFor(t, viewers, { held: [0, 1, 2, 3], answered: [0, 1, 2] })
  for (const viewer of viewers) await viewer.leave()
})

t.test('a replica that lacks the last segments', { buffered: true }, async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  const nodes = await startNodes(t, sentinel, 3)
  const viewers = await Promise.all(nodes.slice(1).map(async ({ url }) => await watch(`${url}/demo`)))
  const publishing = new Publishing(`${nodes[0]!.url}/demo`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 2)
  await sentinel.followed()
  await sentinel.cutOff()
  publishing.write(Buffer.concat([fragment(2), fragment(3)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 4)
  await sentinel.primary.kill()
  publishing.write(fragment(4))
  await sentinel.promoted()
  publishing.write(fragment(5))
  t.match(await publishing.end(), { status: 201, json: { segments: 6 } })
  for (const viewer of viewers) {
    await viewer.until(() => viewer.segments.some(segment => numberOf(segment) === 5))
    t.equal(epochs(viewer).length, 2)
    t.match(viewer.named('gap'), [{ json: { reason: 'restart', segments: null } }])
  }
  accountFor(t, viewers, { main: [0, 1, 2, 3, 4, 5] })
  for (const viewer of viewers) await viewer.leave()
})

t.test('a replica that lacks a publisher, and what it has published', { buffered: true }, async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  const nodes = await startNodes(t, sentinel, 3)
  const viewers = await Promise.all(nodes.slice(1).map(async ({ url }) => await watch(`${url}/demo`)))
  const first = new Publishing(`${nodes[0]!.url}/demo/first`, MP4)
  first.write(Buffer.concat([MOVIE_INIT, fragment(0)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 1)
  await sentinel.followed()
  await sentinel.cutOff()
  const second = new Publishing(`${nodes[0]!.url}/demo/second`, MP4)
  second.write(Buffer.concat([MOVIE_INIT, fragment(0)]))
  t.match(await second.end(), { status: 201 })
  await sentinel.primary.kill()
  await sentinel.promoted()
  first.write(fragment(1))
  await first.end()
  for (const viewer of viewers) await viewer.until(() => viewer.segments.some(segment => numberOf(segment) === 1))
  accountFor(t, viewers, { first: [0, 1], second: [0] })
  for (const viewer of viewers) await viewer.leave()
})

t.test('a replica that lacks what nobody has seen', { buffered: true }, async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  const [one, two] = await startNodes(t, sentinel, 2)
  const first = new Publishing(`${one!.url}/demo`, MP4)
  first.write(Buffer.concat([MOVIE_INIT, fragment(0)]))
  const { json: { id } } = await first.end()
  await sentinel.followed()
  await sentinel.cutOff()
  t.match(await post(`${one!.url}/demo`, fragment(1), MP4), { status: 201, json: { id: /-2$/ } })
  await sentinel.primary.kill()
  await sentinel.promoted()
  const later = async (): Promise<Record<string, unknown>> => {
    const { status, json } = await get(two!.url)
    const [demo] = status === 200 ? json['broadcasts'] as Array<Record<string, unknown>> : []
    return demo !== undefined && String(demo['latest']) > String(id).replace('-1', '-2') ? demo : await later()
  }
  t.match(await within(later(), 'another epoch'), { latest: /-0$/, state: 'live' })
  const viewer = await watch(`${two!.url}/demo`, { headers: { 'last-event-id': String(id) } })
  await post(`${two!.url}/demo`, Buffer.concat([MOVIE_INIT, fragment(2)]), MP4)
  await viewer.until(() => viewer.segments.length === 1)
  t.match(viewer.named('gap'), [{ json: { reason: 'restart', segments: null } }], 'who comes back is told')
  await viewer.leave()
})

t.test('a primary that does not answer any more, and comes back', { buffered: true }, async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  // Nor does a Sentinel that is asked first.
  const mute = createServer().listen(0, '127.0.0.1')
  t.teardown(() => { mute.close() })
  await once(mute, 'listening')
  const { sentinels, name } = sentinel.connection
  const connection = { sentinels: [{ host: '127.0.0.1', port: (mute.address() as AddressInfo).port }, ...sentinels], name }
  const nodes = await startNodes(t, { connection }, 2, { store: { nodeTimeout: 2_000 } })
  const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/demo`)))
  const publishing = new Publishing(`${nodes[0]!.url}/demo`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 1)
  sentinel.primary.pause()
  publishing.write(fragment(1))
  await sentinel.promoted()
  publishing.write(fragment(2))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.some(segment => numberOf(segment) === 2))
  sentinel.primary.resume()
  publishing.write(fragment(3))
  t.match(await publishing.end(), { status: 201, json: { segments: 4 } })
  for (const viewer of viewers) await viewer.until(() => viewer.segments.some(segment => numberOf(segment) === 3))
  accountFor(t, viewers, { main: [0, 1, 2, 3] })
  for (const viewer of viewers) await viewer.leave()
})
