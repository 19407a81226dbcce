// An id comes back as it was sent, by any road: browsers send its UTF-8 bytes, which Node reads as Latin-1.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import Fastify from 'fastify'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import mediaSse from '../../../lib/index.js'
import { lastEventIdOf } from '../../../lib/delivery/sse/last-event-id.js'
import { serve } from '../../kit/serve.js'

/** As Node reads the bytes of a header. */
const asRead = (...bytes: readonly number[]) => Buffer.from(bytes).toString('latin1')

t.test('UTF-8 is decoded, and anything else stays as it is', async t => {
  for (const id of ['1', 'a b', 'é', '日本', '😀', '\ufeffx', '\u2028']) t.equal(lastEventIdOf(Buffer.from(id).toString('latin1')), id)
  for (const none of [undefined, '', ['1', '2']]) t.equal(lastEventIdOf(none), undefined)
  for (const bytes of [[0xe9], [0xc3], [0x80, 0x61], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff, 0xfe]]) t.equal(lastEventIdOf(asRead(...bytes)), asRead(...bytes), 'not UTF-8')
  t.equal(lastEventIdOf('日本'), '日本', 'text already')
})

t.test('over a connection and over inject a route sees the id that it sent', async t => {
  const { app, port } = await serve(t, {
    before: app => {
      app.get('/news', (_request, reply) => {
        const stream = reply.sseStream()
        stream.send({ id: 'né-日本', data: stream.lastEventId })
        stream.close()
      })
    }
  })
  const socket = connect(port, '127.0.0.1')
  socket.end('GET /news HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nlast-event-id: né-日本\r\n\r\n')
  let answer = ''
  for await (const bytes of socket.setEncoding('utf8')) answer += String(bytes)
  t.match(answer, 'id: né-日本\ndata: né-日本\n\n')
  t.match((await app.inject({ url: '/news', headers: { 'last-event-id': 'né-日本' } })).body, 'data: né-日本\n\n')
})

t.test('over HTTP/2 too', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse)
  const seen: unknown[] = []
  app.get('/news', (_request, reply) => {
    const stream = (reply as unknown as FastifyReply).sseStream()
    seen.push(stream.lastEventId)
    stream.close()
  })
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  const stream = session.request({ ':path': '/news', 'last-event-id': Buffer.from('né-日本').toString('latin1') }).resume()
  await once(stream, 'close')
  session.close()
  t.same(seen, ['né-日本'])
})
