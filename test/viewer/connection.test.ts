// A connection hands over what its viewers are owed while its sink takes it, each in its turn, and has one exit, whatever ends it.
import { createHook } from 'node:async_hooks'
import t from 'tap'
import type { Viewer, ViewerClose } from '../../lib/index.js'
import { placeIn, segmentsOf, statesOf } from '../kit/by-broadcast.js'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

t.test('a viewer whose response somebody else has begun leaves no ghost, and its reason is error', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    before: app => { app.addHook('preHandler', async (_request, reply) => { reply.raw.flushHeaders() }) },
    media: { onViewerClose: (_viewer, close) => { closes.push(close) } }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.over()
  t.match(closes, [{ reason: 'error' }])
  t.equal(app.mediaSse.stats().viewers, 0)
})

t.test('app.close() sends viewers away, and a broadcast that ends says so last', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('over').publish(knownBytes(0, 10), OPAQUE)
  const [over, waiting] = await Promise.all(['over', 'nobody'].map(async name => await watch(`${origin}/live/${name}`)))
  app.mediaSse.broadcast('over').end()
  await over!.until(() => over!.ended)
  t.same(over!.named('state').map(({ json }) => json.state), ['live', 'ended'])
  await Promise.all([app.close(), waiting!.until(() => waiting!.ended)])
  t.same(waiting!.named('state').map(({ json }) => json.state), ['waiting', 'closing'])
})

t.test('a viewer can be kicked while its connection takes bytes, while it takes none, and before it takes any', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    media: {
      onViewerOpen: viewer => { if (viewer.broadcast.name === 'early') viewer.kick() },
      onViewerClose: (_viewer, close) => { closes.push(close) }
    }
  })
  const demo = app.mediaSse.broadcast('demo')
  const [ready, waiting] = [await watch(`${origin}/live/demo`), await watch(`${origin}/live/demo`)]
  const [first, second] = demo.viewers
  first!.kick()
  await ready.until(() => ready.ended)
  await waiting.until(() => waiting.events.length === 1)
  waiting.stall()
  demo.publish(knownBytes(1, 15 * MiB), OPAQUE)
  while (second!.segments === 0) await turn()
  second!.kick()
  t.equal(closes.length, 2, 'at once')
  await new Watching(`${origin}/live/early`).over()
  while (closes.length < 3) await turn()
  t.strictSame(closes.map(({ reason }) => reason), ['kicked', 'kicked', 'kicked'])
})

t.test('a connection that takes nothing for stallTimeout is cut', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, { media: { stallTimeout: 200, onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  watching.stall()
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 15 * MiB), OPAQUE)
  while (closes.length === 0) await turn()
  t.match(closes, [{ reason: 'stalled' }])
  await watching.leave()
})

t.test('a hook that publishes or kicks from within leaves the order as it is', async t => {
  const { app, origin } = await serve(t, {
    media: {
      onViewerSkip: viewer => { for (const number of [2, 3]) viewer.broadcast.publish(knownBytes(number, 10), OPAQUE) },
      onSegment: (broadcast, segment) => { if (segment.id.endsWith('-4')) for (const viewer of broadcast.viewers) viewer.kick() }
    }
  })
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': '1-1' } })
  await watching.until(() => watching.segments.length === 3)
  t.strictSame(watching.segments.map(({ id }) => id.split('-')[1]), ['1', '2', '3'])
  app.mediaSse.broadcast('demo').publish(knownBytes(4, 10), OPAQUE)
  await watching.until(() => watching.ended)
  t.equal(watching.segments.length, 4)
})

t.test('a client that leaves is the reason where nothing else was', async t => {
  const { app, origin } = await serve(t)
  const watching = await watch(`${origin}/live/demo`)
  const closed = new Promise(resolve => app.mediaSse.addHook('onViewerClose', (_viewer, close) => resolve(close)))
  await watching.leave()
  t.match(await closed, { reason: 'client' })
})

t.test('several take turns, event by event', async t => {
  const { app, origin } = await serve(t)
  const names = ['a', 'b', 'c']
  for (const name of names) for (const number of [1, 2, 3]) app.mediaSse.broadcast(name).publish(knownBytes(number, 10), OPAQUE)
  app.mediaSse.broadcast('b').publish(knownBytes(4, 10), OPAQUE)
  const watching = await watch(`${origin}/live?broadcasts=a,b,c&from=start`)
  await watching.until(() => watching.events.length === 16)
  t.strictSame(watching.events.map(({ event, json }) => `${event} ${String(json.broadcast)}`), [
    ...['state', 'init', 'message', 'message', 'message'].flatMap(event => names.map(name => `${event} ${name}`)), 'message b'
  ])
  t.equal(watching.comments.filter(comment => comment === 'fastify-media-sse').length, 1)
  await watching.leave()
})

