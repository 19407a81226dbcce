// What can be counted of a registration is, all together and by broadcast, also of viewers that skip, stall and leave.
import t from 'tap'
import type { MediaSseStats } from '../lib/index.js'
import type { Instance } from '../lib/instance.js'
import { statsOf } from '../lib/stats.js'
import { MOVIE_INIT, fragment } from './broadcast/lives.js'
import { keptLog } from './kit/log.js'
import { Publishing } from './kit/publish.js'
import { knownBytes } from './kit/segments.js'
import { serve } from './kit/serve.js'
import { watch } from './kit/watch.js'
import { within } from './kit/within.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'image/jpeg' }
const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }

async function until (condition: () => boolean): Promise<void> {
  const over = new AbortController()
  const comes = async (): Promise<void> => { while (!over.signal.aborted && !condition()) await turn() }
  await within(comes(), () => String(condition)).finally(() => { over.abort() })
}

t.test('before anything happens all is nothing', async t => {
  const { app } = await serve(t, { media: { prefix: '/cams' } })
  const { delay, ...rest } = statsOf((app.mediaSse as Instance).audience)
  t.strictSame(rest, {
    path: '/cams',
    broadcasts: 0,
    viewers: 0,
    publishers: 0,
    segments: 0,
    bytes: 0,
    sent: 0,
    skips: 0,
    skipped: 0,
    gaps: { slow: 0, expired: 0, restart: 0, publisher: 0 },
    stalls: 0,
    lag: 0,
    closed: { client: 0, ended: 0, lagged: 0, stalled: 0, closing: 0, kicked: 0, expired: 0, error: 0 },
    byBroadcast: []
  })
  t.match(delay, { first: { count: 0, p50: undefined }, last: { count: 0, p99: undefined } })
})

t.test('what is published, watched and sent counts in its broadcast and in all', async t => {
  const { app, origin } = await serve(t, { media: { authorizePublish: () => true } })
  const { mediaSse } = app
  const publishing = new Publishing(`${origin}/live/sound`)
  publishing.write(MOVIE_INIT)
  const demo = mediaSse.broadcast('demo')
  const plain = await watch(`${origin}/live/demo`)
  const gzip = await watch(`${origin}/live/demo`, { headers: { 'accept-encoding': 'gzip' } })
  const several = await watch(`${origin}/live?broadcasts=demo,sound`)
  for (let number = 1; number <= 3; number++) {
    demo.publish(knownBytes(number, 1000), OPAQUE)
    for (const watching of [plain, gzip, several]) await watching.until(() => watching.segments.length === number)
  }
  await until(() => mediaSse.stats().publishers === 1)
  const stats = mediaSse.stats()
  t.match(stats, { path: '/live', broadcasts: 2, viewers: 3, publishers: 1, segments: 3, bytes: 3000, lag: 0 })
  const one = stats.byBroadcast.find(({ name }) => name === 'demo')
  t.match(one, { state: 'live', viewers: 3, publishers: 0, segments: 3, bytes: 3000, lag: 0, latest: String(plain.lastEventId), window: { segments: 3 } })
  t.ok(one!.window.bytes > 3000 && one!.bitRate > 0 && one!.window.seconds >= 0)
  t.ok(one!.delay.last.count >= 3, 'each segment, and once more where it is compressed')
  t.ok(one!.delay.first.p50! > 0 && one!.delay.first.sum <= one!.delay.last.sum && one!.delay.last.p99! <= one!.delay.last.largest!)
  t.match(stats.delay.last, { count: one!.delay.last.count, sum: one!.delay.last.sum })
  const received = plain.received + gzip.received + several.received
  t.ok(stats.sent > received && stats.sent < received * 1.1, `${stats.sent}: their bodies, ${received}, in chunks`)
  t.ok(one!.sent > 2 * 3000 && one!.sent <= stats.sent)

  for (const watching of [plain, gzip, several]) await watching.leave()
  await until(() => mediaSse.stats().viewers === 0)
  const after = mediaSse.stats()
  t.match(after.closed, { client: 3 })
  t.match(after.byBroadcast.map(({ name, closed }) => [name, closed.client]).sort(), [['demo', 3], ['sound', 1]])
  t.equal(after.sent, stats.sent, 'who has left still counts')
  t.ok(after.byBroadcast.find(({ name }) => name === 'demo')!.sent >= one!.sent)
  publishing.kill()
})

