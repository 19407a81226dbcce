// Who expects a 100 before sending a body gets it when somebody begins to read that body, and no refusal comes after one.
// Above 300 lines, because one test file answers for all of its source file.
import { hasSubscribers } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { EventEmitter, once } from 'node:events'
import { createServer, request as requestHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions } from '../../lib/index.js'
import { continueWhenRead } from '../../lib/routes/expect.js'
import { listen, serve } from '../kit/serve.js'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const media: MediaSseOptions = { authorizePublish: ({ headers }) => headers.authorization === 'Bearer right' }

interface Expecting {
  readonly socket: Socket
  /** What has been received, in one text. */
  readonly text: () => string
  readonly until: (pattern: RegExp) => Promise<string>
  readonly closed: () => Promise<string>
}

/** Sends the head of a request that expects a 100, and waits with its body of five bytes. */
function expecting (port: number, path: string, lines: string[] = [], { method = 'POST', host = '127.0.0.1', length = ['content-length: 5'] } = {}): Expecting {
  const socket = connect({ host, port })
  let text = ''
  const changed = new EventEmitter()
  let over = false
  socket.on('data', bytes => {
    text += String(bytes)
    changed.emit('change')
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    over = true
    changed.emit('change')
  })
  socket.write([`${method} ${path} HTTP/1.1`, 'host: localhost', 'expect: 100-continue', ...length, ...lines, '', ''].join('\r\n'))
  const until = async (condition: () => boolean): Promise<string> => {
    while (!condition()) {
      if (over) throw new Error(`closed after ${text}`)
      await once(changed, 'change')
    }
    return text
  }
  return { socket, text: () => text, until: async pattern => await until(() => pattern.test(text)), closed: async () => await until(() => over) }
}

/** `dns.lookup` of a machine whose localhost has three addresses: not every one has ::1, and every Linux has these. */
function threeLoopbacks (host: string, ...rest: unknown[]): void {
  const done = rest.pop() as (error: null, found: unknown, family?: number) => void
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(address => ({ address, family: 4 }))
  // Node's own listen() asks for one address, Fastify for all.
  if (rest.length > 0) done(null, addresses)
  else done(null, host === 'localhost' ? '127.0.0.1' : host, 4)
}

