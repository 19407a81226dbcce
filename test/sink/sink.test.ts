// A sink behaves the same by whatever road its bytes go: straight to the socket on HTTP/1.1 over TCP and TLS, through
// the response on HTTP/1.0, HTTP/2 and `inject`, and behind a pipelined request.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions, ViewerClose } from '../../lib/index.js'
import { get } from '../kit/publish.js'
import { ROADS } from '../kit/roads.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }

for (const road of ROADS) {
  const begin = async (t: Test, media: MediaSseOptions = {}): Promise<Served & { closes: ViewerClose[] }> => {
    const closes: ViewerClose[] = []
    const served = await serve(t, {
      fastify: road.fastify,
      media: { ...media, onViewerClose: (_viewer, close) => { closes.push(close) } }
    })
    return { ...served, closes }
  }

  t.test(`${road.name}: events arrive whole and in order, small and large, and the response ends cleanly`, async t => {
    const served = await begin(t, { lag: { seconds: 30 } })
    const demo = served.app.mediaSse.broadcast('demo')
    const bodies = [100, 5 * MiB, 0x10000, 1, 300_000].map((length, index) => knownBytes(index, length))
    demo.publish(bodies[0]!, OPAQUE)
    const watching = await road.open(served, '/live/demo')
    t.equal(watching.status, 200)
    t.equal(watching.headers['content-type'], 'text/event-stream')
    t.equal(watching.headers['cache-control'], 'no-store, no-transform')
    await watching.until(() => watching.segments.length === 1)
    for (const body of bodies.slice(1)) demo.publish(body, OPAQUE)
    demo.end()
    await watching.until(() => watching.ended)
    t.same(watching.events.map(({ event }) => event), ['state', 'init', ...bodies.map(() => 'message'), 'state'])
    t.ok(watching.segments.every(({ bytes }, index) => bytes.equals(bodies[index]!)))
    t.ok(watching.retries[0]! >= 1500 && watching.retries[0]! <= 2500)
    await watching.leave()
    t.match(served.closes, [{ reason: 'ended', segments: bodies.length }])
  })

  t.test(`${road.name}: what a viewer is given together with others counts as its own`, async t => {
    const served = await begin(t)
    const demo = served.app.mediaSse.broadcast('demo')
    const watching = await road.open(served, '/live/demo')
    const counts: number[] = []
    for (let published = 1; published <= 5; published++) {
      demo.publish(knownBytes(1, 1000), OPAQUE)
      await watching.until(() => watching.segments.length === published)
      // Over TLS the client may have it before the server hears that it is taken.
      if (road.name.includes('TLS')) {
        const before = counts.at(-1) ?? 0
        while ([...demo.viewers][0]!.bytes < before + 1000) await new Promise(resolve => setImmediate(resolve))
      }
      counts.push([...demo.viewers][0]!.bytes)
    }
    const last = counts.at(-1)!
    t.ok(counts.slice(1).every((count, index) => count > counts[index]! + 1000 && count < counts[index]! + 2000))
    t.equal([...demo.viewers][0]!.segments, 5)
    demo.end()
    await watching.until(() => watching.ended)
    await watching.leave()
    t.match(served.closes, [{ reason: 'ended', segments: 5 }])
    t.ok(served.closes[0]!.bytes > last, 'the end, too')
  })

  t.test(`${road.name}: a quiet connection gets heartbeats`, async t => {
    const served = await begin(t, { heartbeat: 40 })
    const watching = await road.open(served, '/live/demo')
    await watching.until(() => watching.comments.length >= 4)
    t.equal(watching.comments[0], 'fastify-media-sse')
    await watching.leave()
  })

  t.test(`${road.name}: a client that does not read makes its viewer wait, and goes on behind one gap`, async t => {
    // What waits for its encoding does not lag, however long that takes.
    const lags: number[] = []
    const served = await begin(t, { lag: { seconds: 0.05 }, onViewerLag: (_viewer, lag) => { lags.push(lag) } })
    const demo = served.app.mediaSse.broadcast('demo')
    const watching = await road.open(served, '/live/demo')
    demo.publish(knownBytes(0, 10), OPAQUE)
    await watching.until(() => watching.segments.length === 1)
    const [viewer] = demo.viewers
    watching.stall()
    let published = 1
    const publish = (): void => { demo.publish(knownBytes(published++, MiB / 8), OPAQUE) }
    // More than what lies between server and client takes, so that there is something to be skipped.
    for (let count = 0; count < 96 || lags.length === 0; count++) {
      publish()
      await new Promise(resolve => setImmediate(resolve))
    }
    watching.resume()
    await watching.until(() => watching.named('gap').length > 0)
    publish()
    await watching.until(() => watching.segments.at(-1)?.id.endsWith(`-${published}`) === true)
    const skipped = watching.named('gap').reduce((sum, { json }) => sum + Number(json.segments), 0)
    t.equal(watching.segments.length + skipped, published)
    t.equal(viewer!.skipped, skipped)
    await watching.leave()
  })

  t.test(`${road.name}: app.close() ends it`, async t => {
    const served = await begin(t)
    const watching = await road.open(served, '/live/demo')
    await watching.until(() => watching.events.length > 0)
    await Promise.all([served.app.close(), watching.until(() => watching.ended)])
    t.equal(watching.named('state').at(-1)?.json.state, 'closing')
    t.match(served.closes, [{ reason: 'closing' }])
  })

  t.test(`${road.name}: an event goes out with another id line in the place of its own, and is whole besides`, async t => {
    const served = await begin(t, { lag: { seconds: 30 } })
    const bodies = [100, 3 * MiB, 1, 300_000].map((length, index) => knownBytes(index, length))
    const ids = await Promise.all(bodies.map(async body => (await served.app.mediaSse.broadcast('demo').publish(body, OPAQUE)).id))
    served.app.mediaSse.broadcast('other').publish(bodies[0]!, OPAQUE)
    const watching = await road.open(served, '/live?broadcasts=demo,other&from=start')
    await watching.until(() => watching.segments.length === bodies.length + 1)
    const segments = watching.segments.filter(({ json }) => json.broadcast === 'demo')
    t.strictSame(segments.map(({ id }) => id.split(',')[0]), ids.map(id => `demo@${id}`))
    t.ok(segments.every(({ bytes }, index) => bytes.equals(bodies[index]!)))
    const [viewer] = served.app.mediaSse.broadcast('demo').viewers
    while (viewer!.bytes < 3 * MiB) await new Promise(resolve => setImmediate(resolve))
    await watching.leave()
  })

  t.test(`${road.name}: a client that leaves is noticed`, async t => {
    const served = await begin(t)
    const watching = await road.open(served, '/live/demo')
    await watching.leave()
    while (served.closes.length === 0) await new Promise(resolve => setImmediate(resolve))
    t.match(served.closes, [{ reason: 'client' }])
  })
}