t.test('a viewer that is slow is behind, skips, and is told once to the log; one that takes nothing stalls', async t => {
  const { logger, lines } = keptLog()
  // The first is slow for a moment; what takes nothing has as long as a busy machine needs.
  const { app, origin } = await serve(t, { media: { lag: { seconds: 0.05 }, stallTimeout: 2000, window: { bytes: 64 * MiB } }, fastify: { logger } })
  const { mediaSse } = app
  const demo = mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  const [viewer] = demo.viewers
  watching.stall()
  // More than the kernel keeps for a connection.
  demo.publish(knownBytes(1, 14 * MiB), OPAQUE)
  await until(() => viewer!.segments === 2)
  for (let number = 2; number < 6; number++) demo.publish(knownBytes(number, 10), OPAQUE)
  await until(() => viewer!.lag > 0.1)
  const behind: MediaSseStats = mediaSse.stats()
  t.ok(behind.lag > 0.1)
  t.equal(behind.lag, behind.byBroadcast[0]?.lag)
  const { count } = behind.delay.last
  demo.publish(knownBytes(6, 10), OPAQUE)
  t.equal(mediaSse.stats().delay.last.count, count, 'who waits is not handed anything')
  watching.resume()
  await watching.until(() => watching.named('gap').length === 1)
  const skipped = Number(watching.named('gap')[0]?.json['segments'])
  t.match(mediaSse.stats(), { skips: 1, skipped, gaps: { slow: 1 }, byBroadcast: [{ skips: 1, skipped, gaps: { slow: 1 } }] })
  await until(() => lines.some(({ msg }) => msg === 'viewers skipped segments'))
  t.match(lines.filter(({ msg }) => msg === 'viewers skipped segments'), [{ broadcast: 'demo', skips: 1, segments: skipped }])

  watching.stall()
  demo.publish(knownBytes(7, 14 * MiB), OPAQUE)
  await until(() => mediaSse.stats().viewers === 0)
  t.match(mediaSse.stats(), { stalls: 1, closed: { stalled: 1 }, lag: 0, byBroadcast: [{ stalls: 1, closed: { stalled: 1 } }] })
  demo.end()
  const ofBroadcast = lines.filter(({ msg }) => msg.startsWith('broadcast '))
  t.match(ofBroadcast, [{ level: 30, broadcast: 'demo', msg: 'broadcast began' }, { level: 30, broadcast: 'demo', segments: 8, msg: 'broadcast ended' }])
  t.ok(lines.length < 12, 'no line for each segment')
})

t.test('a pause of the publisher is a gap of each viewer that is told, and no skip', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(Buffer.concat([MOVIE_INIT, fragment(0)]))
  const watchings = [await watch(`${origin}/live/demo`), await watch(`${origin}/live/demo`)]
  for (const watching of watchings) await watching.until(() => watching.segments.length === 1)
  demo.publish(Buffer.concat([MOVIE_INIT, fragment(7)]))
  for (const watching of watchings) await watching.until(() => watching.segments.length === 2)
  t.strictSame(watchings.map(watching => watching.named('gap').map(({ json }) => json['reason'])), [['publisher'], ['publisher']])
  t.match(app.mediaSse.stats(), { skips: 0, skipped: 0, gaps: { publisher: 2 }, byBroadcast: [{ gaps: { publisher: 2 } }] })
  for (const watching of watchings) await watching.leave()
})

t.test('what viewers at the live edge were given together is sent, also before anybody else asks', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  for (let published = 1; published <= 4; published++) {
    await demo.publish(knownBytes(published, 1000), { contentType: 'application/x-test' })
    await watching.until(() => watching.segments.length === published)
  }
  const { sent, byBroadcast } = app.mediaSse.stats()
  t.ok(sent > 4000 * 4 / 3)
  t.equal(sent, byBroadcast[0]!.sent)
  await watching.leave()
})
