// Beside the plugins of Fastify's that many have: each does its own work on our routes, and ours goes on.
import { setTimeout as pause } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import t from 'tap'
import { request } from 'undici'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const PICTURE = { contentType: 'image/jpeg' }
const PAGE = 'https://page.example'

t.test('@fastify/cors: every route and every error says who may read it, with credentials', async t => {
  const { app, origin } = await serve(t, {
    before: async app => { await app.register(cors, { origin: [PAGE], credentials: true }) },
    media: { maxViewers: 1, authorizePublish: ({ headers }) => headers.authorization === 'Bearer key', authorizeWatch: (_request, name) => name !== 'secret', maxSegmentBytes: 100_000 }
  })
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  const authorization = 'Bearer key'
  const cases: Array<[status: number, method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE', path: string, headers?: Record<string, string>, body?: string]> = [
    [200, 'GET', '/live'], [200, 'GET', '/live/client.js'], [200, 'HEAD', '/live/demo'], [406, 'GET', '/live/demo', { accept: 'text/html' }],
    [400, 'GET', '/live/-'], [401, 'GET', '/live/secret'], [401, 'GET', '/live?broadcasts=secret'], [404, 'GET', '/live/demo/segments/1-1'],
    [200, 'GET', `/live/demo/segments/${id}`], [206, 'GET', `/live/demo/segments/${id}`, { range: 'bytes=0-0' }], [416, 'GET', `/live/demo/segments/${id}`, { range: 'bytes=9-' }],
    [304, 'GET', `/live/demo/segments/${id}`, { 'if-none-match': '*' }],
    [401, 'POST', '/live/demo', {}, 'x'], [403, 'POST', '/live/demo', { authorization: 'Bearer no' }, 'x'], [201, 'PUT', '/live/demo', { authorization, 'content-type': 'image/jpeg' }, 'x'],
    [415, 'POST', '/live/other', { authorization }, '\x01'], [200, 'POST', '/live/demo', { authorization }, ''],
    [413, 'POST', '/live/demo', { authorization, 'content-type': 'image/jpeg' }, 'x'.repeat(100_001)], [401, 'DELETE', '/live/demo'], [204, 'DELETE', '/live/demo/old', { authorization }]
  ]
  const isAllowed = (headers: Record<string, unknown>, what: string): void => {
    t.match(headers, { 'access-control-allow-origin': PAGE, 'access-control-allow-credentials': 'true', vary: /\bOrigin\b/ }, what)
  }
  for (const [status, method, path, headers = {}, body] of cases) {
    const response = await request(origin + path, { method, headers: { origin: PAGE, ...headers }, ...(body === undefined ? {} : { body }) })
    await response.body.dump()
    t.equal(response.statusCode, status, `${method} ${path}`)
    isAllowed(response.headers, `${status} ${method} ${path}`)
  }
  const asked = await request(`${origin}/live/demo`, { method: 'OPTIONS', headers: { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } })
  t.equal(asked.statusCode, 204)
  isAllowed(asked.headers, 'the preflight')
  const viewer = await watch(`${origin}/live/demo`, { headers: { origin: PAGE } })
  t.match(viewer.headers, { 'access-control-allow-origin': PAGE, 'access-control-allow-credentials': 'true', vary: /\bOrigin\b.*\bAccept-Encoding\b/ })
  const full = await get(`${origin}/live/demo`, { origin: PAGE, accept: '*/*' })
  t.equal(full.status, 503)
  isAllowed(full.headers, 'full')
  isAllowed((await get(`${origin}/live/demo`, { origin: PAGE, accept: 'text/event-stream' })).headers, 'full, told as an event')
  await viewer.leave()
})

t.test('@fastify/cors that allows everybody lets no page publish into this machine', async t => {
  const { origin } = await serve(t, { before: async app => { await app.register(cors, { origin: true, credentials: true }) } })
  t.equal((await post(`${origin}/live/demo`, 'x', { origin: 'https://evil.example', 'content-type': 'image/jpeg' })).status, 401)
  t.equal((await get(`${origin}/live/demo`, { origin: 'https://evil.example' }, 'DELETE')).status, 401)
})