t.test('one of several that ends leaves, its turn goes to the next, and its bytes are its own', async t => {
  const closes: Array<[string, ViewerClose]> = []
  const { app, origin } = await serve(t, { media: { onViewerClose: (viewer, close) => { closes.push([viewer.broadcast.name, close]) } } })
  const names = ['a', 'b', 'c']
  const [a, b, c] = names.map(name => app.mediaSse.broadcast(name))
  for (const [index, one] of [a, b, c].entries()) one!.publish(knownBytes(index, 10_000 * (index + 1)), OPAQUE)
  const watching = await watch(`${origin}/live?broadcasts=a,b,c`)
  await watching.until(() => watching.segments.length === 3)
  const viewers = [a, b, c].map(one => [...one!.viewers][0]!)
  while (viewers.some(({ bytes }, index) => bytes < 13_333 * (index + 1))) await turn()
  t.ok(viewers.every(({ bytes }, index) => bytes < 13_333 * (index + 1) + 1000))
  c!.end()
  await watching.until(() => statesOf(watching, 'c').length === 2)
  a!.end()
  await watching.until(() => statesOf(watching, 'a').length === 2)
  const kept = viewers[0]!.bytes
  b!.publish(knownBytes(4, 50_000), OPAQUE)
  await watching.until(() => segmentsOf(watching, 'b').length === 2)
  t.equal(viewers[0]!.bytes, kept, 'what comes later is not of who has left')
  viewers[0]!.kick()
  t.notOk(watching.ended, 'and it has no connection any more')
  t.strictSame(names.map(name => placeIn(watching.lastEventId, name)?.split('-')[1]), ['1', '2', '1'])
  b!.end()
  await watching.until(() => watching.ended)
  while (closes.length < 3) await turn()
  t.strictSame(closes.map(([name, { reason, segments }]) => [name, reason, segments]), [['c', 'ended', 1], ['a', 'ended', 1], ['b', 'ended', 2]])
})

t.test('of a connection that waits, bytes are counted for the viewer whose event it has begun to take', async t => {
  const { app, origin } = await serve(t)
  const watching = await watch(`${origin}/live?broadcasts=a,b`)
  await watching.until(() => watching.events.length === 2)
  watching.stall()
  const [a, b] = ['a', 'b'].map(name => app.mediaSse.broadcast(name))
  // A large body is taken in turns: the other one could overtake it.
  await b!.publish(knownBytes(1, 15 * MiB), OPAQUE)
  a!.publish(knownBytes(1, 15 * MiB), OPAQUE)
  const [one, other] = [a, b].map(broadcast => [...broadcast!.viewers][0]!)
  let before = -1
  while (other!.bytes !== before || before < 10_000) {
    before = other!.bytes
    await get(`${origin}/live`)
  }
  t.ok(other!.bytes < 20 * MiB)
  t.ok(one!.bytes < 1000)
  watching.resume()
  await watching.until(() => watching.segments.length === 2)
  while (one!.bytes < 20 * MiB) await turn()
  t.ok(other!.bytes >= 20 * MiB)
  await watching.leave()
})

t.test('what ends a connection ends it for all of its viewers, with one reason', async t => {
  const closes: string[] = []
  const opened: Viewer[] = []
  const { app, origin } = await serve(t, {
    media: {
      onViewerOpen: async viewer => {
        opened.push(viewer)
        await turn()
        if (viewer.broadcast.name === 'early') viewer.kick()
      },
      onViewerClose: (viewer, { reason }) => { closes.push(`${viewer.broadcast.name} ${reason}`) }
    }
  })
  const kicked = await watch(`${origin}/live?broadcasts=a,b`)
  await kicked.until(() => kicked.events.length === 2)
  opened[1]!.kick()
  await kicked.until(() => kicked.ended)
  while (closes.length < 2) await turn()
  await new Watching(`${origin}/live?broadcasts=c,early`).over()
  while (closes.length < 4) await turn()
  const closing = await watch(`${origin}/live?broadcasts=d,e`)
  await closing.until(() => closing.events.length === 2)
  await Promise.all([app.close(), closing.until(() => closing.ended)])
  t.strictSame(closing.events.map(({ json }) => [json.broadcast, json.state]), [['d', 'waiting'], ['e', 'waiting'], ['d', 'closing'], ['e', 'closing']])
  t.equal(closing.retries.length, 2, 'when to come back is told once')
  t.strictSame(closes, ['a kicked', 'b kicked', 'c kicked', 'early kicked', 'd closing', 'e closing'])
  t.equal(new Set(opened.map(({ id }) => id)).size, 6)
})