t.test('a sink that is destroyed lets go at once of what it holds', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, { media: { onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  const [viewer] = demo.viewers
  watching.stall()
  demo.publish(knownBytes(0, 15 * MiB), OPAQUE)
  while (viewer!.segments === 0) await new Promise(resolve => setImmediate(resolve))
  viewer!.kick()
  t.match(closes, [{ reason: 'kicked' }])
  t.equal(app.mediaSse.stats().viewers, 0)
  watching.resume()
  await watching.over()
  t.notOk(watching.ended)
})

t.test('a sink that takes nothing for stallTimeout is reported, and not before', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, { media: { stallTimeout: 300, onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const watching = await watch(`${origin}/live/demo`)
  watching.stall()
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 15 * MiB), OPAQUE)
  while (closes.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.match(closes, [{ reason: 'stalled' }])
  t.ok(closes[0]!.seconds >= 0.3)
  await watching.leave()
})

t.test('a request pipelined behind a viewer is answered when the viewer has ended', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, MiB), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  watching.request(`${origin}/live`)
  await watching.until(() => watching.segments.length === 1)
  demo.end()
  await watching.until(() => watching.ended)
  watching.next()
  await watching.until(() => watching.status === 200)
  t.match(watching.headers['content-type'], /json/)
  await watching.leave()
})

