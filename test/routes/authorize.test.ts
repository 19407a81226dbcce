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
import { authorizePublish } from '../../lib/routes/authorize.js'
import type { Gate } from '../../lib/routes/authorize.js'
import { signedQuery } from '../../lib/routes/signed-link.js'
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

t.test('with localPublishing a program on this machine may publish', async t => {
  const { port } = await serve(t)
  for (const host of ['localhost', `localhost:${port}`, 'LOCALHOST', '127.0.0.1', '127.9.9.9:80', '[::1]', `[::1]:${port}`]) t.equal(await publishRaw(port, { host }), 201, host)
})

t.test('with localPublishing a page of this machine may publish, and one of another site may not', async t => {
  const { port } = await serve(t)
  for (const origin of ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080']) t.equal(await publishRaw(port, { lines: [`origin: ${origin}`] }), 201, origin)
  for (const origin of ['https://evil.example', 'null', '', 'http://localhost.evil.example', 'http://evil.example/localhost', 'http://localhost@evil.example', 'http://127.0.0.1.evil.example', 'file://']) {
    t.equal(await publishRaw(port, { lines: [`origin: ${origin}`] }), 401, origin)
  }
})

t.test('with localPublishing nobody may publish under a name that is not this machine\'s: it could be rebound', async t => {
  const { port } = await serve(t)
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.1:80:80', 'xlocalhost', '0.0.0.0', '[::2]', '']) t.equal(await publishRaw(port, { host }), 401, host)
})

t.test('with localPublishing nobody may publish through a proxy', async t => {
  const { port } = await serve(t, { fastify: { trustProxy: true } })
  for (const line of ['forwarded: for=127.0.0.1', 'via: 1.1 proxy', 'x-forwarded-for: 127.0.0.1', 'X-Forwarded-For:', 'x-forwarded-host: localhost', 'x-forwarded-proto: http', 'x-real-ip: 127.0.0.1',
    'X-Forwarded-Server: door', 'cdn-loop: one', 'cf-connecting-ip: 127.0.0.1', 'true-client-ip: 127.0.0.1', 'x-envoy-external-address: 127.0.0.1', 'x-original-host: localhost']) {
    t.equal(await publishRaw(port, { lines: [line] }), 401, line)
  }
  t.equal(await publishRaw(port, { version: '1.0' }), 401, 'HTTP/1.0')
  t.equal(await publishRaw(port, { version: '1.0', host: null }), 401, 'HTTP/1.0 without a Host')
})

t.test('with localPublishing nobody may publish over a socket that has no address', async t => {
  const { app } = await serve(t)
  // Not in t.testdir(): a socket's path has hardly a hundred bytes.
  const folder = await mkdtemp(join(tmpdir(), 'sse-'))
  const path = join(folder, 'socket')
  const other = Fastify()
  t.teardown(async () => {
    await other.close()
    await rm(folder, { recursive: true })
  })
  await other.register(mediaSse, { localPublishing: true })
  await other.listen({ path })
  t.equal(await publishRaw(path), 401)
  const { statusCode } = await app.inject({ method: 'POST', url: '/live/demo', payload: 'x', headers: { host: 'localhost', 'content-type': 'image/jpeg' }, remoteAddress: '192.0.2.1' })
  t.equal(statusCode, 401, 'nor from elsewhere')
})

t.test('over HTTP/2 the authority is the host', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, { localPublishing: true })
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

t.test('with localPublishing nobody may publish from another site that hides its origin', async t => {
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

t.test('localPublishing tells whom else it does not admit, and how they could be', async t => {
  const { origin } = await serve(t)
  const { status, headers, json } = await post(`${origin}/live/demo`, 'x', { origin: 'https://evil.example' })
  t.equal(status, 401)
  t.equal(headers['www-authenticate'], 'Bearer')
  t.equal(json['message'], 'Only programs on this machine may publish (localPublishing), and this request came another way: for others set the option publishKeys or authorizePublish')
  t.match(await post(`${origin}/live/demo`, 'x', { origin: 'https://evil.example', authorization: 'Bearer any' }), { status: 403 })
})

t.test('without an option nobody may publish or end a broadcast, from wherever, and is told which options there are; code may', async t => {
  const { app, port, origin } = await serve(t, { media: { localPublishing: false } })
  t.equal(await publishRaw(port), 401)
  for (const authorization of [{}, { authorization: 'Bearer any' }]) {
    for (const answer of [await post(`${origin}/live/demo`, 'x', authorization), await post(`${origin}/live/demo/track`, 'x', authorization, 'PUT'), await get(`${origin}/live/demo`, authorization, 'DELETE')]) {
      t.equal(answer.status, 401)
      t.match(answer.headers['www-authenticate'], [/^Basic /, 'Bearer'])
      t.match(answer.json, {
        code: 'FST_MEDIA_SSE_PUBLISH_FORBIDDEN',
        message: 'Nobody may publish yet: set the option publishKeys or authorizePublish, or for programs on this machine localPublishing: true'
      })
    }
  }
  t.equal((await app.inject({ method: 'POST', url: '/live/demo', payload: 'x' })).statusCode, 401)
  t.match(await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), { contentType: 'image/jpeg' }), { segments: 1 })
  t.equal((await watch(`${origin}/live/demo`)).status, 200, 'watching is for everybody all the same')
})

t.test('with keys, a function or links beside localPublishing each admits', async t => {
  const key = 'key-of-sixteen-or-more'
  const media = { localPublishing: true, publishKeys: [key], authorizePublish: ({ headers }: { headers: Record<string, unknown> }) => headers['x-user'] === 'ada', signKeys: ['a key of thirty-two characters, or more'] }
  const { app, port } = await serve(t, { media })
  t.equal(await publishRaw(port), 201)
  t.equal(await publishRaw(port, { lines: ['authorization: Bearer wrong'] }), 201)
  const far = { host: 'media.example', lines: ['x-forwarded-for: 192.0.2.1'] }
  t.equal(await publishRaw(port, far), 401)
  t.equal(await publishRaw(port, { ...far, lines: [...far.lines, 'authorization: Bearer wrong'] }), 403)
  t.equal(await publishRaw(port, { ...far, lines: [...far.lines, `authorization: Bearer ${key}`] }), 201)
  t.equal(await publishRaw(port, { ...far, lines: [...far.lines, 'x-user: ada'] }), 201)
  const link = app.mediaSse.sign('demo', { action: 'publish', expires: Date.now() + 60_000 })
  t.equal((await app.inject({ method: 'POST', url: `/live/demo?${link}`, payload: 'x', headers: { host: 'media.example', 'content-type': 'image/jpeg' } })).statusCode, 201)
})

t.test('what the environment says changes nothing', async t => {
  await inProduction(t)
  const { port } = await serve(t)
  t.equal(await publishRaw(port), 201)
  const { port: closed } = await serve(t, { media: { localPublishing: false } })
  t.equal(await publishRaw(closed), 401)
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
  const { origin: to } = await serve(t, { media: { signKeys } })
  t.equal((await get(`${to}/live/demo`, {}, 'HEAD')).status, 200)
  const expired = signedQuery(signKeys[0]!, { path: '/live', action: 'watch', names: 'demo', expires: Date.now() - 1 })
  t.match(await get(`${to}/live/demo?${expired}`), { status: 403, json: { message: /expired/ } })
})

t.test('who sends is told by what admits it and by its address: nothing that it can make up', async t => {
  const key = 'key-of-sixteen-or-more'
  const other = 'another-key-of-sixteen'
  const signKeys = ['a key of thirty-two characters, or more']
  const senders: string[] = []
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, { localPublishing: true, signKeys, publishKeys: [key, other], authorizePublish: ({ headers }) => headers['x-user'] === 'ada' })
  const { settings } = app.mediaSse as unknown as Pick<Gate, 'settings'>
  app.post('/who', async (request, reply) => senders.push(await authorizePublish({ settings, path: '/live' }, request, reply, 'demo')))
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
  const ask = async (headers: Record<string, string>, remoteAddress = '192.0.2.1', query = ''): Promise<string> => {
    const { statusCode } = await app.inject({ method: 'POST', url: `/who?publisher=${Math.random()}&offset=0&${query}`, headers: { 'user-agent': String(Math.random()), cookie: `id=${Math.random()}`, ...headers }, remoteAddress })
    t.equal(statusCode, 200)
    return senders.at(-1)!
  }
  const same = (asked: string[]): string => {
    t.equal(new Set(asked).size, 1, asked.join(', '))
    return asked[0]!
  }
  const byKey = same([await ask({ authorization: `Bearer ${key}` }), await ask({ authorization: `bearer  ${key}` }), await ask({ authorization: basic(`one:${key}`) }), await ask({ authorization: basic(`two:${key}`) })])
  const byOther = await ask({ authorization: `Bearer ${other}` })
  const elsewhere = await ask({ authorization: `Bearer ${key}` }, '192.0.2.2')
  const byFunction = same([await ask({ 'x-user': 'ada' }), await ask({ 'x-user': 'ada', authorization: 'Bearer one' }), await ask({ 'x-user': 'ada', authorization: 'Bearer two' }, '192.0.2.1', 'signature=one')])
  const links = [1, 2].map(hours => app.mediaSse.sign('demo', { action: 'publish', expires: Date.now() + hours * 3_600_000 }))
  const byLink = same([await ask({}, '192.0.2.1', links[0]), await ask({}, '192.0.2.1', links[1])])
  const ipv6 = same([await ask({ 'x-user': 'ada' }, '2001:db8:1:2::1'), await ask({ 'x-user': 'ada' }, '2001:db8:1:2:ffff::2')])
  const local = same([await ask({}, '127.0.0.1'), await ask({ authorization: 'Bearer any' }, '127.0.0.2'), await ask({}, '::1'), await ask({}, '::ffff:127.3.3.3')])
  t.equal(new Set([byKey, byOther, elsewhere, byFunction, byLink, ipv6, local]).size, 7)
  t.notOk(senders.some(sender => sender.includes(key)), 'and no key is kept as it is')
})

t.test('a time of authorizeWatch that is none, or in seconds, is a refusal and is logged', async t => {
  const seconds = Math.floor(Date.now() / 1000) + 3600
  for (const [until, isLogged] of [[seconds, true], [3600, true], [-1, true], [NaN, true], [undefined, true], [null, true], [String(Date.now() + 60_000), true], [new Date(NaN), true], [new Date(seconds), true], [Date.now() - 1, false], [new Date(Date.now() - 1), false]] as const) {
    const { logger, lines } = keptLog()
    const { origin } = await serve(t, { fastify: { logger }, media: { authorizeWatch: () => ({ until } as { until: number }) } })
    t.equal((await get(`${origin}/live/demo`)).status, 401)
    const said = lines.filter(({ msg }) => msg === 'authorizeWatch must give until as a Date or Unix milliseconds (not seconds)')
    t.equal(said.length, isLogged ? 1 : 0, String(until))
  }
})