t.test('a large segment for many viewers is handed over in turns with all else, to each in order', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const all = await Promise.all(Array.from({ length: 50 }, async () => await watch(`${origin}/live/demo`)))
  await Promise.all(all.map(async watching => await watching.until(() => watching.events.length === 1)))
  const bodies = [MiB, 100, MiB].map((length, seed) => knownBytes(seed, length))
  for (const body of bodies) demo.publish(body, OPAQUE)
  const handed = (): number => [...demo.viewers].reduce((sum, { segments }) => sum + segments, 0)
  // Those in which any was handed over.
  let turns = 0
  for (let before = handed(); before < all.length * bodies.length;) {
    await turn()
    const now = handed()
    if (now > before) turns++
    before = now
  }
  t.ok(turns > 2, `${turns} turns`)
  await Promise.all(all.map(async watching => await watching.until(() => watching.segments.length === bodies.length)))
  for (const { segments } of all) t.ok(segments.every(({ bytes }, index) => bytes.equals(bodies[index]!)))
  await Promise.all(all.map(async watching => await watching.leave()))
})

t.test('several broadcasts as one gzip body, each event with the place in all of them', async t => {
  const { app, origin } = await serve(t)
  const [one, other] = ['one', 'other'].map(name => app.mediaSse.broadcast(name))
  const bodies = [100, 300_000, 70_000].map((length, seed) => knownBytes(seed, length))
  const watching = await watch(`${origin}/live?broadcasts=one,other`, { headers: { 'accept-encoding': 'br, gzip' } })
  t.match(watching.headers, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
  for (const body of bodies) for (const broadcast of [one!, other!]) broadcast.publish(body, OPAQUE)
  await watching.until(() => watching.segments.length === 2 * bodies.length)
  for (const name of ['one', 'other']) t.ok(segmentsOf(watching, name).every(({ bytes }, index) => bytes.equals(bodies[index]!)))
  t.match(watching.segments.at(-1)!.id, /^one@\d+-3,other@\d+-3$/)
  for (const broadcast of [one!, other!]) broadcast.end()
  await watching.until(() => watching.ended)
  t.equal(watching.broken, undefined)
})

t.test('when its time is over it ends with a reason of its own', async t => {
  const { app, origin } = await serve(t, { media: { authorizeWatch: () => ({ until: Date.now() + 1000 }) } })
  const viewer = await watch(`${origin}/live/demo`)
  await viewer.over()
  t.ok(viewer.ended)
  t.match(app.mediaSse.stats().closed, { expired: 1 })
})

t.test('what has piled up while a connection was full goes out together', async t => {
  const { app, origin } = await serve(t, { media: { lag: { seconds: 30 } } })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  const [viewer] = demo.viewers
  watching.stall()
  const bodies = [14 * MiB, ...Array<number>(300).fill(1000), MiB, 10].map((length, seed) => knownBytes(seed, length))
  demo.publish(bodies[0]!, OPAQUE)
  while (viewer!.segments === 0) await turn()
  for (const body of bodies.slice(1)) demo.publish(body, OPAQUE)
  let writes = 0
  const hook = createHook({ init: (_id, type) => { if (type === 'WRITEWRAP') writes++ } }).enable()
  watching.resume()
  await watching.until(() => watching.segments.length === bodies.length)
  hook.disable()
  t.ok(watching.segments.every(({ bytes }, index) => bytes.equals(bodies[index]!)))
  t.ok(writes < bodies.length / 2, `${writes} writes for ${bodies.length} events`)
  t.ok(viewer!.bytes > watching.received)
  demo.end()
  await watching.until(() => watching.ended)
})

t.test('whoever answers in its place ends it as an error', async t => {
  const closes: ViewerClose[] = []
  const { origin } = await serve(t, {
    before: app => {
      app.addHook('onSend', async (_request, reply, payload) => {
        if (reply.getHeader('content-type') === 'text/event-stream') throw new Error('it does')
        return payload
      })
    },
    media: { onViewerClose: (_viewer, close) => { closes.push(close) } }
  })
  t.equal((await get(`${origin}/live/demo`)).status, 500)
  t.match(closes, [{ reason: 'error' }])
})
