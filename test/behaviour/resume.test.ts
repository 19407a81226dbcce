// Viewers that are cut off at random points and come back with `Last-Event-ID` receive byte for byte what was
// published: nothing lost, nothing twice, in order. One that cannot have that is told so by one gap.
import t from 'tap'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'
import { Publishing } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { knownBytes, random } from '../kit/segments.js'
import { Watching, watch } from '../kit/watch.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('200 segments reach viewers that keep losing their connection, whole and in order', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const next = random(7)
  const published = Array.from({ length: 200 }, (_, index) => knownBytes(index, Math.round(next() * 60_000)))
  demo.publish(published[0]!, JPEG)

  const viewers = Array.from({ length: 8 }, async (_, index) => {
    const chance = random(100 + index)
    const received: Buffer[] = []
    let id = ''
    let connections = 0
    while (received.length < published.length) {
      const watching = new Watching(`${origin}/live/demo?from=start`, { headers: id === '' ? {} : { 'last-event-id': id } })
      connections++
      // Cut after a random number of bytes, wherever in an event that is.
      let budget = chance() * 400_000
      watching.socket.on('data', bytes => {
        budget -= bytes.byteLength
        if (budget < 0) watching.socket.destroy()
      })
      await watching.until(() => received.length + watching.segments.length >= published.length).catch(() => {})
      received.push(...watching.segments.map(({ bytes }) => bytes))
      t.equal(watching.named('gap').length, 0, 'nothing is missing, so no gap is told')
      if (watching.lastEventId !== '') id = watching.lastEventId
      await watching.leave()
    }
    return { received, connections }
  })
  for (const bytes of published.slice(1)) {
    demo.publish(bytes, JPEG)
    await new Promise(resolve => setImmediate(resolve))
  }
  for (const viewer of viewers) {
    const { received, connections } = await viewer
    t.ok(connections > 1, `was cut off ${connections - 1} times`)
    t.equal(received.length, published.length)
    t.ok(received.every((bytes, index) => bytes.equals(published[index]!)), 'byte for byte')
  }
})

t.test('an id that is no longer kept gets one gap that counts what is missing, and a join point', async t => {
  const { app, origin } = await serve(t, { media: { window: { bytes: 20_000 } } })
  const demo = app.mediaSse.broadcast('demo')
  const first = (await demo.publish(knownBytes(0, 1000), JPEG)).id ?? ''
  for (let index = 1; index < 50; index++) demo.publish(knownBytes(index, 1000), JPEG)
  const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': first } })
  await watching.until(() => watching.segments.length > 0)
  const [gap, ...others] = watching.named('gap')
  t.equal(others.length, 0)
  const epoch = first.split('-')[0]
  t.match(gap?.json, { broadcast: 'demo', from: `${epoch}-2`, to: `${epoch}-49`, segments: 48, seconds: null, reason: 'expired' })
  t.equal(gap?.id, `${epoch}-49`, 'the gap has its last id, so that it is not told again')
  t.equal(watching.segments[0]?.id, `${epoch}-50`)
  t.ok(watching.segments[0]?.bytes.equals(knownBytes(49, 1000)))
})

for (const [why, id] of [['another epoch', '1000-7'], ['beyond the latest', undefined], ['no id of ours', 'rubbish']] as const) {
  t.test(`an id of ${why} gets one gap of unknown size, and the newest join point`, async t => {
    const { app, origin } = await serve(t)
    const demo = app.mediaSse.broadcast('demo')
    const epoch = (await demo.publish(knownBytes(0, 100), JPEG)).id?.split('-')[0] ?? ''
    demo.publish(knownBytes(1, 100), JPEG)
    const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': id ?? `${epoch}-99` } })
    await watching.until(() => watching.segments.length > 0)
    t.equal(watching.named('gap').length, 1)
    t.match(watching.named('gap')[0]?.json, { to: `${epoch}-1`, segments: null, seconds: null, reason: 'restart' })
    t.equal(watching.segments[0]?.id, `${epoch}-2`)
  })
}

t.test('a viewer of an ended broadcast gets what it missed, the end, and then 204', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const first = (await demo.publish(knownBytes(0, 100), JPEG)).id ?? ''
  demo.publish(knownBytes(1, 100), JPEG)
  demo.end()
  const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': first } })
  await watching.until(() => watching.ended)
  t.same(watching.events.map(({ event }) => event), ['state', 'init', 'message', 'state'])
  t.match(watching.named('state').map(({ json }) => json.state), ['live', 'ended'])
  t.ok(watching.segments[0]?.bytes.equals(knownBytes(1, 100)))
  const again = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': watching.lastEventId } })
  t.equal(again.status, 204)
  await again.leave()
  const fresh = await watch(`${origin}/live/demo`)
  t.equal(fresh.status, 204, 'nothing is owed to one that has seen nothing')
  await fresh.leave()
  const rewind = await watch(`${origin}/live/demo?from=start`)
  t.equal(rewind.status, 200)
  await rewind.until(() => rewind.ended)
  t.equal(rewind.segments.length, 2)
})

t.test('what an ended broadcast keeps no join point of is a gap too, for who comes back before its end and after', async t => {
  const { app, origin } = await serve(t, { media: { window: { bytes: 1 } } })
  const demo = app.mediaSse.broadcast('demo')
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(MOVIE_INIT)
  publishing.write(fragment(0))
  const first = await watch(`${origin}/live/demo?from=start`)
  await first.until(() => first.segments.length === 1)
  const { lastEventId } = first
  await first.leave()
  for (const seconds of [1, 2, 3]) publishing.write(fragment(seconds, false))
  t.match(await publishing.end(), { status: 201, json: { segments: 4 } })
  const roads = [
    { url: `${origin}/live/demo`, headers: { 'last-event-id': lastEventId } },
    { url: `${origin}/live?broadcasts=demo`, headers: { 'last-event-id': `demo@${lastEventId}` } }
  ]
  const before = await Promise.all(roads.map(async ({ url, headers }) => await watch(url, { headers })))
  for (const watching of before) await watching.until(() => watching.named('state').length === 1)
  demo.end()
  const after = await Promise.all(roads.map(async ({ url, headers }) => await watch(url, { headers })))
  const epoch = lastEventId.split('-')[0]
  for (const watching of [...before, ...after]) {
    await watching.over()
    t.match(watching.named('gap'), [{ json: { from: `${epoch}-2`, to: `${epoch}-4`, segments: 3, reason: 'expired' } }])
    t.equal(watching.named('gap').length, 1)
    t.equal(watching.segments.length, 0)
    t.equal(watching.events.at(-1)?.json['state'], 'ended')
    await watching.leave()
  }
  for (const [index, { url }] of roads.entries()) {
    const again = await watch(url, { headers: { 'last-event-id': after[index]!.lastEventId } })
    t.equal(again.status, 204, 'it is told once')
    await again.leave()
  }
})
