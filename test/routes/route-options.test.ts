// Hooks, `config` and `constraints` of single routes, as Fastify and other plugins read them.
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

t.test("a route's own hooks run on it alone", async t => {
  const seen: string[] = []
  const hook = (name: string) => ({ preHandler: async () => { seen.push(name) } })
  const { app, origin } = await serve(t, {
    media: { routes: { watch: hook('watch'), list: hook('list'), segment: hook('segment'), publish: hook('publish'), end: hook('end'), client: hook('client') } }
  })
  await app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
  for (const [method, path] of [['HEAD', '/live/demo'], ['GET', '/live'], ['GET', '/live/demo/segments/1-1'], ['DELETE', '/live/demo'], ['GET', '/live/client.js']] as const) await get(origin + path, {}, method)
  await post(`${origin}/live/demo`, 'x', { 'content-type': 'image/jpeg' })
  t.strictSame(seen, ['watch', 'list', 'segment', 'end', 'client', 'publish'])
})

t.test("@fastify/rate-limit reads a route's config, and @fastify/auth's kind of preHandler refuses", async t => {
  const { origin } = await serve(t, {
    before: async app => { await app.register(rateLimit, { global: false }) },
    media: {
      routes: {
        list: { config: { rateLimit: { max: 1, timeWindow: 60_000 } } },
        watch: { preHandler: async request => { if (request.headers.authorization === undefined) throw Object.assign(new Error('no'), { statusCode: 401 }) } }
      }
    }
  })
  t.equal((await get(`${origin}/live`)).status, 200)
  t.equal((await get(`${origin}/live`)).status, 429)
  t.equal((await get(`${origin}/live/demo`, {}, 'HEAD')).status, 401)
  t.equal((await get(`${origin}/live/demo`, { authorization: 'x' }, 'HEAD')).status, 200)
})

t.test('what makes a route what it is, and an unknown route, is refused at register', async t => {
  for (const [routes, message] of [
    [{ watch: { handler: () => {} } }, /routes\.watch\.handler must be left out/],
    [{ other: {} }, /routes\.other must be one of watch, list, segment, publish, end, client/],
    [{ watch: 1 }, /routes\.watch must be an object/]
  ] as const) await t.rejects(serve(t, { media: { routes } as object }), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message })
})

const authorized = { preHandler: async (request: FastifyRequest) => { if (request.headers.authorization === undefined) throw Object.assign(new Error('no'), { statusCode: 401 }) } }

t.test('who guards watching guards the segments, and who guards publishing guards the end', async t => {
  const { app, origin } = await serve(t, { media: { authorizePublish: () => true, routes: { watch: authorized, publish: authorized } } })
  await app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
  const { id } = await app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
  for (const [method, path, status] of [['GET', `/live/demo/segments/${id}`, 200], ['HEAD', `/live/demo/segments/${id}`, 200], ['DELETE', '/live/demo/old.m4s', 204], ['DELETE', '/live/demo', 204]] as const) {
    t.equal((await get(origin + path, {}, method)).status, 401, `${method} ${path}`)
    t.equal((await get(origin + path, { authorization: 'x' }, method)).status, status, `${method} ${path}`)
  }
})

t.test('a guard of its own is there in the place of the other, and none where it says so', async t => {
  const seen: string[] = []
  const { app, origin } = await serve(t, {
    media: { routes: { watch: authorized, segment: { preHandler: [] }, publish: authorized, end: { onRequest: async () => { seen.push('end') }, config: { rateLimit: { max: 1 } } } } }
  })
  const { id } = await app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
  t.equal((await get(`${origin}/live/demo/segments/${id}`)).status, 200)
  t.equal((await get(`${origin}/live/demo`, {}, 'DELETE')).status, 204)
  t.strictSame(seen, ['end'])
})