t.test('a second request on the connection, after a clean end, is answered', async t => {
  const { app, origin } = await serve(t, { fastify: { connectionTimeout: 60_000, keepAliveTimeout: 5000 } })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  demo.end()
  await watching.until(() => watching.ended)
  watching.next()
  watching.request(`${origin}/live`)
  await watching.until(() => watching.status === 200)
  t.match(watching.headers['content-type'], /json/)
  await watching.leave()
})

t.test("Fastify's connectionTimeout does not cut a quiet viewer, and its keepAliveTimeout holds after it", async t => {
  const { app, origin, port } = await serve(t, { fastify: { connectionTimeout: 150, keepAliveTimeout: 100 } })
  const watching = await watch(`${origin}/live/demo`)
  // Connections without a request live through the same time-out, one after the other.
  for (let round = 0; round < 3; round++) {
    const idle = connect({ host: '127.0.0.1', port })
    await once(idle.resume(), 'close')
  }
  t.notOk(watching.closed)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), OPAQUE)
  demo.end()
  await watching.until(() => watching.ended)
  await once(watching.socket, 'close')
})

t.test('where a hook of the app answers in place of the stream, nothing is written, and nobody is told any more', async t => {
  const closes: ViewerClose[] = []
  const { origin } = await serve(t, {
    media: { onViewerClose: (_viewer, close) => { closes.push(close) } },
    before: app => {
      app.addHook('onSend', async (_request, reply, payload) => {
        if (reply.getHeader('content-type') !== 'text/event-stream') return payload
        throw new Error('not here')
      })
    }
  })
  const { status, json } = await get(`${origin}/live/demo`, { accept: 'text/event-stream' })
  t.match([status, json], [500, { message: 'not here' }])
  t.strictSame(closes.map(({ bytes, segments }) => [bytes, segments]), [[0, 0]])
})

t.test('a connection so slow that a slice takes long gets smaller ones', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  const [viewer] = demo.viewers
  watching.stall()
  demo.publish(knownBytes(0, 12 * MiB), OPAQUE)
  // It is stalled once its connection has taken some of the event, and then no more.
  const start = viewer!.bytes
  let before = start
  for (let since = performance.now(); before === start || performance.now() - since < 700;) {
    await get(`${origin}/live`)
    if (viewer!.bytes !== before) since = performance.now()
    before = viewer!.bytes
  }
  watching.resume()
  await watching.until(() => watching.segments.length === 1)
  t.ok(viewer!.bytes > before)
  t.ok(watching.segments[0]?.bytes.equals(knownBytes(0, 12 * MiB)))
  await watching.leave()
})

t.test('the headers go out with the first events of a viewer, in one system call', async t => {
  let writes = 0
  const { app, origin } = await serve(t, {
    before: app => {
      app.addHook('onRequest', async ({ raw: { socket } }) => {
        const handle = (socket as unknown as { _handle: Record<string, (...args: unknown[]) => unknown> })._handle
        for (const name of ['writev', 'writeBuffer', 'writeLatin1String', 'writeUtf8String', 'writeAsciiString']) {
          const write = handle[name]!.bind(handle)
          handle[name] = (...args) => {
            writes++
            return write(...args)
          }
        }
      })
    }
  })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 1000), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  t.equal(writes, 1)
  demo.publish(knownBytes(1, 1000), OPAQUE)
  await watching.until(() => watching.segments.length === 2)
  t.equal(writes, 2)
  await watching.leave()
})
