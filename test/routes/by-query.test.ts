// What guards watching guards it for several too, and the list's own options are the list's alone, though both stand at one URL.
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import t from 'tap'
import mediaSse from '../../lib/index.js'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const SEVERAL = ['/live?broadcasts=a,b', '/live/?broadcasts=a', '/live?from=live&%62roadcasts=a', '/live?broadcasts=a&broadcasts=b', '/live?broadcasts=', '/live?broadcasts']

t.test('hooks of watch run for several, those of list for the list alone', async t => {
  const seen: string[] = []
  const refuse = (name: string) => ({
    preHandler: async () => {
      seen.push(name)
      throw Object.assign(new Error(name), { statusCode: 401 })
    }
  })
  for (const routes of [{ watch: refuse('watch'), list: refuse('list') }, { watch: refuse('watch') }, { list: refuse('list') }]) {
    const { origin } = await serve(t, { media: { routes } })
    for (const method of ['GET', 'HEAD'] as const) {
      for (const path of [...SEVERAL, '/live', '/live/?from=live', '/live?x=broadcasts', '/live?x#broadcasts']) {
        const name = SEVERAL.includes(path) ? 'watch' : 'list'
        const { status } = await get(origin + path, {}, name === 'list' || name in routes ? method : 'HEAD')
        t.strictSame([status === 401, seen.splice(0)], name in routes ? [true, [name]] : [false, []], `${method} ${path}, ${Object.keys(routes)}`)
      }
    }
  }
})

t.test('so does what a plugin reads in config', async t => {
  const { origin } = await serve(t, {
    before: async app => { await app.register(rateLimit, { global: false }) },
    media: { routes: { watch: { config: { rateLimit: { max: 1, timeWindow: 60_000 } } } } }
  })
  t.equal((await get(`${origin}/live?broadcasts=a`, {}, 'HEAD')).status, 200)
  t.equal((await get(`${origin}/live?broadcasts=a`, {}, 'HEAD')).status, 429)
  for (let count = 0; count < 3; count++) t.equal((await get(`${origin}/live`)).status, 200)
})

t.test("the user's constraints hold for each of them", async t => {
  const { origin } = await serve(t, { media: { routes: { watch: { constraints: { host: 'watch.example' } }, list: { constraints: { host: 'list.example', version: '1.0.0' } } } } })
  const status = async (path: string, headers: Record<string, string>) => (await get(origin + path, headers, 'HEAD')).status
  const list = { host: 'list.example', 'accept-version': '1.0.0' }
  t.equal(await status('/live', list), 200)
  t.equal(await status('/live', { host: 'watch.example' }), 404)
  t.equal(await status('/live?broadcasts=a', list), 404)
  t.equal(await status('/live?broadcasts=a', { host: 'watch.example' }), 200)
  t.equal(await status('/live/a', { host: 'watch.example' }), 200)
})

t.test('a route of the same URL still clashes', async t => {
  await t.rejects(serve(t, { before: app => { app.get('/live/', async () => 'mine') } }), { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

t.test("two registrations, a parser of queries of one's own, and one entry in the OpenAPI document", async t => {
  const { app, origin } = await serve(t, {
    fastify: { routerOptions: { querystringParser: text => ({ text }) } },
    before: async app => {
      await app.register(swagger, { openapi: { info: { title: 'x', version: '1' } } })
    },
    media: { prefix: '/one' }
  })
  t.strictSame((await get(`${origin}/one?broadcasts=a`)).status, 400, 'this parser knows no parameters')
  t.equal((await get(`${origin}/one`)).status, 200)
  const paths = app.swagger().paths as Record<string, { get?: { summary?: string } }>
  t.match(paths['/one']?.get?.summary, /^List the broadcasts/)
  const two = await serve(t, { before: async app => { await app.register(mediaSse, { prefix: '/one' }) }, media: { prefix: '/two', name: 'two' } })
  for (const prefix of ['one', 'two']) {
    const watching = await watch(`${two.origin}/${prefix}?broadcasts=a,b`)
    await watching.until(() => watching.events.length === 2)
    await watching.leave()
  }
})
