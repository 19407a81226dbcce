// The server's own timeouts: who runs into one is warned at start, and handlerTimeout spares publishers and viewers.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import type { ServerHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import Fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import mediaSse from '../../lib/index.js'
import { keptLog } from '../kit/log.js'
import { Publishing, fixture } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

async function warnings (options: FastifyServerOptions): Promise<string[]> {
  const { logger, lines } = keptLog()
  const app = Fastify({ logger, ...options })
  await app.register(mediaSse, { authorizePublish: () => true })
  await app.register(mediaSse, { authorizePublish: () => true, prefix: '/other', name: 'other' })
  await app.ready()
  await app.close()
  return lines.filter(({ level }) => level === 40).map(({ msg }) => msg)
}

t.test('a requestTimeout that would cut publishers is said at start, once, with its value and what to set', async t => {
  const said = await warnings({ requestTimeout: 120_000 })
  t.equal(said.length, 1)
  t.match(said[0], /requestTimeout, 120000 ms: set Fastify's option requestTimeout to 0/)
})

t.test("so is Node's own, where somebody else makes the server", async t => {
  t.match(await warnings({ serverFactory: handler => createServer(handler) }), [/requestTimeout, 300000 ms: .* server\.requestTimeout = 0/])
  t.match(await warnings({ serverFactory: handler => createSecureServer({ allowHTTP1: true }, handler as unknown as () => void) as unknown as ReturnType<typeof createServer> }), [/300000 ms/])
})

t.test('nothing is said where no publisher is cut', async t => {
  t.same(await warnings({}), [])
  t.same(await warnings({ serverFactory: handler => createServer({ requestTimeout: 0, headersTimeout: 60_000 }, handler) }), [])
  t.same(await warnings({ http2: true } as FastifyServerOptions), [])
})

t.test('a headersTimeout of 0 is said, which Node makes where requestTimeout is 0 from the start', async t => {
  t.match(await warnings({ serverFactory: handler => createServer({ requestTimeout: 0 }, handler) }), [/headersTimeout is 0.*: set server\.headersTimeout/])
})

t.test('who sends its headers a byte at a time is answered 408, and keeps no connection', async t => {
  const { port } = await serve(t, {
    fastify: { serverFactory: handler => Object.assign(createServer({ headersTimeout: 200, connectionsCheckingInterval: 50 }, handler), { requestTimeout: 0 }) }
  })
  const client = connect(port, '127.0.0.1')
  let answer = ''
  client.on('data', bytes => { answer += String(bytes) })
  client.on('error', () => {})
  client.write('POST /live/demo HTTP/1.1\r\nhost: x\r\nx-slow: ')
  const trickle = setInterval(() => { client.write('x') }, 20)
  t.teardown(() => {
    clearInterval(trickle)
    client.destroy()
  })
  // The answer may be followed by a reset, as bytes may still come: an error that is awaited by nobody.
  await new Promise(resolve => client.on('close', resolve))
  t.match(answer, /^HTTP\/1\.1 408 /)
})

t.test('what is warned of is so', async t => {
  const ends = new EventEmitter()
  const { origin } = await serve(t, {
    media: { onPublishEnd: (_broadcast, reason) => { ends.emit('end', reason) } },
    fastify: { serverFactory: handler => createServer({ requestTimeout: 2000, headersTimeout: 2000, connectionsCheckingInterval: 10 }, handler) }
  })
  // Two seconds: within them the headers come, on a busy machine too.
  const ended = within(once(ends, 'end'), 'the publisher is cut')
  const publishing = new Publishing(`${origin}/live/demo`)
  const sending = setInterval(() => { publishing.write(fixture('fmp4/cmaf.mp4')) }, 10)
  t.teardown(() => {
    clearInterval(sending)
    publishing.kill()
  })
  t.same(await ended, ['client'])
})

t.test('a handlerTimeout for all routes cuts no publisher and no viewer, and no other route is spared', async t => {
  const { origin, app } = await serve(t, {
    fastify: { handlerTimeout: 50 },
    before: app => { app.get('/slow', async request => await once(request.signal, 'abort')) }
  })
  const watching = await watch(`${origin}/live/demo`)
  const publishing = new Publishing(`${origin}/live/demo`, { 'content-type': 'image/jpeg' })
  publishing.write(Buffer.from('x'))
  t.equal((await app.inject('/slow')).statusCode, 503)
  t.equal((await app.inject('/slow')).statusCode, 503)
  t.equal((await publishing.end()).status, 201)
  await watching.until(() => watching.segments.length === 1)
  await watching.leave()
})

t.test('without one, a publisher has no timer of that kind', async t => {
  const timeouts: number[] = []
  const app = Fastify({ handlerTimeout: 0 })
  t.teardown(async () => { await app.close() })
  app.addHook('onRoute', ({ method, handlerTimeout }) => { if (String(method).includes('POST')) timeouts.push(handlerTimeout ?? 0) })
  await app.register(mediaSse)
  t.same(timeouts, [0, 0])
})

t.test("Fastify's connectionTimeout cuts no quiet publisher: publisherTimeout judges it", async t => {
  const { app, origin } = await serve(t, { fastify: { connectionTimeout: 150 } })
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(fixture('fmp4/cmaf.mp4'))
  while (app.mediaSse.broadcast('demo').state !== 'live') await new Promise(resolve => setImmediate(resolve))
  // Connections without a request live through the same time-out, one after the other.
  for (let round = 0; round < 3; round++) {
    const idle = connect({ host: '127.0.0.1', port: Number(new URL(origin).port) })
    await once(idle.resume(), 'close')
  }
  publishing.end()
  t.equal((await publishing.answer).status, 201)
})

t.test('over HTTP/2, where a connection is not one publisher\'s, it keeps its timeout', async t => {
  const { app, origin } = await serve(t, { fastify: { http2: true, connectionTimeout: 60_000 } as FastifyServerOptions })
  const timeouts: Array<number | undefined> = []
  app.server.on('session', ({ socket }: ServerHttp2Session) => {
    // Called with the session's own time, and by nobody of ours.
    const setTimeout = socket.setTimeout.bind(socket)
    socket.setTimeout = milliseconds => {
      timeouts.push(milliseconds)
      return setTimeout(milliseconds)
    }
  })
  const session = connectHttp2(origin)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':method': 'POST', ':path': '/live/demo' })
  stream.end(fixture('fmp4/cmaf.mp4'))
  const [headers] = await once(stream, 'response') as [Record<string, unknown>]
  t.equal(headers[':status'], 201)
  t.notOk(timeouts.includes(0))
})
