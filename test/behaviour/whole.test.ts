// Watching with `whole=true` over real connections: each message is one complete group, and all that other viewers can do holds.
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions, ViewerClose } from '../../lib/index.js'
import type { Instance } from '../../lib/instance.js'
import { PRICES } from '../../lib/broadcast/prices.js'
import { recognise } from '../../lib/media/sniff.js'
import { MOVIE_INIT, SOUND_INIT, fragment, sound } from '../broadcast/lives.js'
import { Movie } from '../kit/movie.js'
import { fixture, get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch, watchHttp2 } from '../kit/watch.js'
import type { Watching } from '../kit/watch.js'

const MiB = 1024 * 1024

async function movie (t: Test, media: MediaSseOptions = {}): Promise<Movie> {
  return new Movie(await serve(t, { media }))
}

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

/** What a viewer got, in short: the number of each event's id, and for a file how many segments are in it. */
function told ({ events }: Pick<Watching, 'events'>): string[] {
  return events.map(({ event, id, json, bytes }) => {
    const number = id.split('-')[1]
    if (event === 'state') return String(json['state'])
    return event === 'gap' ? `${String(json['reason'])} to ${number}: ${String(json['segments'])}` : `${number}: ${fragments(bytes)}`
  })
}

function fragments (file: Buffer): number {
  return file.toString('latin1').split('moof').length - 1
}

t.test('complete groups alone, the first at once, each with its init segment and the id of its last segment', async t => {
  const demo = await movie(t)
  demo.publish('K--K-')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  demo.publish('-K-')
  await watching.until(() => watching.segments.length === 2)
  demo.served.app.mediaSse.broadcast('demo').end()
  await watching.until(() => watching.ended)
  t.strictSame(told(watching), ['live', '3: 3', '6: 3', '8: 2', 'ended'])
  t.match(watching.segments.map(({ json }) => json), [
    { broadcast: 'demo', track: 'main', init: 1, start: 0, duration: 0.12, join: true, received: Number, whole: true, mime: 'video/mp4; codecs="avc1.42c00a"' },
    { start: 0.12, duration: 0.12 }, { start: 0.24, duration: 0.08 }
  ])
  for (const { bytes: file } of watching.segments) {
    const recognised = recognise(file, true, undefined, { maxSegmentBytes: MiB })
    if (typeof recognised === 'string') throw new Error('a file is not recognised')
    t.equal(recognised.beginsWithInit, true)
    t.match(recognised.splitter.push(file)[0], { start: 0, join: true })
  }
})

t.test('a viewer who was there before the publisher misses nothing', async t => {
  const demo = await movie(t)
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.events.length === 1)
  demo.publish('--K--K')
  await watching.until(() => watching.segments.length === 1)
  t.strictSame(told(watching), ['waiting', 'live', '5: 3'])
  await watching.leave()
})

t.test('a file is made once, for all who watch so, and only while somebody does', async t => {
  const demo = await movie(t)
  // What is encoded counts there, with what is kept.
  const { budget } = (demo.served.app.mediaSse as Instance).audience.broadcasts
  demo.publish('K-', 10_000)
  const plain = await watch(`${demo.served.origin}/live/demo`)
  await plain.until(() => plain.segments.length === 2)
  demo.publish('K')
  const before = budget.bytes
  const prices = PRICES.broadcast + PRICES.track + PRICES.init + 3 * PRICES.segment + 2 * PRICES.encoding
  t.ok(before < 2 * 10_000 * 2.4 + 10_000 + prices, 'nothing is made for other viewers')
  const viewers = await Promise.all(['', '', '?'].map(async (_, index) => index < 2 ? await watch(`${demo.served.origin}/live/demo?whole=true`) : await watch(`${demo.served.origin}/live/demo?whole=true`, { version: '1.0' })))
  for (const watching of viewers) await watching.until(() => watching.segments.length === 1)
  const file = viewers[0]!.segments[0]!
  for (const { segments } of viewers) t.strictSame(segments[0], file)
  const grown = budget.bytes - before - PRICES.encoding
  const event = `id: ${file.id}\ndata: ${file.data.replace('\n', '\ndata: ')}\n\n`.length
  t.ok(grown >= event && grown < event + 20, `what is held has grown by ${grown}: one event of ${event} bytes, with what a connection frames it by`)
  for (const watching of [plain, ...viewers]) await watching.leave()
})

