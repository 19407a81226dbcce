// Each address of a server is one registration's alone, and registrations are worlds of their own: what would share something is refused at `register`.
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../lib/index.js'
import type { MediaSseOptions } from '../lib/index.js'
import { pathOf, takePath, worldOf } from '../lib/paths.js'
import { get, post } from './kit/publish.js'
import { listen } from './kit/serve.js'

const KEY = 'a key of thirty-two characters, or more'

function server (t: Test, options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify(options)
  t.teardown(async () => { await app.close() })
  return app
}

async function inside (app: FastifyInstance, prefix: string, media: MediaSseOptions = {}): Promise<void> {
  await app.register(async scope => { await scope.register(mediaSse, media) }, { prefix })
}

t.test('paths are joined as Fastify joins them', async t => {
  for (const [scope, prefix, path] of [['', '/live', '/live'], ['/v1', '/live', '/v1/live'], ['/v1/', '/live', '/v1/live']] as const) {
    t.equal(pathOf(scope, prefix), path)
    const app = server(t)
    await inside(app, scope, { prefix })
    t.ok(app.hasRoute({ method: 'GET', url: `${path}/:broadcast` }), path)
  }
})

t.test('a prefix around it with anything that stands for several values is refused, however deep it is', async t => {
  const refusal = { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option prefix must be below a path without : and \*, .*register the plugin once for each value, or make the value a part of the broadcasts' names, got '\// }
  for (const prefix of ['/t/:tenant', '/:tenant', '/t/:tenant?', '/t/:id(^\\d+$)', '/t/:from-:to', '/t/:name.json', '/a::b', '/t/*']) {
    await t.rejects(inside(server(t), prefix), refusal, prefix)
  }
  await t.rejects(async () => {
    await server(t).register(async outer => { await outer.register(async inner => { await inner.register(mediaSse, { prefix: '/cams' }) }, { prefix: '/v1' }) }, { prefix: '/t/:tenant' })
  }, { message: /got '\/t\/:tenant\/v1\/cams'$/ })
})

t.test('each value in a scope of its own is a world of its own', async t => {
  const app = server(t)
  for (const tenant of ['red', 'blue']) {
    await app.register(async scope => {
      await scope.register(mediaSse, { signKeys: [KEY], localPublishing: true, authorizeWatch: () => false })
      scope.get('/link', async () => scope.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + 60_000 }))
    }, { prefix: `/t/${tenant}` })
  }
  const { origin } = await listen(app)
  const { json } = await post(`${origin}/t/red/live/demo`, 'red')
  const link = (await get(`${origin}/t/red/link`)).bytes.toString()
  t.equal((await get(`${origin}/t/red/live/demo/segments/${String(json['id'])}?${link}`)).bytes.toString(), 'red')
  t.equal((await get(`${origin}/t/blue/live/demo/segments/${String(json['id'])}?${link}`)).status, 403)
})

t.test('the same path, and paths within one another, are refused on one server, in whatever scopes', async t => {
  for (const [first, second] of [['', ''], ['/v1', '/v1/'], ['/a', '/A']] as const) {
    const app = server(t)
    await inside(app, first)
    await t.rejects(inside(app, second), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option prefix must be another than those on this server; where constraints tell the routes apart, the name must be another, got / }, `${first} ${second}`)
  }
  for (const [first, second] of [['/live', '/live/demo'], ['/live/demo', '/live'], ['/live', '/LIVE/x/y']] as const) {
    const app = server(t)
    await inside(app, '', { prefix: first })
    await t.rejects(inside(app, '', { prefix: second }), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option prefix must be neither below nor above \/live.*, where another registration on this server has its broadcasts, got / }, `${first} ${second}`)
  }
  const app = server(t)
  await inside(app, '', { prefix: '/live' })
  await inside(app, '', { prefix: '/live2' })
  await inside(app, '/v1', { prefix: '/live' })
  await inside(server(t), '', { prefix: '/live' })
  t.pass('others are taken, and on another server the same')
})

t.test('by constraints several stand at one path, and their names keep them apart', async t => {
  const app = server(t)
  const worlds = ['red', 'blue']
  for (const name of worlds) {
    await app.register(async scope => {
      scope.addHook('onRoute', route => { route.constraints = { ...route.constraints, host: `${name}.example` } })
      await scope.register(mediaSse, { name, signKeys: [KEY], authorizePublish: () => true, authorizeWatch: () => false })
      scope.get('/link', async () => scope.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + 60_000 }))
    })
  }
  await app.ready()
  const ask = async (host: string, url: string, method: 'GET' | 'POST' = 'GET') => await app.inject({ method, url, headers: { host, 'content-type': 'image/jpeg' }, payload: method === 'POST' ? host : '' })
  const { id } = (await ask('red.example', '/live/demo', 'POST')).json()
  const link = (await ask('red.example', '/link')).body
  t.equal((await ask('red.example', `/live/demo/segments/${String(id)}?${link}`)).body, 'red.example')
  t.match((await ask('blue.example', `/live/demo/segments/${String(id)}?${link}`)).json(), { statusCode: 403, message: /not signed for it/ })
  t.same((await ask('blue.example', `/live?${link}`)).json(), { broadcasts: [] })
  const unnamed = server(t)
  takePath(unnamed.server, { path: '/live', settings: { name: undefined } })
  takePath(unnamed.server, { path: '/live', settings: { name: 'red' } })
  for (const name of [undefined, 'red']) t.throws(() => takePath(unnamed.server, { path: '/live', settings: { name } }), { message: /the name must be another/ })
  t.not(worldOf({ path: '/live', settings: { name: 'red' } }), worldOf({ path: '/live', settings: { name: 'blue' } }))
  t.equal(worldOf({ path: '/live', settings: { name: undefined } }), '/live')
})
