// What an Accept header says about server-sent events, and the headers that such a response has.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import Fastify from 'fastify'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import { SSE_HEADERS, acceptsEventStream, acceptsGzip, addVary, closeAfter, namesEventStream } from '../../lib/routes/headers.js'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

t.test('server-sent events are accepted unless the header leaves them out', async t => {
  const accepted = [
    undefined, '', ' ', '*/*', 'text/*', 'text/event-stream', 'TEXT/Event-Stream', 'text/event-stream;q=0.1', 'text/html, */*;q=0.1',
    'text/*;q=0, text/event-stream', '*/*;q=0, text/*', 'text/event-stream;q=lots', '*/*;q=', 'text/event-stream;q=.5', 'text/event-stream; charset=utf-8', 'text/html;q=0,text/event-stream ; Q=1.0 '
  ]
  for (const accept of accepted) t.ok(acceptsEventStream(accept), String(accept))
  const refused = [
    'application/json', 'text/html', 'text/event-stream;q=0', 'text/event-stream; q = 0.0', '*/*;q=0', 'text/event-stream;q=0, */*',
    'text/*;q=0, */*', 'text/event-streams', 'image/*', ','
  ]
  for (const accept of refused) t.notOk(acceptsEventStream(accept), accept)
})

t.test('an EventSource is told from a page and from a script by what it names', async t => {
  for (const accept of ['text/event-stream', 'a/b, Text/Event-Stream;q=0.5']) t.ok(namesEventStream(accept), accept)
  for (const accept of [undefined, '', '*/*', 'text/*', 'text/html']) t.notOk(namesEventStream(accept), String(accept))
})

t.test('gzip is accepted where it is named or anything is, unless with a weight of 0', async t => {
  for (const accept of ['gzip', 'br, GZIP;q=0.1', 'x-gzip', '*', 'deflate;q=0, *;q=0.5', 'identity;q=0, gzip']) t.ok(acceptsGzip(accept), accept)
  for (const accept of [undefined, '', 'identity', 'br', 'gzip;q=0', 'gzip; q=0.000, *', '*;q=0', 'gzip2', ',']) t.notOk(acceptsGzip(accept), String(accept))
})

t.test('gzip is sent unless the client prefers what is not compressed', async t => {
  for (const accept of [
    'gzip;q=0.5, identity;q=0.5', 'gzip, identity', 'identity;q=0.3, gzip;q=.5', 'gzip;q=0.001', '*;q=0.1', '*, identity;q=0.5', 'x-gzip;q=0.2, identity;q=0.1',
    'gzip;q=0.5, *;q=0', 'gzip;q=0.5, identity;q=0, *', 'gzip, identity;q=much', 'br;q=1, gzip;q=0.2', 'GZIP ; Q = 0.7 , deflate', 'gzip, , identity;q=0.9'
  ]) t.ok(acceptsGzip(accept), accept)
  for (const accept of [
    'gzip;q=0.5, identity;q=1', 'gzip;q=0.5, identity', 'identity, *;q=0.5', 'gzip;q=0.5, *;q=1', 'x-gzip;q=0.1, identity;q=0.2', 'identity;q=0', 'gzip;q=0, *;q=1',
    'gzip;q=much', 'gzip;q=', 'gzip;q=2', 'gzip;q=-1', 'gzip;q=0.5.5', 'gzip;q=1e0', 'gzip;q=Infinity', ';q=1', '\0gzip', '"gzip"', ';;;,,,', '*;q=x'
  ]) t.notOk(acceptsGzip(accept), accept)
})

t.test('Ruby is sent nothing that it would decode, as it would hold it back', async t => {
  t.notOk(acceptsGzip('gzip;q=1.0,deflate;q=0.6,identity;q=0.3'))
})

t.test('Vary keeps what others have put there, and names each field once', async t => {
  t.equal(addVary(undefined, 'Accept-Encoding'), 'Accept-Encoding')
  t.equal(addVary('', 'Accept-Encoding'), 'Accept-Encoding')
  t.equal(addVary('Origin', 'Accept-Encoding'), 'Origin, Accept-Encoding')
  t.equal(addVary(['Origin', 'Cookie'], 'Accept-Encoding'), 'Origin, Cookie, Accept-Encoding')
  t.equal(addVary('origin,accept-encoding', 'Accept-Encoding'), 'origin,accept-encoding')
  t.equal(addVary('*', 'Accept-Encoding'), '*')
})

t.test('a real response has them all, and no Connection header of ours', async t => {
  const { origin } = await serve(t, { before: app => { app.addHook('onRequest', async (_request, reply) => { reply.header('vary', 'Origin') }) } })
  const watching = await watch(`${origin}/live/demo`)
  t.equal(watching.status, 200)
  for (const [name, value] of Object.entries(SSE_HEADERS)) t.equal(watching.headers[name], value)
  t.equal(watching.headers['vary'], 'Origin, Accept-Encoding')
  await watching.leave()
  t.match(await get(`${origin}/live/demo`, { accept: 'application/json' }), { status: 406, json: { code: 'FST_MEDIA_SSE_NOT_ACCEPTABLE' } })
})

function sayBye (_request: unknown, reply: FastifyReply): void {
  closeAfter(reply)
  reply.send('bye')
}

t.test('an HTTP/1.1 connection ends with its last response', async t => {
  const { port } = await serve(t, { before: app => { app.get('/bye', sayBye) } })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /bye HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let answer = ''
  for await (const bytes of socket) answer += bytes
  t.match(answer, /^HTTP\/1.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*bye$/)
})

t.test('HTTP/2 has no header for that, and goes on', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  app.get('/bye', (request, reply) => sayBye(request, reply as unknown as FastifyReply))
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => session.close())
  for (let round = 0; round < 2; round++) {
    const stream = session.request({ ':path': '/bye' }).resume()
    const [headers] = await once(stream, 'response')
    t.equal(headers[':status'], 200)
    t.equal(headers['connection'], undefined)
    await once(stream, 'close')
  }
})