t.test('a viewer may begin further back, and one that comes back goes on with the next whole group', async t => {
  const demo = await movie(t)
  demo.publish('K--K--K-')
  const { origin } = demo.served
  for (const from of ['start', '-60']) {
    const watching = await watch(`${origin}/live/demo?whole=true&from=${from}`)
    await watching.until(() => watching.segments.length === 2)
    t.strictSame(told(watching), ['live', '3: 3', '6: 3'], from)
    await watching.leave()
  }
  const first = await watch(`${origin}/live/demo?whole=true&from=start`)
  await first.until(() => first.segments.length > 0)
  const [epoch] = first.segments[0]!.id.split('-')
  await first.leave()
  for (const sequence of [3, 2, 1]) {
    const back = await watch(`${origin}/live/demo?whole=true`, { headers: { 'last-event-id': `${epoch}-${sequence}` } })
    await back.until(() => back.segments.length === 1)
    t.strictSame(told(back), ['live', '6: 3'], `after ${sequence}`)
    await back.leave()
  }
  const lost = await watch(`${origin}/live/demo?whole=true&lastEventId=1-1`)
  await lost.until(() => lost.segments.length === 1)
  t.strictSame(told(lost), ['live', 'restart to 3: null', '6: 3'])
  await lost.leave()
})

t.test('who comes back to an ended broadcast gets the groups that it missed, and 204 when it has all', async t => {
  const demo = await movie(t)
  const last = demo.publish('K--K-')
  const { app, origin } = demo.served
  app.mediaSse.broadcast('demo').end()
  const watching = await watch(`${origin}/live/demo?whole=true&from=start`)
  await watching.until(() => watching.ended)
  t.strictSame(told(watching), ['live', '3: 3', '5: 2', 'ended'])
  const [epoch] = watching.lastEventId.split('-')
  for (const [query, status] of [['', 204], [`&lastEventId=${epoch}-${last}`, 204], [`&lastEventId=${epoch}-${last - 1}`, 204], [`&lastEventId=${epoch}-1`, 200]] as const) {
    t.equal((await get(`${origin}/live/demo?whole=true${query}`)).status, status, query)
  }
})

t.test('another publisher completes a group, and the pause before it is told', async t => {
  const demo = await movie(t)
  demo.publish('K-')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.events.length === 1)
  new Movie(demo.served).publish('K-K')
  await watching.until(() => watching.segments.length === 2)
  t.strictSame(told(watching), ['live', '2: 2', 'publisher to 2: 0', '4: 2'])
  t.match(watching.segments.map(({ json }) => [json['discontinuity'], json['start']]), [[undefined, 0], [true, 0.08]])
  await watching.leave()
})

t.test('a slow viewer is moved to the newest complete group, and told once what it misses', async t => {
  const demo = await movie(t, { lag: { seconds: 0.05 }, window: { bytes: 256 * MiB } })
  demo.publish('K-K')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  const [viewer] = demo.served.app.mediaSse.broadcast('demo').viewers
  watching.stall()
  // What fills the connection is no more than a segment may be; the others wait behind it.
  demo.publish('-', 12 * MiB)
  demo.publish('K')
  while (viewer!.segments < 4) await turn()
  demo.publish('-K-K-K-')
  t.ok(viewer!.lag < 0.05)
  while (viewer!.lag < 0.1) await turn()
  const last = demo.publish('K')
  watching.resume()
  await watching.until(() => watching.segments.at(-1)?.id.endsWith(`-${last - 1}`) === true)
  t.strictSame(told(watching), ['live', '2: 2', '4: 2', 'slow to 10: 6', '12: 2'])
  t.match(watching.named('gap')[0]?.json, { seconds: 0.24 })
  t.strictSame([viewer!.segments, viewer!.skipped], [6, 6], 'segments are counted, not files')
  t.equal(viewer!.lag, 0)
  await watching.leave()
})

t.test('a viewer that waits for a long group does not lag', async t => {
  const closes: ViewerClose[] = []
  const demo = await movie(t, { lag: { seconds: 0.01, policy: 'disconnect' }, onViewerClose: (_viewer, close) => { closes.push(close) } })
  demo.publish('K-K')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  const [viewer] = demo.served.app.mediaSse.broadcast('demo').viewers
  const since = performance.now()
  while (performance.now() - since < 50) {
    demo.publish('-')
    t.equal(viewer!.lag, 0)
    await turn()
  }
  demo.publish('K')
  await watching.until(() => watching.segments.length === 2)
  t.strictSame(closes, [])
  await watching.leave()
})

