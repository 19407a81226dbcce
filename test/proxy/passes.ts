// What a proxy must let pass, in both directions, told in tests that any proxy can be put to. All by handshake: a
// segment is published when the one before it has arrived, so that whatever the proxy holds back stops the test.
import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { MediaSseOptions, PublishEndReason, ViewerClose } from '../../lib/index.js'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import { Publishing, fixture, get, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import type { Front } from './front.js'

/** A server with the plugin, and the proxy's origin. */
interface Proxied extends Served {
  readonly proxy: string
}

const PICTURE = { contentType: 'image/jpeg' }
const SIZES = { small: 200, middling: 20_000, large: 300_000 }
const ROUNDS = 8
const LOOK_AGAIN = 5
const MOST_TRIPS = 15

/** Shows that viewers are served as they are without the proxy. */
export async function watchingPasses (t: Test, front: Front, when: { leaves: 'at once' | 'when written to' }): Promise<void> {
  for (const [name, size] of Object.entries(SIZES)) {
    await t.test(`events arrive one by one, as they are sent: ${name} ones`, async t => {
      const { app, proxy } = await proxied(t, front)
      const viewer = await watch(`${proxy}/live/demo`)
      for (let round = 1; round <= ROUNDS; round++) {
        const bytes = knownBytes(round, size)
        const { id } = await app.mediaSse.broadcast('demo').publish(bytes, PICTURE)
        await viewer.until(() => viewer.segments.length === round)
        t.equal(viewer.lastEventId, id)
        t.ok(viewer.segments.at(-1)?.bytes.equals(bytes), `segment ${round} is whole`)
      }
      await viewer.leave()
    })
  }

  await t.test('before anything is published, a viewer has its headers and the state', async t => {
    const { proxy } = await proxied(t, front)
    const viewer = await watch(`${proxy}/live/demo`)
    await viewer.until(() => viewer.events.length === 1)
    t.match(viewer.events[0], { event: 'state', json: { state: 'waiting' } })
    await viewer.leave()
  })

  await t.test('the headers that matter pass', async t => {
    const { proxy } = await proxied(t, front)
    const viewer = await watch(`${proxy}/live/demo`)
    t.equal(viewer.status, 200)
    t.match(viewer.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform', vary: /\bAccept-Encoding\b/ })
    t.notMatch(viewer.headers, { 'content-encoding': /./ })
    t.notMatch(viewer.headers, { 'content-length': /./ })
    await viewer.leave()
  })

  await t.test('a viewer that leaves is heard of, once', async t => {
    const closes = new EventEmitter()
    const heard: ViewerClose[] = []
    const { app, proxy } = await proxied(t, front, {
      // A proxy that looks only when it writes has something to write.
      ...(when.leaves === 'when written to' ? { heartbeat: 50 } : {}),
      onViewerClose: (_viewer, close) => {
        heard.push(close)
        closes.emit('close')
      }
    })
    const viewer = await watch(`${proxy}/live/demo`)
    app.mediaSse.broadcast('demo').publish(knownBytes(1, SIZES.middling), PICTURE)
    await viewer.until(() => viewer.segments.length === 1)
    t.equal(app.mediaSse.broadcast('demo').viewers.size, 1)
    const closed = once(closes, 'close')
    await viewer.leave()
    await closed
    const other = await watch(`${proxy}/live/demo`)
    app.mediaSse.broadcast('demo').publish(knownBytes(2, SIZES.middling), PICTURE)
    await other.until(() => other.segments.length === 2)
    t.match(heard, [{ reason: 'client', segments: 1 }])
    t.equal(heard.length, 1)
    t.equal(app.mediaSse.broadcast('demo').viewers.size, 1, 'only the one who came later is there')
    await other.leave()
  })

  await t.test('a viewer that comes back with Last-Event-ID gets exactly what it missed', async t => {
    const { app, proxy } = await proxied(t, front)
    const broadcast = app.mediaSse.broadcast('demo')
    const publish = async (count: number): Promise<Array<string | undefined>> => await Promise.all(Array.from({ length: count }, async (_, index) => (await broadcast.publish(knownBytes(index, SIZES.middling), PICTURE)).id))
    const viewer = await watch(`${proxy}/live/demo`)
    await publish(1)
    await viewer.until(() => viewer.segments.length === 1)
    await publish(1)
    await viewer.until(() => viewer.segments.length === 2)
    await viewer.leave()
    const missed = await publish(3)
    const back = await watch(`${proxy}/live/demo`, { headers: { 'last-event-id': viewer.lastEventId } })
    await back.until(() => back.segments.length === 3)
    const live = await publish(1)
    await back.until(() => back.segments.length === 4)
    t.strictSame(back.segments.map(({ id }) => id), [...missed, ...live])
    t.strictSame(back.named('gap'), [])
    await back.leave()
  })
}

/** Shows that publishers get through, with a proxy that is set up for it. */
export async function publishingPasses (t: Test, front: Front): Promise<void> {
  await t.test('objects of any size arrive, and their publisher gets its answer', async t => {
    const { app, proxy } = await proxied(t, front, { authorizePublish: () => true })
    const viewer = await watch(`${proxy}/live/demo`)
    let count = 0
    for (const size of [...Object.values(SIZES), 3_000_000]) {
      const bytes = knownBytes(size, size)
      const answer = await post(`${proxy}/live/demo`, bytes)
      t.match(answer, { status: 201, json: { broadcast: 'demo', segments: 1, viewers: 1 } })
      await viewer.until(() => viewer.segments.length === count + 1)
      t.ok(viewer.segments[count++]?.bytes.equals(bytes), `${size} bytes are whole`)
    }
    t.equal(app.mediaSse.stats().segments, count)
    await viewer.leave()
  })

  for (const name of ['everyframe', 'cmaf']) {
    await t.test(`an endless body is not held back on its way in: ${name}`, async t => {
      const { proxy } = await proxied(t, front, { authorizePublish: () => true })
      const { init, segments } = cut(`fmp4/${name}.mp4`)
      const viewer = await watch(`${proxy}/live/demo`)
      const publishing = new Publishing(`${proxy}/live/demo`)
      publishing.write(init)
      const sent = segments.slice(0, 40)
      const ways: number[] = []
      const trips: number[] = []
      for (const [index, bytes] of sent.entries()) {
        ways.push(await taken(async () => {
          publishing.write(bytes)
          await viewer.until(() => viewer.segments.length === index + 1)
        }))
        trips.push(await taken(async () => await get(`${proxy}/live`)))
        t.ok(viewer.segments[index]?.bytes.equals(bytes), `fragment ${index} of ${bytes.byteLength} bytes`)
      }
      // A proxy that waits for more to come makes it hundreds.
      if (name === 'everyframe') t.ok(median(ways) < MOST_TRIPS * median(trips), `${median(ways)} ms in and out, ${median(trips)} ms for a request`)
      t.match(await publishing.end(), { status: 201, json: { segments: sent.length, id: viewer.lastEventId } })
      await viewer.leave()
    })
  }

  await t.test('of a fragment in whose middle the publisher is killed, nothing is published', async t => {
    const publishers = new EventEmitter()
    let socket: Socket | undefined
    const { app, proxy } = await proxied(t, front, {
      authorizePublish: () => true,
      onPublishStart: (_broadcast, request) => { socket = request.raw.socket },
      onPublishEnd: (_broadcast, reason) => publishers.emit('end', reason)
    })
    const { init, segments: [first, second] } = cut('fmp4/cmaf.mp4')
    if (first === undefined || second === undefined) throw new Error('The fixture has two fragments')
    const viewer = await watch(`${proxy}/live/demo`)
    const publishing = new Publishing(`${proxy}/live/demo`)
    publishing.write(init)
    publishing.write(first)
    await viewer.until(() => viewer.segments.length === 1)
    const half = second.subarray(0, second.byteLength / 2)
    publishing.write(half)
    // Of bytes that complete no segment nobody is told.
    const sent = init.byteLength + first.byteLength + half.byteLength
    const arrived = (): boolean => socket !== undefined && socket.bytesRead >= sent
    while (!arrived()) await pause(LOOK_AGAIN)

    const ended = once(publishers, 'end') as Promise<[PublishEndReason]>
    publishing.kill()
    t.strictSame(await ended, ['client'])

    const next = knownBytes(3, SIZES.small)
    app.mediaSse.broadcast('demo').publish(next, PICTURE)
    await viewer.until(() => viewer.segments.length === 2)
    t.ok(viewer.segments[0]?.bytes.equals(first))
    t.ok(viewer.segments[1]?.bytes.equals(next))
    t.equal(app.mediaSse.stats().segments, 2)
    await viewer.leave()
  })
}

/** Shows that nobody publishes through the proxy before `authorizePublish` says who may. */
export async function publishingIsRefused (t: Test, front: Front): Promise<void> {
  await t.test('without authorizePublish nobody publishes through the proxy', async t => {
    const { app, origin, proxy } = await proxied(t, front)
    const bytes = knownBytes(1, SIZES.small)
    t.equal((await post(`${origin}/live/demo`, bytes)).status, 201, 'a program on this machine may')
    t.equal((await post(`${proxy}/live/demo`, bytes)).status, 401)
    t.equal((await post(`${proxy}/live/demo`, bytes, { 'content-type': 'image/jpeg', authorization: 'Bearer guess' })).status, 403)
    t.equal((await post(`${proxy}/live/demo`, bytes, { 'content-type': 'image/jpeg', host: 'localhost' })).status, 401)
    t.equal(app.mediaSse.stats().segments, 1)
  })
}

async function proxied (t: Test, front: Front, media: MediaSseOptions = {}): Promise<Proxied> {
  const served = await serve(t, { media })
  return { ...served, proxy: (await front(t, served.port)).origin }
}

async function taken (work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function median (numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? NaN
}

/** A captured body of fragmented MP4, cut as the plugin cuts it. */
export function cut (path: string): { init: Uint8Array, segments: Uint8Array[] } {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: Infinity })
  const segments = splitter.push(fixture(path)).map(({ bytes }) => bytes)
  const init = splitter.init?.bytes
  if (init === undefined) throw new Error(`${path} has no init segment`)
  return { init, segments }
}