t.test('the 100 comes when the publisher is authorised, and not before', async t => {
  const asked = new EventEmitter()
  const { port } = await serve(t, {
    media: {
      authorizePublish: async () => {
        const [allow] = await once(asked, 'answer') as [boolean]
        return allow
      }
    }
  })
  const { socket, text, until } = expecting(port, '/live/demo', ['content-type: image/jpeg'])
  while (asked.listenerCount('answer') === 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(text(), '')
  asked.emit('answer', true)
  t.equal(await until(/\r\n\r\n/), CONTINUE)
  socket.write('12345')
  t.match(await until(/"segments"/), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
  socket.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n')
  while (asked.listenerCount('answer') === 0) await new Promise(resolve => setImmediate(resolve))
  asked.emit('answer', true)
  t.match(await until(/"segments":0/), /HTTP\/1\.1 200 /, 'the connection serves on')
  socket.destroy()
})

t.test('a refusal is the only answer, and ends the connection', async t => {
  const { port } = await serve(t, {
    media,
    before: app => {
      app.addHook('onRequest', async (request, reply) => { if (request.headers['x-refused'] !== undefined) await reply.code(429).send() })
      // What comes between a refusal and its answer does not bring the 100.
      app.addHook('onSend', async () => { await new Promise(resolve => setImmediate(resolve)) })
    }
  })
  const right = 'authorization: Bearer right'
  for (const [status, path, lines, length] of [
    [401, '/live/demo', [], ['content-length: 5']],
    [401, '/live/demo', [], ['transfer-encoding: chunked']],
    [403, '/live/demo/track', ['authorization: Bearer wrong'], ['content-length: 5']],
    [411, '/live/demo', [right], []],
    [400, '/live/-demo', [right], ['content-length: 5']],
    [429, '/live/demo', [right, 'x-refused: 1'], ['content-length: 5']],
    [404, '/live', ['content-type: image/jpeg'], ['content-length: 5']]
  ] as const) {
    const answer = await expecting(port, path, [...lines], { length: [...length] }).closed()
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close`, 'i'), `${status} for ${path}`)
    t.notMatch(answer, CONTINUE)
  }
})

t.test('where the plugin stands at the root, every route gets its 100 when it reads, whenever it was registered, and however it reads', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.post('/json', async request => request.body)
  await app.register(async scope => {
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.post('/data', async request => {
      let length = 0
      request.raw.on('data', (bytes: Buffer) => { length += bytes.byteLength })
      await finished(request.raw)
      return { length }
    })
    scope.post('/iterated', async request => {
      let length = 0
      for await (const bytes of request.raw) length += (bytes as Buffer).byteLength
      return { length }
    })
    scope.post('/thrown-away', async request => {
      await finished(request.raw.resume())
      return { length: 5 }
    })
    scope.post('/unread', async () => ({ length: 0 }))
    scope.post('/answered', (request, reply) => {
      reply.hijack().raw.writeHead(200, { connection: 'close' }).write('first')
      finished(request.raw.resume()).then(() => reply.raw.end(' last'), () => {})
    })
  })
  await app.register(mediaSse, { prefix: '' })
  const { port } = await listen(app)
  for (const path of ['/json', '/data', '/iterated', '/thrown-away']) {
    const { socket, until } = expecting(port, path, [`content-type: ${path === '/json' ? 'application/json' : 'x/y'}`])
    t.equal(await until(/\r\n\r\n/), CONTINUE, path)
    socket.write('"abc"')
    t.match(await until(/(?:abc|"length":5\})$/), /HTTP\/1\.1 200 /)
    socket.destroy()
  }
  t.match(await expecting(port, '/unread', ['content-type: x/y']).closed(), /^HTTP\/1\.1 200 [^]*connection: close/i)
  const { socket, until, closed } = expecting(port, '/answered', ['content-type: x/y'])
  await until(/first/)
  socket.write('12345')
  t.notMatch(await closed(), CONTINUE, 'none once the answer has begun')
})

t.test("other routes get the 100 at once, as Node's own, and whatever they do", async t => {
  const { port } = await serve(t, {
    media,
    before: app => {
      app.addContentTypeParser('*', (_request, _payload, done) => done(null))
      app.post('/unread', async () => ({ length: 0 }))
    }
  })
  for (const [path, status] of [['/unread', 200], ['/nowhere', 404]] as const) {
    const { socket, until } = expecting(port, path, ['content-type: x/y'])
    t.match(await until(/HTTP\/1\.1 [24]0/), new RegExp(`^${CONTINUE}HTTP/1\\.1 ${status} `))
    socket.destroy()
  }
})

t.test("Node's own client hears the 100", async t => {
  const { port } = await serve(t, { before: app => { app.post('/other', async request => request.body) } })
  const request = requestHttp({ port, host: '127.0.0.1', path: '/other', method: 'POST', headers: { expect: '100-continue', 'content-type': 'application/json', 'content-length': 5 } })
  request.flushHeaders()
  await once(request, 'continue')
  request.end('"abc"')
  const [{ statusCode }] = await once(request, 'response') as [{ statusCode: number }]
  t.equal(statusCode, 200)
  request.destroy()
})

t.test('a publisher that does not wait for the 100 is read all the same', async t => {
  const { port } = await serve(t, { media })
  const { socket, until } = expecting(port, '/live/demo', ['authorization: Bearer right', 'content-type: image/jpeg'])
  socket.write('12345')
  t.match(await until(/"segments":1/), /HTTP\/1\.1 201 /)
  socket.destroy()
})

t.test('a publisher that has left before it is authorised harms nobody', async t => {
  const asked = new EventEmitter()
  const { app, port } = await serve(t, {
    media: {
      authorizePublish: async request => {
        asked.emit('asked')
        await new Promise(resolve => request.raw.socket.once('close', resolve))
        setImmediate(() => asked.emit('answered'))
        return true
      }
    }
  })
  const [question, answer] = [once(asked, 'asked'), once(asked, 'answered')]
  const { socket } = expecting(port, '/live/demo', ['content-type: image/jpeg'])
  await question
  socket.destroy()
  await answer
  t.equal((await app.inject('/live')).statusCode, 200)
})

t.test('all registrations share one listener', async t => {
  const { app } = await serve(t, {
    before: async app => {
      await app.register(mediaSse, { prefix: '/first', name: 'first' })
      await app.register(async scope => { await scope.register(mediaSse, { prefix: '/inner' }) }, { prefix: '/tenant' })
    },
    media: { name: 'second' }
  })
  t.equal(app.server.listenerCount('checkContinue'), 1)
})

t.test('a path that is written another way, where the router takes it, is no exception', async t => {
  const app = Fastify({ routerOptions: { caseSensitive: false } })
  t.teardown(async () => { await app.close() })
  await app.register(async scope => { await scope.register(mediaSse, media) }, { prefix: '/acme/' })
  const { port } = await listen(app)
  t.match(await expecting(port, '/ACME/LIVE/demo').closed(), /^HTTP\/1\.1 401 /)
  const { socket, until } = expecting(port, '/acme/Live/demo', ['authorization: Bearer right'])
  t.equal(await until(/\r\n\r\n/), CONTINUE)
  socket.destroy()
})

for (const when of ['before', 'after'] as const) {
  t.test(`a listener of the app's owner, added ${when} ours, decides alone`, async t => {
    let routed = 0
    const own = (app: FastifyInstance): void => {
      app.server.on('checkContinue', (_request, response) => {
        response.writeHead(418)
        response.end()
      })
    }
    const { app, port } = await serve(t, {
      media,
      before: app => {
        app.addHook('onRequest', async () => { routed++ })
        if (when === 'before') own(app)
      }
    })
    if (when === 'after') own(app)
    t.equal(app.server.listenerCount('checkContinue'), when === 'before' ? 1 : 2)
    const { socket, until } = expecting(port, '/live/demo')
    await until(/^HTTP\/1\.1 418 /)
    socket.destroy()
    t.equal(routed, 0)
  })
}

t.test("the request goes on as Node's own would: through the server that a serverFactory made", async t => {
  const seen: unknown[] = []
  const { port } = await serve(t, {
    media,
    fastify: {
      serverFactory: handler => createServer((request, response) => {
        seen.push(request.headers.expect)
        handler(request, response)
      })
    }
  })
  t.match(await expecting(port, '/live/demo').closed(), /^HTTP\/1\.1 401 /)
  t.same(seen, ['100-continue'])
})

t.test('the further servers of localhost hold the 100 back from their first request on, and others in the process do not', async t => {
  t.intercept(dns, 'lookup', { value: threeLoopbacks })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, media)
  await app.listen({ port: 0, host: 'localhost' })
  t.equal(app.addresses().length, 3)
  const foreign = createServer((_request, response) => { response.end() }).listen(0, '127.0.0.1')
  t.teardown(() => { foreign.close() })
  await once(foreign, 'listening')
  const { port: foreignPort } = foreign.address() as AddressInfo
  t.match(await expecting(foreignPort, '/live/demo', ['connection: close']).closed(), new RegExp(`^${CONTINUE}HTTP/1\\.1 200 `))
  const { port } = app.server.address() as AddressInfo
  for (const host of ['127.0.0.2', '127.0.0.2', '127.0.0.1']) t.match(await expecting(port, '/live/demo', [], { host }).closed(), /^HTTP\/1\.1 401 /, host)
  t.ok(hasSubscribers('http.server.request.start'), 'one has not been met yet')
  t.match(await expecting(port, '/live/demo', [], { host: '127.0.0.3' }).closed(), /^HTTP\/1\.1 401 /)
  t.notOk(hasSubscribers('http.server.request.start'))
})

t.test('what waits for the further servers ends with the app', async t => {
  t.intercept(dns, 'lookup', { value: threeLoopbacks })
  const app = Fastify()
  await app.register(mediaSse, media)
  await app.listen({ port: 0, host: 'localhost' })
  t.ok(hasSubscribers('http.server.request.start'))
  await app.close()
  t.notOk(hasSubscribers('http.server.request.start'))
})

t.test('over HTTP/2 it is the same', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, media)
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => { session.destroy() })
  const publish = (headers: Record<string, string>) => session.request({ ':method': 'POST', ':path': '/live/demo', expect: '100-continue', 'content-type': 'image/jpeg', ...headers })
  const refused = publish({})
  refused.on('continue', () => { t.fail('no 100 for who is refused') })
  t.match(await once(refused, 'response'), [{ ':status': 401 }])
  refused.close()
  const allowed = publish({ authorization: 'Bearer right' })
  await once(allowed, 'continue')
  allowed.end('12345')
  t.match(await once(allowed, 'response'), [{ ':status': 201 }])
})

