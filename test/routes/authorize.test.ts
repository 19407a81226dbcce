// Who may publish and watch, asked over real connections: what a server can be made to believe only shows there.
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import { keptLog } from '../kit/log.js'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

/** Publishes with exactly these lines; gives the status line's number. */
async function publishRaw (to: number | string, { host = 'localhost', version = '1.1', lines = [] }: { host?: string | null, version?: string, lines?: string[] } = {}): Promise<number> {
  const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to)
  const fields = [...(host === null ? [] : [`host: ${host}`]), 'connection: close', 'content-type: image/jpeg', 'content-length: 1', ...lines]
  socket.write(`POST /live/demo HTTP/${version}\r\n${fields.join('\r\n')}\r\n\r\nx`)
  let answer = ''
  for await (const bytes of socket) answer += bytes
  return Number(answer.split(' ')[1])
}

async function inProduction (t: Test): Promise<void> {
  const before = process.env['NODE_ENV']
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  })
  process.env['NODE_ENV'] = 'production'
}

t.test('without an option a program on this machine may publish', async t => {
  const { port } = await serve(t)
  for (const host of ['localhost', `localhost:${port}`, 'LOCALHOST', '127.0.0.1', '127.9.9.9:80', '[::1]', `[::1]:${port}`]) t.equal(await publishRaw(port, { host }), 201, host)
})

t.test('without an option a page of this machine may publish, and one of another site may not', async t => {
  const { port } = await serve(t)
  for (const origin of ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080']) t.equal(await publishRaw(port, { lines: [`origin: ${origin}`] }), 201, origin)
  for (const origin of ['https://evil.example', 'null', '', 'http://localhost.evil.example', 'http://evil.example/localhost', 'http://localhost@evil.example', 'http://127.0.0.1.evil.example', 'file://']) {
    t.equal(await publishRaw(port, { lines: [`origin: ${origin}`] }), 401, origin)
  }
})

t.test('without an option nobody may publish under a name that is not this machine\'s: it could be rebound', async t => {
  const { port } = await serve(t)
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.1:80:80', 'xlocalhost', '0.0.0.0', '[::2]', '']) t.equal(await publishRaw(port, { host }), 401, host)
})

t.test('without an option nobody may publish through a proxy', async t => {
  const { port } = await serve(t, { fastify: { trustProxy: true } })
  for (const line of ['forwarded: for=127.0.0.1', 'via: 1.1 proxy', 'x-forwarded-for: 127.0.0.1', 'X-Forwarded-For:', 'x-forwarded-host: localhost', 'x-forwarded-proto: http', 'x-real-ip: 127.0.0.1',
    'X-Forwarded-Server: door', 'cdn-loop: one', 'cf-connecting-ip: 127.0.0.1', 'true-client-ip: 127.0.0.1', 'x-envoy-external-address: 127.0.0.1', 'x-original-host: localhost']) {
    t.equal(await publishRaw(port, { lines: [line] }), 401, line)
  }
  t.equal(await publishRaw(port, { version: '1.0' }), 401, 'HTTP/1.0')
  t.equal(await publishRaw(port, { version: '1.0', host: null }), 401, 'HTTP/1.0 without a Host')
})

t.test('without an option nobody may publish over a socket that has no address', async t => {
  const { app } = await serve(t)
  // Not in t.testdir(): a socket's path has hardly a hundred bytes.
  const folder = await mkdtemp(join(tmpdir(), 'sse-'))
  const path = join(folder, 'socket')
  const other = Fastify()
  t.teardown(async () => {
    await other.close()
    await rm(folder, { recursive: true })
  })
  await other.register(mediaSse)
  await other.listen({ path })
  t.equal(await publishRaw(path), 401)
  const { statusCode } = await app.inject({ method: 'POST', url: '/live/demo', payload: 'x', headers: { host: 'localhost', 'content-type': 'image/jpeg' }, remoteAddress: '192.0.2.1' })
  t.equal(statusCode, 401, 'nor from elsewhere')
})

t.test('over HTTP/2 the authority is the host', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse)
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connectHttp2(origin)
  t.teardown(() => session.close())
  const publish = async (authority: string) => await new Promise<unknown>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/live/demo', ':authority': authority, 'content-type': 'image/jpeg' })
    stream.on('response', headers => resolve(headers[':status'])).on('error', reject).resume().end('x')
  })
  t.equal(await publish('localhost'), 201)
  t.equal(await publish('evil.example'), 401)
})

