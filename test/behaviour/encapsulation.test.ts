// Several registrations in one app keep to themselves, and an app's own hooks and handlers run on our routes as Fastify documents them, but where README says otherwise.
import { EventEmitter, once } from 'node:events'
import { createGunzip, gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import mediaSse from '../../lib/index.js'
import { get, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { listen, serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const PICTURE = { contentType: 'image/jpeg' }
const KEY = '0123456789abcdef'

async function listening (t: Test, build: (app: FastifyInstance) => Promise<void>): Promise<Served> {
  const app = Fastify()
  t.teardown(async () => { await within(app.close(), 'the server closes') })
  await build(app)
  return await listen(app)
}

t.test('two registrations in one scope share nothing but the scope', async t => {
  const told: string[] = []
  const { app, origin } = await listening(t, async app => {
    await app.register(mediaSse, { prefix: '/open', localPublishing: true, maxSegmentBytes: 100_000, onSegment: ({ name }) => { told.push(`open ${name}`) } })
    await app.register(mediaSse, { prefix: '/cams', name: 'cams', publishKeys: [KEY], maxSegmentBytes: 1000, authorizeWatch: () => false, onSegment: ({ name }) => { told.push(`cams ${name}`) } })
  })
  const cams = app.mediaSse.instance('cams')
  const typed = { 'content-type': 'image/jpeg' }
  t.equal((await post(`${origin}/open/demo`, knownBytes(1, 2000), typed)).status, 201)
  t.equal((await post(`${origin}/cams/demo`, knownBytes(1, 500), typed)).status, 401)
  t.equal((await post(`${origin}/cams/demo`, knownBytes(1, 2000), { ...typed, authorization: `Bearer ${KEY}` })).status, 413)
  t.equal((await post(`${origin}/cams/demo`, knownBytes(1, 500), { ...typed, authorization: `Bearer ${KEY}` })).status, 201)
  t.strictSame(told, ['open demo', 'cams demo'])
  t.match([app.mediaSse.stats(), cams.stats()], [{ segments: 1, bytes: 2000 }, { segments: 1, bytes: 500 }])

  const watching = await watch(`${origin}/open/demo`)
  t.equal((await get(`${origin}/cams/demo`)).status, 401)
  t.strictSame([app.mediaSse.stats().viewers, cams.stats().viewers], [1, 0])
  cams.broadcast('demo').end()
  t.equal(app.mediaSse.broadcast('demo').state, 'live', 'of the same name, and another')
  await watching.leave()
})

t.test('scopes side by side, each in a prefix of its own, have their own options, hooks and streams', async t => {
  const ran: string[] = []
  const { origin } = await listening(t, async app => {
    for (const tenant of ['red', 'blue']) {
      await app.register(async scope => {
        scope.addHook('onRequest', async () => { ran.push(tenant) })
        await scope.register(mediaSse, { authorizeWatch: () => tenant === 'red' })
        scope.mediaSse.broadcast('demo').publish(Buffer.from(tenant), PICTURE)
        scope.get('/count', (_request, reply) => { reply.sseStream([{ data: { tenant, segments: scope.mediaSse.stats().segments } }]) })
      }, { prefix: `/x/${tenant}` })
    }
  })
  const watching = await watch(`${origin}/x/red/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  t.equal(watching.segments[0]?.bytes.toString(), 'red')
  await watching.leave()
  t.equal((await get(`${origin}/x/blue/live/demo`)).status, 401)
  t.match((await get(`${origin}/x/blue/count`)).bytes.toString(), 'data: {"tenant":"blue","segments":1}')
  t.match((await get(`${origin}/x/red/live`)).json, { broadcasts: [{ name: 'demo' }] })
  t.equal((await get(`${origin}/live/demo`)).status, 404)
  t.strictSame(ran, ['red', 'blue', 'blue', 'red'])
})

t.test('where a scope has a decorator of our names already, Fastify says which', async t => {
  const clash = async (decorate: (app: FastifyInstance) => void): Promise<void> => {
    const app = Fastify()
    decorate(app)
    await app.register(mediaSse)
  }
  // Typed as ours, so as an app in JavaScript has them.
  const named = (kind: 'decorate' | 'decorateReply', name: string) => (app: FastifyInstance): void => { (app as unknown as Record<string, (name: string, value: unknown) => void>)[kind]!(name, () => {}) }
  await t.rejects(clash(named('decorate', 'mediaSse')), { code: 'FST_ERR_DEC_ALREADY_PRESENT', message: /'mediaSse'/ })
  await t.rejects(clash(named('decorateReply', 'sseStream')), { code: 'FST_ERR_DEC_ALREADY_PRESENT', message: /'sseStream'/ })
  const app = Fastify()
  named('decorate', 'mediaSse')(app)
  await app.register(async scope => {
    await scope.register(mediaSse)
    t.type(scope.mediaSse.broadcast, 'function', 'a scope within has its own')
  })
  await app.close()
})

/** A server with every kind of hook, and what ran for the last request. */
async function hooked (t: Test): Promise<Served & { readonly ran: () => string, readonly ask: (method: Dispatcher.HttpMethod, path: string, headers?: Record<string, string>, body?: string) => Promise<string> }> {
  const hooks = new EventEmitter()
  let ran: string[] = []
  const run = (name: string): void => {
    ran.push(name)
    hooks.emit(name)
  }
  const served = await serve(t, {
    media: { onViewerClose: () => run('onViewerClose') },
    before: app => {
      for (const name of ['onRequest', 'preValidation', 'preHandler', 'onResponse'] as const) app.addHook(name as 'onRequest', async () => run(name))
      for (const name of ['preSerialization', 'onSend'] as const) {
        app.addHook(name as 'onSend', async (_request, reply, payload) => {
          run(name)
          reply.header(`x-${name}`, 'ran')
          return payload
        })
      }
      app.addHook('preParsing', async (_request, _reply, payload) => {
        run('preParsing')
        return payload
      })
      app.addHook('onError', async () => run('onError'))
    }
  })
  const ask = async (method: Dispatcher.HttpMethod, path: string, headers: Record<string, string> = {}, body: string | null = null): Promise<string> => {
    ran = []
    const over = once(hooks, 'onResponse')
    const response = await request(served.origin + path, { method, headers, body })
    await response.body.text()
    await within(over, () => `onResponse of ${method} ${path} after ${ran.join(' ')}`)
    t.equal(response.headers['x-onsend'] === 'ran', ran.includes('onSend'), 'what an onSend hook sets is sent')
    return `${response.statusCode} ${ran.join(' ')}`
  }
  return { ...served, ran: () => ran.join(' '), ask }
}

t.test('hooks run on every route, in their order', async t => {
  const { app, ask } = await hooked(t)
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  const before = 'onRequest preParsing preValidation preHandler'
  const typed = { 'content-type': 'image/jpeg' }
  const cases: Array<[answer: string, ...Parameters<typeof ask>]> = [
    [`200 ${before} preSerialization onSend onResponse`, 'GET', '/live'],
    [`200 ${before} onSend onResponse`, 'GET', '/live/client.js'],
    [`200 ${before} onSend onResponse`, 'HEAD', '/live/demo'],
    [`200 ${before} onSend onResponse`, 'GET', `/live/demo/segments/${id}`],
    [`201 ${before} preSerialization onSend onResponse`, 'POST', '/live/demo', typed, 'x'],
    [`201 ${before} preSerialization onSend onResponse`, 'PUT', '/live/demo/left/1.jpg', typed, 'x'],
    [`204 ${before} onSend onResponse`, 'DELETE', '/live/demo/left/1.jpg'],
    [`400 ${before} onError onSend onResponse`, 'GET', '/live/-'],
    [`409 ${before} onError onSend onResponse`, 'POST', '/live/demo?offset=9', typed, 'x'],
    [`404 ${before} onError onSend onResponse`, 'DELETE', '/live/none'],
    [`404 ${before} preSerialization onSend onResponse`, 'GET', '/live/no/such/route'],
    [`204 ${before} onSend onResponse`, 'DELETE', '/live/demo'],
    [`204 ${before} onSend onResponse`, 'GET', '/live/demo']
  ]
  for (const [answer, ...asked] of cases) t.equal(await ask(...asked), answer, asked.slice(0, 2).join(' '))
})

t.test('of who watches: onSend before the headers, onResponse at the end of the broadcast, and when the viewer leaves onViewerClose alone', async t => {
  const { app, origin, ran, ask } = await hooked(t)
  const before = 'onRequest preParsing preValidation preHandler'
  for (const path of ['/live/demo', '/live?broadcasts=demo,other']) {
    for (const name of ['demo', 'other']) app.mediaSse.broadcast(name).publish(Buffer.from('x'), PICTURE)
    const asked = ask('GET', path)
    while (app.mediaSse.stats().viewers === 0) await new Promise(resolve => setImmediate(resolve))
    for (const name of ['demo', 'other']) app.mediaSse.broadcast(name).end()
    const answer = (await asked).split(' ')
    t.strictSame(answer.filter(hook => hook !== 'onViewerClose'), `200 ${before} onSend onResponse`.split(' '), path)
    t.ok(answer.includes('onViewerClose'))
  }
  app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  await ask('GET', '/live/client.js')
  const watching = await watch(`${origin}/live/demo`)
  const closed = new Promise<void>(resolve => { app.mediaSse.addHook('onViewerClose', () => { resolve() }) })
  await watching.leave()
  await within(closed, 'onViewerClose')
  t.equal(ran(), `onRequest preParsing preValidation preHandler onSend onResponse ${before} onSend onViewerClose`)
})

t.test("an app's own error handler answers every error, and its body is sent as it is", async t => {
  const { origin } = await serve(t, {
    media: { authorizeWatch: () => false, maxBroadcasts: 0 },
    before: app => {
      app.setErrorHandler<{ code: string, statusCode: number }>(async (error, _request, reply) => await reply.code(error.statusCode).send({ problem: error.code }))
      app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send({ problem: 'nothing here' }))
    }
  })
  const typed = { 'content-type': 'image/jpeg' }
  const problem = async (asked: Promise<{ status: number, json: object }>): Promise<unknown[]> => {
    const { status, json } = await asked
    return [status, json]
  }
  t.strictSame(await problem(post(`${origin}/live/demo?offset=9`, 'x', typed)), [409, { problem: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' }])
  t.strictSame(await problem(post(`${origin}/live/demo`, 'x', typed)), [429, { problem: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS' }])
  t.strictSame(await problem(get(`${origin}/live/demo`)), [401, { problem: 'FST_MEDIA_SSE_WATCH_FORBIDDEN' }])
  t.strictSame(await problem(get(`${origin}/live/no/such/route`)), [404, { problem: 'nothing here' }])
})

t.test('a hook that fails refuses a request, and what it throws is told as everywhere', async t => {
  const { origin, app } = await serve(t, {
    before: app => {
      app.addHook('preHandler', async ({ method }) => {
        if (method === 'POST' || method === 'GET') throw Object.assign(new Error('Not today'), { statusCode: 409, code: 'CLOSED' })
      })
    }
  })
  const told = { statusCode: 409, code: 'CLOSED', error: 'Conflict', message: 'Not today' }
  t.strictSame((await post(`${origin}/live/demo`, 'x')).json, told)
  t.strictSame((await get(`${origin}/live/demo`)).json, told)
  t.strictSame([app.mediaSse.broadcasts.length, app.mediaSse.stats().viewers], [0, 0])
})

t.test('a body is what preParsing hooks make of it', async t => {
  const { origin, app } = await serve(t, {
    before: app => { app.addHook('preParsing', async ({ headers }, _reply, payload) => headers['content-encoding'] === 'gzip' ? payload.pipe(createGunzip()) : payload) }
  })
  const bytes = knownBytes(1, 10_000)
  const { status, json } = await post(`${origin}/live/demo`, gzipSync(bytes), { 'content-type': 'image/jpeg', 'content-encoding': 'gzip' })
  t.equal(status, 201)
  t.equal(app.mediaSse.stats().bytes, 10_000)
  t.ok((await get(`${origin}/live/demo/segments/${String(json['id'])}`)).bytes.equals(bytes))
})
