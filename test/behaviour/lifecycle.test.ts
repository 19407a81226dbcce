// A viewer beside plugins that keep something for the time of a request: cookies and sessions are sent and saved, spans end, and refusals hold.
import { once } from 'node:events'
import auth from '@fastify/auth'
import type { FastifyAuthFunction } from '@fastify/auth'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import otel from '@fastify/otel'
import session from '@fastify/session'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { FastifyInstance, FastifyRequest, preHandlerHookHandler } from 'fastify'
import t from 'tap'
import { picture } from '../../lib/testing/picture.js'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

t.test('@fastify/cookie and @fastify/session: a viewer has its cookie, and its session is saved', async t => {
  const { app, origin } = await serve(t, {
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: 's'.repeat(32), cookie: { secure: false } })
      app.addHook('preHandler', async request => { (request.session as { seen?: number }).seen = ((request.session as { seen?: number }).seen ?? 0) + 1 })
      app.get('/seen', async request => ({ seen: (request.session as { seen?: number }).seen }))
    }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  const [pair = ''] = String(watching.headers['set-cookie']).split(';')
  t.match(pair, /^sessionId=/)
  t.match((await get(`${origin}/seen`, { cookie: pair })).json, { seen: 2 })
  await watching.leave()
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
})

t.test("@fastify/otel: a viewer's span ends when its headers go out", async t => {
  const exporter = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() })
  const instrumentation = new otel.FastifyOtelInstrumentation()
  instrumentation.setTracerProvider(provider)
  t.teardown(async () => { await provider.shutdown() })
  const { origin } = await serve(t, { before: async app => { await app.register(instrumentation.plugin()) } })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'request')
  t.match(spans.map(({ attributes }) => attributes), [{ 'url.path': '/live/demo', 'http.response.status_code': 200 }])
  await watching.leave()
})

t.test('@fastify/auth guards watching by every road, and publishing with its end', async t => {
  const { app, origin } = await serve(t, {
    before: async app => {
      await app.register(auth)
      app.decorate('member', async (request: FastifyRequest) => { if (request.headers.authorization !== 'Bearer member') throw Object.assign(new Error('no member'), { statusCode: 401 }) })
      app.decorate('never', async () => { throw Object.assign(new Error('never'), { statusCode: 401 }) })
    },
    media: { routes: { watch: { preHandler: both }, publish: { preHandler: both } }, authorizePublish: () => true }
  })
  // The app's decorators are there when a request comes.
  function both (this: FastifyInstance, ...given: Parameters<preHandlerHookHandler>): void {
    const { member, never } = app as unknown as Record<'member' | 'never', FastifyAuthFunction>
    app.auth([never, member]).call(app, ...given)
  }
  const { id } = await app.mediaSse.broadcast('demo').publish(picture(), { contentType: 'image/jpeg' })
  for (const path of ['/live/demo', '/live?broadcasts=demo,other', `/live/demo/segments/${id}`]) t.equal((await get(origin + path, { accept: 'text/event-stream' })).status, 401, path)
  t.equal((await post(`${origin}/live/demo`, picture())).status, 401)
  t.equal((await get(`${origin}/live/demo`, {}, 'DELETE')).status, 401)
  t.equal((await get(`${origin}/live`)).status, 200, 'the list has hooks of its own')
  const headers = { authorization: 'Bearer member' }
  const watching = await watch(`${origin}/live/demo`, { headers })
  t.equal((await post(`${origin}/live/demo`, picture(), headers)).status, 201)
  await watching.until(() => watching.segments.length === 2)
  t.equal((await get(`${origin}/live/demo`, headers, 'DELETE')).status, 204)
  await watching.until(() => watching.ended)
})

t.test('@fastify/compress, for all routes: events arrive when they are sent, however its bytes are coded', async t => {
  for (const coding of ['gzip', 'br', 'identity']) {
    const { app, origin } = await serve(t, { before: async app => { await app.register(compress, { global: true, threshold: 0 }) } })
    const demo = app.mediaSse.broadcast('demo')
    const response = await fetch(`${origin}/live/demo`, { headers: { 'accept-encoding': coding, accept: 'text/event-stream' } })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const says = async (word: string): Promise<void> => {
      while (!text.includes(word)) text += (await within(reader.read(), `${word} by ${coding}`)).value
    }
    await says('"waiting"')
    for (const name of ['one', 'two']) {
      demo.publish(picture(), { contentType: 'image/jpeg', track: name })
      // The next is sent when this one has come.
      await says(`"track":"${name}"`)
    }
    t.match(text, /^retry: \d+\n/, `${coding} is ${response.headers.get('content-encoding')}`)
    await reader.cancel()
  }
})

t.test('closing ends who waits for onViewerOpen, and the list asks many at a time', async t => {
  let asked = 0
  let reached = (): void => {}
  const many = new Promise<void>(resolve => { reached = resolve })
  const { app, origin } = await serve(t, {
    media: {
      closeTimeout: 200,
      authorizeWatch: async request => {
        // Nobody is answered before 32 are asked.
        if (request.headers['x-all'] === undefined) return true
        if (++asked === 32) reached()
        await many
        return true
      },
      onViewerOpen: async () => {
        app.server.emit('opening')
        await new Promise(() => {})
      }
    }
  })
  for (let index = 0; index < 40; index++) await app.mediaSse.broadcast(`b${index}`).publish(picture(), { contentType: 'image/jpeg' })
  const { json } = await within(get(`${origin}/live`, { 'x-all': 'yes' }), 'the list')
  t.equal((json['broadcasts'] as unknown[]).length, 40)
  const opening = once(app.server, 'opening')
  const answer = fetch(`${origin}/live/b0`).then(() => 'answered', () => 'cut')
  await opening
  await within(app.close(), 'the server closes')
  t.equal(await answer, 'cut')
})
