// Registering the plugin: scopes, prefixes, wrong options, and what is said at start.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import t from 'tap'
import { plugin } from '../lib/plugin.js'
import mediaSse from '../lib/index.js'
import { get, post } from './kit/publish.js'
import { listen, serve } from './kit/serve.js'
import { within } from './kit/within.js'

t.test('a wrong option fails at register, and says which', async t => {
  await t.rejects(async () => { await Fastify().register(mediaSse, { stallTimeout: -1 }) }, {
    code: 'FST_MEDIA_SSE_INVALID_OPTION', message: 'Option stallTimeout must be a whole number from 1 to 2147483647, got -1'
  })
})

t.test('the routes stand under the prefix, inside the prefixes around it', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(async scope => {
    await scope.register(mediaSse, { prefix: '/cams', localPublishing: true })
    scope.get('/own', async () => scope.mediaSse.broadcasts.length)
  }, { prefix: '/v1' })
  const { origin } = await listen(app)
  const { json } = await post(`${origin}/v1/cams/door`, 'x')
  t.equal(json.broadcast, 'door')
  t.equal((await get(`${origin}/v1/cams/door/segments/${String(json.id)}`)).status, 200)
  t.equal((await get(`${origin}/v1/own`)).bytes.toString(), '1')
  t.notOk(app.hasDecorator('mediaSse'), 'the scope outside has none')
})

t.test('scopes side by side, and one within another, each have an instance of their own', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, { prefix: '/outer' })
  await app.register(async scope => {
    await scope.register(mediaSse, { prefix: '/inner', localPublishing: true })
    t.not(scope.mediaSse, app.mediaSse)
    scope.get('/tick', (_request, reply) => { reply.sseStream([{ data: 'tick' }]) })
  })
  const { origin } = await listen(app)
  await post(`${origin}/inner/demo`, 'x')
  t.same(app.mediaSse.broadcasts, [])
  t.match((await get(`${origin}/tick`)).bytes.toString(), /data: tick/)
})

t.test('at start it says who may publish, unless an option does', async t => {
  const said = async (options: object): Promise<string> => {
    const lines: string[] = []
    const stream = new PassThrough().on('data', line => { lines.push(String(line)) })
    const app = Fastify({ logger: { stream } })
    await app.register(plugin, options)
    await app.close()
    return lines.join('')
  }
  t.match(await said({}), /"level":40.*without the option publishKeys or authorizePublish, or localPublishing: true for programs on this machine, nobody may publish/)
  t.match(await said({ signKeys: ['x'.repeat(32)] }), /only signed links may publish/)
  for (const beside of [{}, { publishKeys: ['0123456789abcdef'] }, { authorizePublish: () => true }]) {
    t.match(await said({ localPublishing: true, ...beside }), /"level":40.*every program on this machine may publish, and with a proxy on this machine everybody/)
  }
  t.notMatch(await said({ authorizePublish: () => true }), /may publish/)
  t.notMatch(await said({ publishKeys: ['0123456789abcdef'] }), /may publish/)
  t.match(await said({ signKeys: ['x'.repeat(32)] }), /everybody may watch/)
  t.notMatch(await said({ signKeys: ['x'.repeat(32)], authorizeWatch: () => false }), /everybody may watch/)
  t.notMatch(await said({}), /one process of a cluster/)
})

t.test('a process of a cluster says that the others do not have its broadcasts, unless a store has them', async t => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('kit/worker.ts', import.meta.url)) })
  const said = async (...args: string[]): Promise<string> => {
    cluster.setupPrimary({ args })
    const worker = cluster.fork()
    const over = once(worker, 'exit')
    const [lines] = await within(once(worker, 'message'), 'the lines of a worker') as [string]
    await over
    return lines
  }
  t.match(await said(), /"level":40.*this is one process of a cluster \(node:cluster, PM2\) .*give all processes the option store/)
  t.notMatch(await said('store'), /one process of a cluster/)
})

t.test("the plugin's body parsers are not the user's", async t => {
  const { origin } = await serve(t, { before: app => { app.post('/json', async request => request.body) } })
  t.same((await post(`${origin}/json`, '{"a":1}', { 'content-type': 'application/json' })).json, { a: 1 })
  t.equal((await post(`${origin}/json`, 'x', { 'content-type': 'image/jpeg' })).status, 415)
})

t.test('a further instance in the same scope stands beside the first', async t => {
  const { app, origin } = await serve(t, { before: async app => { await app.register(mediaSse, { prefix: '/first', name: 'first' }) }, media: { name: 'second' } })
  t.equal(app.mediaSse.instance('first'), app.mediaSse)
  await post(`${origin}/live/demo`, 'x')
  t.equal(app.mediaSse.instance('second').broadcast('demo').state, 'live')
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
})