t.test('without an option nobody may publish from another site that hides its origin', async t => {
  const { port } = await serve(t)
  t.equal(await publishRaw(port, { lines: ['sec-fetch-site: cross-site'] }), 401)
  for (const site of ['none', 'same-origin', 'same-site']) t.equal(await publishRaw(port, { lines: [`sec-fetch-site: ${site}`] }), 201, site)
})

t.test('a key admits, and so does the option beside it', async t => {
  await inProduction(t)
  const key = 'key-of-sixteen-or-more'
  const { origin } = await serve(t, { media: { publishKeys: { demo: key }, authorizePublish: ({ headers }) => headers.authorization === 'Bearer mine' } })
  const publish = async (name: string, authorization?: string) => (await post(`${origin}/live/${name}`, 'x', { 'content-type': 'image/jpeg', ...(authorization === undefined ? {} : { authorization }) })).status
  t.equal(await publish('demo', `Bearer ${key}`), 201)
  t.equal(await publish('demo', 'Bearer mine'), 201)
  t.equal(await publish('other', `Bearer ${key}`), 403, 'the key is for another')
  t.equal(await publish('other', 'Bearer mine'), 201)
  t.equal(await publish('demo'), 401)
  t.equal((await get(`${origin}/live/demo`, {}, 'DELETE')).status, 401)
  t.equal((await get(`${origin}/live/demo`, { authorization: `Bearer ${key}` }, 'DELETE')).status, 204)
})

t.test('with keys this machine has no privilege', async t => {
  const { port } = await serve(t, { media: { publishKeys: ['key-of-sixteen-or-more'] } })
  t.equal(await publishRaw(port), 401)
  t.equal(await publishRaw(port, { lines: ['authorization: Bearer key-of-sixteen-or-more', 'x-forwarded-for: 192.0.2.1', 'origin: https://page.example'] }), 201, 'and a key is good from anywhere')
})

