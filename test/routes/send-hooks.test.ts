// onSend hooks of the app, of other plugins and of the route run once before a viewer's headers; what they do to the answer holds.
import { AsyncLocalStorage } from 'node:async_hooks'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Readable } from 'node:stream'
import cookie from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('each hook runs once, in its order, before the headers, and its cookie is in them', async t => {
  const order: string[] = []
  const { app, origin } = await serve(t, {
    before: async app => {
      await app.register(cookie)
      app.addHook('onSend', async (_request, reply) => {
        order.push('app')
        await new Promise(resolve => setImmediate(resolve))
        reply.header('x-app', 'yes')
      })
      app.addHook('preHandler', async (_request, reply) => { reply.setCookie('a', 'b') })
    },
    media: {
      onViewerOpen: () => { order.push('open') },
      routes: { watch: { onSend: async () => { order.push('route') } } }
    }
  })
  const watching = await watch(`${origin}/live/demo`)
  t.match(watching.headers, { 'content-type': 'text/event-stream', 'x-app': 'yes', 'set-cookie': 'a=b' })
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 300_000), JPEG)
  await watching.until(() => watching.segments.length === 1)
  t.ok(watching.segments[0]?.bytes.equals(knownBytes(0, 300_000)))
  t.strictSame(order, ['open', 'app', 'route'])
  await watching.leave()
})

t.test('a hook that wraps the payload is given every event', async t => {
  const { app, origin } = await serve(t, {
    before: app => {
      app.addHook('onSend', async (_request, reply: FastifyReply, payload) => {
        if (reply.getHeader('content-type') !== 'text/event-stream') return payload
        reply.header('x-wrapped', 'yes')
        return (payload as Readable).pipe(new PassThrough())
      })
    }
  })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  t.equal(watching.headers['x-wrapped'], 'yes')
  for (let index = 0; index < 5; index++) await demo.publish(knownBytes(index, 100_000), JPEG)
  await watching.until(() => watching.segments.length === 5)
  for (const [index, { bytes }] of watching.segments.entries()) t.ok(bytes.equals(knownBytes(index, 100_000)))
  await demo.end()
  await watching.until(() => watching.ended)
  await watching.leave()
})

t.test('a hook that fails, or answers something else, has its answer, and the viewer is closed as error', async t => {
  for (const [how, status] of [['throws', 500], ['answers', 200]] as const) {
    const { app, origin } = await serve(t, {
      before: app => {
        app.addHook('onSend', async (_request, reply, payload) => {
          if (reply.getHeader('content-type') !== 'text/event-stream') return payload
          if (how === 'throws') throw new Error('it does')
          return 'something else'
        })
      }
    })
    const closed = new Promise(resolve => app.mediaSse.addHook('onViewerClose', (_viewer, { reason }) => { resolve(reason) }))
    const answer = await within(get(`${origin}/live/demo`), how)
    t.equal(answer.status, status)
    t.equal(await closed, 'error')
    t.equal(app.mediaSse.stats().viewers, 0)
  }
})

t.test('a client that leaves while a hook waits was a viewer, and is none any more', async t => {
  let go = (): void => {}
  const held = new Promise<void>(resolve => { go = resolve })
  let reached = (): void => {}
  const waiting = new Promise<void>(resolve => { reached = resolve })
  const { app, port } = await serve(t, {
    before: app => {
      app.addHook('onSend', async () => {
        reached()
        await held
      })
    }
  })
  const closed = new Promise(resolve => app.mediaSse.addHook('onViewerClose', (_viewer, { reason }) => { resolve(reason) }))
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /live/demo HTTP/1.1\r\nhost: x\r\n\r\n')
  await within(waiting, 'the hook runs')
  socket.destroy()
  t.equal(await within(closed, 'it is closed'), 'client')
  go()
  t.equal(app.mediaSse.stats().viewers, 0)
})

t.test("AsyncLocalStorage of the request holds in the viewer's later hooks, and onRequestAbort runs when it leaves", async t => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const { app, origin } = await serve(t, {
    before: app => {
      app.addHook('onRequest', (request, _reply, done) => { storage.run(`request of ${request.url}`, done) })
      app.addHook('onRequestAbort', async _request => { seen.push('abort') })
    },
    media: { onViewerOpen: () => { seen.push(storage.getStore()) }, onViewerClose: () => { seen.push(storage.getStore()) } }
  })
  const one = await watch(`${origin}/live/demo?x=1`)
  await one.leave()
  while (seen.length < 3) await within(new Promise(resolve => setImmediate(resolve)), 'the hooks')
  t.strictSame(seen.map(String).sort(), ['abort', 'request of /live/demo?x=1', 'request of /live/demo?x=1'])
  const two = await watch(`${origin}/live/demo?x=2`)
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), JPEG)
  // Its end is another context's doing.
  storage.run('the publisher', () => { app.mediaSse.broadcast('demo').viewers.forEach(viewer => viewer.kick()) })
  await two.until(() => two.ended || two.closed)
  t.equal(seen.at(-1), 'request of /live/demo?x=2')
  await two.leave()
})

t.test('an answer of the same route that is no event stream goes its own way', async t => {
  const { origin } = await serve(t, { media: { maxViewers: 1 } })
  const watching = await watch(`${origin}/live/demo`)
  t.match(await get(`${origin}/live/demo`, { accept: '*/*' }), { status: 503, json: { code: 'FST_MEDIA_SSE_TOO_MANY_VIEWERS' } })
  await watching.leave()
})
