// A viewer beside plugins that keep something for the time of a request: cookies and sessions are sent and saved, spans end, and refusals hold.
import auth from '@fastify/auth'
import cookie from '@fastify/cookie'
import otel from '@fastify/otel'
import session from '@fastify/session'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import t from 'tap'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

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

t.test('@fastify/auth: a preHandler of the watch route decides', async t => {
  const { origin } = await serve(t, {
    before: async app => { await app.register(auth) },
    media: { routes: { watch: { preHandler: async request => { if (request.headers.authorization !== 'Bearer member') throw Object.assign(new Error('no'), { statusCode: 401 }) } } } }
  })
  t.equal((await get(`${origin}/live/demo`)).status, 401)
  const watching = await watch(`${origin}/live/demo`, { headers: { authorization: 'Bearer member' } })
  t.equal(watching.status, 200)
  await watching.leave()
})