t.test('@fastify/helmet: its headers are on every answer, and a segment keeps its own stricter policy', async t => {
  const { app, origin } = await serve(t, { before: async app => { await app.register(helmet) } })
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  const viewer = await watch(`${origin}/live/demo`)
  await viewer.until(() => viewer.segments.length === 1)
  t.match(viewer.headers, { 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'self'/, 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform' })
  await viewer.leave()
  for (const path of ['/live', '/live/client.js', '/live/-']) t.match((await get(origin + path)).headers, { 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'self'/ })
  t.equal((await get(`${origin}/live/demo/segments/${id}`)).headers['content-security-policy'], "default-src 'none'; sandbox")
})

t.test('@fastify/rate-limit: who asks too often is refused, and who watches or publishes goes on', async t => {
  const { app, origin } = await serve(t, { before: async app => { await app.register(rateLimit, { max: 3, timeWindow: '1 hour' }) } })
  const viewer = await watch(`${origin}/live/demo`)
  t.equal(viewer.headers['x-ratelimit-limit'], '3')
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 201)
  t.equal((await get(`${origin}/live`)).status, 200)
  for (const path of ['/live', '/live/demo', '/live/demo/segments/1-1']) t.match(await get(origin + path), { status: 429, headers: { 'retry-after': String } }, path)
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 429)
  app.mediaSse.broadcast('demo').publish(Buffer.from('y'), PICTURE)
  await viewer.until(() => viewer.segments.length === 2)
  await viewer.leave()
})

t.test('@fastify/under-pressure: while it says no, nobody comes in, and who is there goes on', async t => {
  let healthy = true
  const { app, origin } = await serve(t, { before: async app => { await app.register(underPressure, { healthCheck: async () => healthy, healthCheckInterval: 20, exposeStatusRoute: false }) } })
  const viewer = await watch(`${origin}/live/demo`)
  t.equal(viewer.status, 200)
  healthy = false
  while (!app.isUnderPressure()) await pause(10)
  t.match(await get(`${origin}/live`), { status: 503, headers: { 'retry-after': String } })
  t.equal((await get(`${origin}/live/demo`)).status, 503)
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 503)
  app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  await viewer.until(() => viewer.segments.length === 1)
  healthy = true
  while (app.isUnderPressure()) await pause(10)
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 201)
  await viewer.until(() => viewer.segments.length === 2)
  await viewer.leave()
})

for (const path of ['/live/demo', '/stream']) {
  for (const encoding of ['identity', 'gzip', 'gzip, deflate, br, zstd']) {
    t.test(`@fastify/compress: the events of ${path} come at once, and are encoded once at most: ${encoding}`, async t => {
      let next = (): void => {}
      const { app, origin } = await serve(t, {
        before: async app => {
          await app.register(compress, { global: true, threshold: 0 })
          app.get('/stream', (_request, reply) => {
            const stream = reply.sseStream()
            next = () => { stream.send({ data: 'event' }).catch(() => {}) }
          })
        }
      })
      const response = await request(origin + path, { headers: { accept: 'text/event-stream', 'accept-encoding': encoding } })
      const coding = response.headers['content-encoding']
      t.ok(coding === undefined || (coding === 'gzip' && encoding !== 'identity'), String(coding))
      const body = coding === 'gzip' ? response.body.pipe(createGunzip()) : response.body
      body.on('error', () => {})
      let text = ''
      const come = body[Symbol.asyncIterator]()
      const until = async (found: () => boolean): Promise<void> => {
        while (!found()) {
          const { done, value } = await come.next()
          if (done === true) throw new Error(`The events ended after ${text}`)
          text += String(value)
        }
      }
      await until(() => text.includes('retry:'))
      for (let round = 1; round <= 4; round++) {
        if (path === '/stream') next()
        else app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
        // Published when the one before has come: what is held back stops the test.
        await until(() => text.split('\n').filter(line => line === 'data: event' || line === 'data: eA==').length === round)
      }
      t.pass('each came before the next was sent')
      response.body.destroy()
    })
  }
}

t.test('@fastify/compress: a segment is sent as it is', async t => {
  const { app, origin } = await serve(t, { before: async app => { await app.register(compress, { global: true, threshold: 0 }) } })
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'.repeat(5000)), PICTURE)
  const { headers, bytes } = await get(`${origin}/live/demo/segments/${id}`, { 'accept-encoding': 'gzip' })
  t.equal(bytes.byteLength, 5000)
  t.notMatch(headers, { 'content-encoding': String }, 'media is not compressed')
})