t.test('a refusal without credentials is 401 and asks for them, with credentials it is 403', async t => {
  const { origin } = await serve(t, { media: { authorizePublish: () => false, authorizeWatch: () => false } })
  const asking = { 'www-authenticate': ['Basic realm="fastify-media-sse"', 'Bearer'] }
  const body = { code: 'FST_MEDIA_SSE_PUBLISH_FORBIDDEN', message: 'Publishing "demo" is not allowed' }
  t.match(await post(`${origin}/live/demo`, 'x'), { status: 401, headers: asking, json: { statusCode: 401, ...body } })
  const refused = await post(`${origin}/live/demo`, 'x', { authorization: 'Bearer wrong' })
  t.match(refused, { status: 403, json: { statusCode: 403, ...body } })
  t.notOk('www-authenticate' in refused.headers)
  t.match(await get(`${origin}/live/demo`), { status: 401, headers: asking, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN', message: 'Watching "demo" is not allowed' } })
  const unwatched = await get(`${origin}/live/demo`, { authorization: 'Basic eDp5' })
  t.match(unwatched, { status: 403, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN' } })
  t.notOk('www-authenticate' in unwatched.headers)
})

t.test('a page is not asked for Basic: the browser would open a dialogue, and the page hang', async t => {
  const { origin } = await serve(t, { media: { authorizePublish: () => false, authorizeWatch: () => false } })
  const askedOf = async (headers: Record<string, string>): Promise<unknown> => (await get(`${origin}/live/demo`, headers)).headers['www-authenticate']
  t.equal(await askedOf({ 'sec-fetch-mode': 'cors' }), 'Bearer')
  t.equal(await askedOf({ accept: 'text/event-stream' }), 'Bearer')
  t.match(await askedOf({ 'sec-fetch-mode': 'navigate' }), [/^Basic /, 'Bearer'], 'a person who opens the address may be')
})

t.test('the loopback rule tells who could publish', async t => {
  const { origin } = await serve(t)
  const { status, headers, json } = await post(`${origin}/live/demo`, 'x', { origin: 'https://evil.example' })
  t.equal(status, 401)
  t.equal(headers['www-authenticate'], 'Bearer')
  t.match(json, { message: 'Only programs on this machine may publish before the option publishKeys or authorizePublish says who else' })
  t.match(await post(`${origin}/live/demo`, 'x', { origin: 'https://evil.example', authorization: 'Bearer any' }), { status: 403 })
})

t.test('in production nobody may publish before the option says who', async t => {
  const { port, origin } = await serve(t)
  await inProduction(t)
  t.equal(await publishRaw(port), 401)
  const { status, headers, json } = await post(`${origin}/live/demo`, 'x', { authorization: 'Bearer any' })
  t.equal(status, 401)
  t.match(headers['www-authenticate'], [/^Basic /, 'Bearer'])
  t.match(json, { message: 'In production nobody may publish before the option publishKeys or authorizePublish says who' })
  t.equal((await watch(`${origin}/live/demo`)).status, 200, 'watching is for everybody all the same')
})

t.test('in production the option decides', async t => {
  await inProduction(t)
  const { origin } = await serve(t, { media: { authorizePublish: request => request.headers.authorization === 'Bearer right' } })
  t.match(await post(`${origin}/live/demo`, 'x', { authorization: 'Bearer right', 'content-type': 'image/jpeg' }), { status: 201 })
  t.match(await post(`${origin}/live/demo`, 'x', { authorization: 'Bearer wrong' }), { status: 403 })
})

t.test('the options are asked with the request and the broadcast, for each their own', async t => {
  const asked: string[] = []
  const { origin } = await serve(t, {
    media: {
      authorizePublish: (request, broadcast) => asked.push(`publish ${broadcast} ${request.method}`) > 0,
      authorizeWatch: async (request, broadcast) => asked.push(`watch ${broadcast} ${request.method}`) > 0
    }
  })
  t.equal((await post(`${origin}/live/demo`, 'x', { origin: 'https://anywhere.example', 'content-type': 'image/jpeg' })).status, 201, 'who has the option decides alone')
  const watching = await watch(`${origin}/live/demo`)
  await watching.leave()
  t.strictSame(asked, ['publish demo POST', 'watch demo GET'])
})

t.test('anything but true is a refusal', async t => {
  const past = { until: Date.now() - 1 }
  for (const answer of [1, 'true', {}, undefined, null, Promise.resolve('yes'), past, { until: NaN }, { until: '2100' }, { until: new Date(NaN) }]) {
    const { origin } = await serve(t, { media: { authorizePublish: () => answer as unknown as boolean, authorizeWatch: () => answer as unknown as boolean } })
    t.equal((await post(`${origin}/live/demo`, 'x')).status, 401)
    t.equal((await get(`${origin}/live/demo`)).status, 401)
  }
})

t.test('an option that throws or rejects refuses, and is logged', async t => {
  const { logger, lines } = keptLog()
  const { origin } = await serve(t, {
    fastify: { logger },
    media: {
      authorizePublish: () => { throw new Error('no database') },
      authorizeWatch: async () => { throw new Error('no network') }
    }
  })
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 401)
  t.equal((await get(`${origin}/live/demo`, { authorization: 'Bearer any' })).status, 403)
  t.match(lines.filter(({ msg }) => msg === 'Authorization failed'), [
    { level: 40, broadcast: 'demo', err: { message: 'no database' } }, { level: 40, broadcast: 'demo', err: { message: 'no network' } }
  ])
})

t.test('a link admits to what it is for, and is told why where it does not', async t => {
  const signKeys = ['a key of thirty-two characters, or more']
  const expires = Date.now() + 3_600_000
  const { app, origin } = await serve(t, { media: { signKeys, authorizeWatch: () => ({ until: new Date(expires) }) } })
  const sign = (name: string, action: 'watch' | 'publish', at = expires) => app.mediaSse.sign(name, { action, expires: at })
  t.equal((await post(`${origin}/live/demo?${sign('demo', 'publish')}`, 'x', { 'content-type': 'image/jpeg', origin: 'https://page.example' })).status, 201)
  t.match(await post(`${origin}/live/demo?${sign('demo', 'watch')}`, 'x'), { status: 403, json: { message: /not signed for it: ask for one to publish/ } })
  t.equal((await get(`${origin}/live/demo?${sign('other', 'watch')}`, {}, 'HEAD')).status, 200, 'the option admits whoever brings a wrong one')
  t.equal((await get(`${origin}/live/demo?${sign('demo', 'watch')}`, {}, 'HEAD')).status, 200)
  const { app: open, origin: to } = await serve(t, { media: { signKeys } })
  t.equal((await get(`${to}/live/demo`, {}, 'HEAD')).status, 200)
  const expired = open.mediaSse.sign('demo', { action: 'watch', expires: Date.now() - 1 })
  t.match(await get(`${to}/live/demo?${expired}`), { status: 403, json: { message: /expired/ } })
})