t.test('over HTTP/2 a publisher that has left before it is authorised harms nobody', async t => {
  const asked = new EventEmitter()
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, {
    publisherTimeout: 100,
    authorizePublish: async request => {
      // From within the stream's end, as early as anybody can know.
      const gone = once((request.raw as unknown as { stream: EventEmitter }).stream, 'aborted')
      asked.emit('asked')
      await gone
      return true
    }
  })
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':method': 'POST', ':path': '/live/demo', expect: '100-continue', 'content-type': 'image/jpeg' })
  stream.on('error', () => {})
  await once(asked, 'asked')
  stream.close(8)
  await once(stream, 'close')
  const next = session.request({ ':path': '/live' })
  t.match(await once(next, 'response'), [{ ':status': 200 }])
})

t.test('inject() has no server that could ask, and is answered', async t => {
  const { app } = await serve(t, { media })
  const headers = { expect: '100-continue', 'content-type': 'image/jpeg' }
  t.equal((await app.inject({ method: 'POST', url: '/live/demo', payload: 'x', headers })).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: '/live/demo', payload: 'x', headers: { ...headers, authorization: 'Bearer right' } })).statusCode, 201)
})

t.test('an app that never listens is left as it was', async t => {
  const app = Fastify()
  continueWhenRead(app, '/live')
  await app.ready()
  await app.close()
  t.equal(app.server.listenerCount('checkContinue'), 1)
})
