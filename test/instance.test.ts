// One registration as users' code holds it: broadcasts, hooks, counts, other registrations of its scope, and its end.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import Fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import mediaSse from '../lib/index.js'
import { Instance } from '../lib/instance.js'
import { get } from './kit/publish.js'
import { knownBytes } from './kit/segments.js'
import { serve } from './kit/serve.js'
import { watch } from './kit/watch.js'
import { within } from './kit/within.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('code publishes, lists and counts as the routes do', async t => {
  const { app, origin } = await serve(t)
  const { mediaSse } = app
  t.throws(() => mediaSse.broadcast('no such name'), { code: 'FST_MEDIA_SSE_INVALID_NAME' })
  t.same(mediaSse.broadcasts, [])
  const demo = mediaSse.broadcast('demo')
  t.match(await demo.publish(knownBytes(0, 10), JPEG), { broadcast: 'demo', segments: 1, viewers: 0 })
  t.same(mediaSse.broadcasts.map(({ name, state }) => [name, state]), [['demo', 'live']])
  const watching = await watch(`${origin}/live/demo`)
  t.match(mediaSse.stats(), { broadcasts: 1, viewers: 1, segments: 1, bytes: 10, closed: { client: 0, ended: 0 } })
  await watching.leave()
  while (mediaSse.stats().viewers > 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(mediaSse.stats().closed.client, 1)
})

t.test('hooks can be added besides those of the options, and both run', async t => {
  const calls: string[] = []
  const { app } = await serve(t, { media: { onSegment: () => { calls.push('option') } } })
  app.mediaSse.addHook('onSegment', () => { calls.push('added') })
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), JPEG)
  t.same(calls, ['option', 'added'])
})

t.test('a further registration in one scope has a name and a prefix of its own', async t => {
  for (const [options, option] of [
    [{ prefix: '/other' }, 'name'], [{ prefix: '/first', name: 'other' }, 'prefix'], [{ prefix: '/other', name: 'one' }, 'name']
  ] as const) {
    const app = Fastify()
    await app.register(mediaSse, { prefix: '/first', name: 'one' })
    await t.rejects(async () => { await app.register(mediaSse, options) }, { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: new RegExp(`^Option ${option} `) })
  }
  const { app, origin } = await serve(t, {
    before: async app => { await app.register(mediaSse, { prefix: '/first' }) },
    media: { name: 'second' }
  })
  t.throws(() => app.mediaSse.instance('third'), { code: 'FST_MEDIA_SSE_INVALID_OPTION' })
  app.mediaSse.instance('second').broadcast('demo').publish(knownBytes(0, 10), JPEG)
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  await watching.leave()
})