t.test('a viewer that lags may be disconnected', async t => {
  const closes: ViewerClose[] = []
  const demo = await movie(t, { lag: { seconds: 0.05, policy: 'disconnect' }, window: { bytes: 256 * MiB }, onViewerClose: (_viewer, close) => { closes.push(close) } })
  demo.publish('K-K')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  watching.stall()
  demo.publish('-', 12 * MiB)
  while (closes.length === 0) {
    demo.publish('K-')
    await turn()
  }
  t.match(closes, [{ reason: 'lagged' }])
})

t.test('a group that the window cannot hold is a gap, and never sent broken', async t => {
  const demo = await movie(t, { window: { bytes: 100_000 } })
  demo.publish('K-K')
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  // The first is given up while it grows. The second is kept, though its file does not fit into the window beside it.
  demo.publish('-----', 23_000)
  demo.publish('K--', 20_000)
  demo.publish('K')
  await watching.until(() => watching.segments.length === 2)
  demo.publish('-K')
  await watching.until(() => watching.segments.length === 3)
  t.strictSame(told(watching), ['live', '2: 2', 'expired to 8: null', '11: 3', '13: 2'])
  t.equal(watching.named('gap')[0]?.json['from'], `${watching.segments[0]!.id.split('-')[0]}-3`)
  demo.publish('-----', 23_000)
  demo.served.app.mediaSse.broadcast('demo').end()
  await watching.until(() => watching.ended)
  t.strictSame(told(watching).slice(5), ['expired to 19: null', 'ended'], 'also the last of all')
})

t.test('a group is larger than any segment may be', async t => {
  const demo = await movie(t, { maxSegmentBytes: 1100 })
  demo.publish('K----K', 900)
  const watching = await watch(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  t.ok(watching.segments[0]!.bytes.byteLength > 4500)
  await watching.leave()
})

t.test('of several tracks it is handed the one with video, or the one that it asks for', async t => {
  const served = await serve(t)
  const demo = served.app.mediaSse.broadcast('demo')
  demo.publish(Buffer.concat([SOUND_INIT, sound(0), sound(1)]), { track: 'audio' })
  demo.publish(Buffer.concat([MOVIE_INIT, fragment(0), fragment(0.04, false), fragment(0.08)]), { track: 'video' })
  for (const [tracks, wanted] of [['', ['video', 'video/mp4', 2]], ['&tracks=audio', ['audio', 'audio/mp4', 1]], ['&tracks=captions,video', ['video', 'video/mp4', 2]]] as const) {
    const watching = await watch(`${served.origin}/live/demo?whole=true${tracks}`)
    await watching.until(() => watching.segments.length === 1)
    const { json, bytes } = watching.segments[0]!
    t.strictSame([json['track'], String(json['mime']).split(';')[0], fragments(bytes)], wanted)
    await watching.leave()
  }
})

t.test('a picture, opaque media and bare sound are messages as they come, whatever delivery says', async t => {
  const { app, origin } = await serve(t)
  for (const [name, body, contentType] of [['picture', fixture('image/png.bin'), 'image/png'], ['opaque', knownBytes(1, 5000), 'application/x-test']] as const) {
    app.mediaSse.broadcast(name).publish(body, { contentType })
    const watching = await watch(`${origin}/live/${name}?whole=true&delivery=reference`)
    await watching.until(() => watching.segments.length === 1)
    const { bytes, json } = watching.segments[0]!
    t.ok(body.subarray(-bytes.byteLength).equals(bytes))
    t.match(json, { whole: true, mime: contentType })
    t.notOk('url' in json)
    t.equal(watching.named('init').length, 0)
    await watching.leave()
  }
})

t.test('anything but true or false is no answer to whether files are wanted', async t => {
  const demo = await movie(t)
  demo.publish('K-')
  t.match(await get(`${demo.served.origin}/live/demo?whole=1`), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_QUERY' } })
  const watching = await watch(`${demo.served.origin}/live/demo?whole=false`)
  await watching.until(() => watching.segments.length === 2)
  t.equal(watching.named('init').length, 1)
  await watching.leave()
})

t.test('over HTTP/2 it is the same', async t => {
  const demo = new Movie(await serve(t, { fastify: { http2: true } as object }))
  demo.publish('K--K')
  const watching = await watchHttp2(`${demo.served.origin}/live/demo?whole=true`)
  await watching.until(() => watching.segments.length === 1)
  t.strictSame(told(watching), ['live', '3: 3'])
  await watching.leave()
})
