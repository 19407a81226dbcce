// References lead to the segments from every address that a stream has: as the standard resolves them against the stream's own URL, whatever path stands
// before ours, with a slash at its end or without.
import Fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions } from '../../lib/index.js'
import { get, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { listen } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const KEY = 'key-of-sixteen-or-more'
const SIGN_KEY = 'k'.repeat(32)
const BYTES = knownBytes(1, 1000)

interface Case {
  readonly name: string
  readonly scope?: string
  readonly media?: MediaSseOptions
  readonly fastify?: FastifyServerOptions
  readonly streams: readonly string[]
}

const cases: readonly Case[] = [
  { name: 'the prefix as it is by default', streams: ['/live/demo', '/live/demo?x=1', '/live?broadcasts=demo', '/live/?broadcasts=demo', '/live?broadcasts=other,demo&x=/'] },
  { name: 'a prefix of several names, in a scope', scope: '/v1', media: { prefix: '/a/b' }, streams: ['/v1/a/b/demo', '/v1/a/b?broadcasts=demo', '/v1/a/b/?broadcasts=demo'] },
  { name: 'the path of a scope itself', scope: '/v1', media: { prefix: '' }, streams: ['/v1/demo', '/v1?broadcasts=demo', '/v1/?broadcasts=demo'] },
  { name: 'the root', media: { prefix: '' }, streams: ['/demo', '/?broadcasts=demo'] },
  { name: 'slashes that do not count', fastify: { routerOptions: { ignoreTrailingSlash: true } }, streams: ['/live/demo/', '/live/demo/?x=1', '/live/demo', '/live?broadcasts=demo', '/live/?broadcasts=demo'] },
  { name: 'cases that do not count', fastify: { routerOptions: { caseSensitive: false } }, streams: ['/LIVE/demo', '/Live?broadcasts=demo'] },
  { name: 'a query after a semicolon', fastify: { routerOptions: { useSemicolonDelimiter: true } as object }, streams: ['/live/demo;x=1', '/live;broadcasts=demo', '/live/;broadcasts=demo'] },
  {
    name: 'a path that the app takes off',
    fastify: { rewriteUrl: request => request.url!.replace(/^\/api\/v2(?=\/)/, '') },
    streams: ['/api/v2/live/demo', '/api/v2/live?broadcasts=demo', '/api/v2/live/?broadcasts=demo']
  }
]

for (const { name, scope, media = {}, fastify = {}, streams } of cases) {
  t.test(name, async t => {
    const app = Fastify(fastify)
    t.teardown(async () => { await app.close() })
    let id: string | undefined
    await app.register(async inner => {
      await inner.register(mediaSse, { publishKeys: [KEY], ...media })
      inner.mediaSse.broadcast('demo')
      inner.addHook('onReady', async () => { id = (await inner.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })).id })
    }, scope === undefined ? {} : { prefix: scope })
    const { origin } = await listen(app)
    for (const stream of streams) {
      const address = `${origin}${stream}${stream.includes('?') ? '&' : '?'}delivery=reference`.replace(/;(.*)\?/, ';$1&')
      const watching = await watch(address)
      await watching.until(() => watching.segments.length === 1)
      const url = new URL(String(watching.segments[0]!.json.url), address)
      t.match(url.pathname, new RegExp(`/demo/segments/${id}$`), stream)
      t.ok((await get(url.href)).bytes.equals(BYTES), `${stream} gives ${String(watching.segments[0]!.json.url)}`)
      await watching.leave()
    }
  })
}

t.test('every route stands under the path of a scope itself', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(async scope => {
    await scope.register(mediaSse, { prefix: '', publishKeys: [KEY], signKeys: [SIGN_KEY], authorizeWatch: () => false })
    scope.get('/link', async () => scope.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + 60_000 }))
  }, { prefix: '/v1' })
  const { origin } = await listen(app)
  const authorization = `Bearer ${KEY}`
  t.match(await get(`${origin}/v1/client.js`), { status: 200 })
  const { status, json: { id } } = await post(`${origin}/v1/demo`, BYTES, { 'content-type': 'image/jpeg', authorization })
  t.equal(status, 201)
  t.match(await post(`${origin}/v1/demo/other`, BYTES, { 'content-type': 'image/jpeg', authorization }), { status: 201 })
  const link = (await get(`${origin}/v1/link`)).bytes.toString()
  for (const list of ['/v1', '/v1/']) t.match(JSON.parse((await get(`${origin}${list}?${link}`)).bytes.toString()), { broadcasts: [{ name: 'demo' }] }, list)
  for (const stream of ['/v1/demo?', '/v1?broadcasts=demo&', '/v1/?broadcasts=demo&']) {
    const address = `${origin}${stream}${link}&from=start&tracks=main&delivery=reference`
    const watching = await watch(address)
    await watching.until(() => watching.segments.length === 1)
    const url = new URL(String(watching.segments[0]!.json.url), address)
    t.equal(url.pathname, `/v1/demo/segments/${String(id)}`)
    t.equal((await get(url.href)).status, 401, 'the address is for all viewers, and admits none by itself')
    t.equal((await get(`${url.href}?${link}`)).status, 200)
    await watching.leave()
  }
  t.match(await get(`${origin}/v1/demo/old.ts`, { authorization }, 'DELETE'), { status: 204 })
  t.match(await get(`${origin}/v1/demo`, { authorization }, 'DELETE'), { status: 204 })
})