t.test('a stream takes the headers of server-sent events, and a reply that closes its connection while the server closes', async t => {
  const { origin } = await serve(t, {
    before: app => {
      app.get('/list', (_request, reply) => { reply.sseStream([{ data: 'one' }, { data: 'two' }], { retry: 7 }) })
      app.get('/open', (_request, reply) => { reply.sseStream() })
      app.get('/closing', async (_request, reply) => {
        app.close().catch(t.fail)
        await new Promise(resolve => setImmediate(resolve))
        reply.sseStream()
        return reply
      })
    }
  })
  const list = await watch(`${origin}/list`)
  await list.until(() => list.ended)
  t.same(list.events.map(({ data }) => data), ['one', 'two'])
  t.same(list.retries, [7])
  t.match(list.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform' })
  const open = await watch(`${origin}/open`)
  const closing = await watch(`${origin}/closing`)
  t.equal(closing.headers.connection, 'close')
  await open.over()
  t.ok(open.ended)
})

t.test('a stream for a request that is pipelined behind another is refused, and is one when it has its connection', async t => {
  const { app, origin } = await serve(t, {
    before: app => { app.get('/list', (_request, reply) => { reply.sseStream([{ data: 'one' }]) }) }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  const comes = once(app.server, 'request')
  watching.request(`${origin}/list`)
  await comes
  const demo = app.mediaSse.broadcast('demo')
  await demo.publish(knownBytes(0, 10), JPEG)
  await demo.end()
  await watching.until(() => watching.ended)
  watching.next()
  await watching.until(() => watching.status !== 0)
  t.match([watching.status, watching.headers['retry-after']], [429, '1'])
  await watching.leave()
  const alone = await watch(`${origin}/list`)
  await alone.until(() => alone.ended)
  t.strictSame(alone.events.map(({ data }) => data), ['one'])
})

t.test('one HTTP/2 connection has so many streams, and its places are free when they end', async t => {
  const { origin } = await serve(t, {
    media: { maxViewersPerConnection: 2 },
    fastify: { http2: true } as FastifyServerOptions,
    before: app => { app.get('/events', (_request, reply) => { reply.sseStream() }) }
  })
  const [session, other] = [connectHttp2(origin), connectHttp2(origin)]
  t.teardown(() => { for (const one of [session, other]) one.destroy() })
  const open = async (over: ClientHttp2Session): Promise<[stream: ClientHttp2Stream, status: unknown, retryAfter: unknown]> => {
    const stream = over.request({ ':path': '/events' })
    const [headers] = await within(once(stream, 'response'), 'an answer') as [Record<string, unknown>]
    return [stream, headers[':status'], headers['retry-after']]
  }
  const [first, status] = await open(session)
  t.equal(status, 200)
  t.equal((await open(session))[1], 200)
  t.strictSame((await open(session)).slice(1), [503, '10'])
  t.equal((await open(other))[1], 200, 'another connection has places of its own')
  first.close()
  await within((async () => { while ((await open(session))[1] !== 200); })(), 'its place is free')
})

t.test('code reads along with a broadcast', async t => {
  const { app } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const reading = (async () => {
    const lengths: number[] = []
    for await (const { bytes } of demo) lengths.push(bytes.byteLength)
    return lengths
  })()
  for (const length of [10, 20]) await demo.publish(knownBytes(0, length), JPEG)
  await demo.end()
  t.strictSame(await reading, [10, 20])
})

t.test('something else of its name in a scope is no registration', async t => {
  const { app } = await serve(t)
  t.equal(Instance.of(app.mediaSse), app.mediaSse)
  t.equal(Instance.of({}), undefined)
})

t.test('an option that a stream does not have is refused', async t => {
  const { app } = await serve(t, {
    before: app => {
      app.get('/wrong', (_request, reply) => { reply.sseStream([{ data: 'one' }], { maxPendingByte: 7 } as object) })
      app.get('/none', (_request, reply) => { reply.sseStream([{ data: 'one' }], null as unknown as object) })
    }
  })
  t.match((await app.inject('/wrong')).json(), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: 'Option sseStream(…).maxPendingByte must be written sseStream(…).maxPendingBytes, got 7' })
  t.match((await app.inject('/none')).json(), { message: 'Option sseStream(…) must be given retry, maxPendingBytes, got null' })
})

t.test('links are signed for names that can be, for a time, and with a key', async t => {
  const signKeys = ['a key of thirty-two characters, or more']
  const { app, origin } = await serve(t, { media: { signKeys, authorizeWatch: () => false } })
  const expires = Date.now() + 3_600_000
  const link = app.mediaSse.sign('demo', { action: 'watch', expires })
  t.match(link, /^signed=demo&expires=\d+&signature=[\w-]{43}$/)
  t.equal(app.mediaSse.sign(['demo'], { action: 'watch', expires: new Date(expires) }), link)
  t.not(app.mediaSse.sign('demo', { action: 'publish', expires }), link)
  t.equal((await get(`${origin}/live?${link}`)).status, 200)
  t.throws(() => app.mediaSse.sign('a/b', { action: 'watch', expires }), { code: 'FST_MEDIA_SSE_INVALID_NAME' })
  t.throws(() => app.mediaSse.sign([], { action: 'watch', expires }), { message: /^Option sign\(names\) must be one broadcast at least/ })
  t.throws(() => app.mediaSse.sign('demo', { action: 'delete' as 'watch', expires }), { message: "Option sign(…).action must be 'watch' or 'publish', got 'delete'" })
  const seconds = Math.floor(expires / 1000)
  for (const wrong of [NaN, -1, 0, 3600, seconds, Date.now() - 1, new Date(Date.now() - 1), new Date(seconds), Infinity, new Date(NaN), undefined, null, String(expires), '1h', true, BigInt(expires), 8.64e15 + 1]) {
    t.throws(() => app.mediaSse.sign('demo', { action: 'watch', expires: wrong as number }), {
      code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option sign\(…\)\.expires must be a time to come, as a Date or Unix milliseconds \(not seconds\), got/
    }, String(wrong))
  }
  for (const [options, message] of [
    [undefined, 'Option sign(…) must be given action, expires, got undefined'],
    [null, 'Option sign(…) must be given action, expires, got null'],
    [{ action: 'watch' }, /^Option sign\(…\)\.expires must be a time to come/],
    [{ expires }, "Option sign(…).action must be 'watch' or 'publish', got undefined"],
    [{ action: 'watch', expire: expires }, `Option sign(…).expire must be written sign(…).expires, got ${expires}`],
    [{ action: 'watch', expires, name: 'demo' }, 'Option sign(…).name must be one of action, expires, got a text of 4 characters']
  ] as const) t.throws(() => app.mediaSse.sign('demo', options as never), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message })
  for (const none of [undefined, null, 5, {}]) t.throws(() => app.mediaSse.sign(none as never, { action: 'watch', expires }), { message: /^Option sign\(names\) must be one broadcast at least/ })
  const { app: without } = await serve(t)
  t.throws(() => without.mediaSse.sign('demo', { action: 'watch', expires }), { message: 'Option signKeys must be given before links can be signed, got undefined' })
})

t.test('code that knows no more of a viewer than its id ends it', async t => {
  const closes: string[] = []
  const { app, origin } = await serve(t, { media: { onViewerClose: (viewer, { reason }) => { closes.push(`${viewer.id} ${reason}`) } } })
  const watching = await watch(`${origin}/live/demo`)
  const [viewer] = app.mediaSse.broadcast('demo').viewers
  await app.mediaSse.kick('nobody')
  t.same(closes, [])
  await app.mediaSse.kick(viewer!.id)
  await watching.over()
  t.same(closes, [`${viewer!.id} kicked`])
})
