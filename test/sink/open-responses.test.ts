// What must be over before the server can close: responses, and the HTTP/2 sessions they came by.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { OpenResponses, isPipelined, whenOver } from '../../lib/sink/open-responses.js'
import type { RawRequest, RawResponse } from '../../lib/sink/open-responses.js'
import { get } from '../kit/publish.js'
import { watch } from '../kit/watch.js'

/** Counts its own responses at `/`, and answers nothing at `/never`. */
function http2App (responses: OpenResponses) {
  const app = Fastify({ http2: true })
  app.get('/', async (request, reply) => {
    responses.track(request.raw as unknown as RawRequest, reply.raw as unknown as RawResponse)
    return 'hello'
  })
  app.get('/never', async () => await new Promise(() => {}))
  return app
}

t.test('closing waits for what is open, and cuts what outlasts the time', async t => {
  const responses = new OpenResponses()
  const server = createServer((request, response) => {
    responses.track(request, response)
    response.writeHead(200)
    response.flushHeaders()
    if (request.url === '/short') setImmediate(() => response.end('done'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  await responses.close(10_000)
  t.pass('at once where nothing is open')

  const arrived = once(server, 'request')
  const short = get(`${origin}/short`)
  await arrived
  await responses.close(10_000)
  t.equal(responses.size, 0)
  t.equal((await short).status, 200, 'it came to its end')

  const long = await watch(`${origin}/long`)
  t.equal(responses.size, 1)
  await responses.close(20)
  await long.over()
  t.notOk(long.ended, 'it was cut')
})

t.test('a response with an owner belongs to it, and once released is not waited for, nor cut', async t => {
  const responses = new OpenResponses()
  const server = createServer((request, response) => {
    const listeners = response.listenerCount('close')
    responses.track(request, response)
    t.strictSame([responses.size, response.listenerCount('close')], [1, listeners + 1])
    responses.hold(response, { destroy: () => t.fail('it was cut') })
    t.strictSame([responses.size, response.listenerCount('close')], [1, listeners])
    responses.release(response)
    responses.release(response)
    t.strictSame([responses.size, response.listenerCount('close')], [0, listeners])
    responses.close(1).then(() => { response.end('whole') }, t.fail)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  t.equal((await get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).bytes.toString(), 'whole')
})

t.test('a response that waits behind another is over when their connection goes', async t => {
  const over: string[] = []
  const server = createServer((request, response) => {
    whenOver(request, response, () => { over.push(String(request.url)) })
    if (request.url === '/first') {
      response.writeHead(200)
      response.flushHeaders()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const watching = await watch(`${origin}/first`)
  const second = once(server, 'request')
  watching.request(`${origin}/second`)
  await second
  await watching.leave()
  while (over.length < 2) await new Promise(resolve => setImmediate(resolve))
  t.same(over.sort(), ['/first', '/second'], 'each once')
})

t.test('HTTP/2 sessions that were used are let go, though the client keeps them', async t => {
  const responses = new OpenResponses()
  const app = http2App(responses)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connectHttp2(address)
  session.on('error', () => {})
  for (let round = 0; round < 2; round++) {
    const stream = session.request({ ':path': '/' })
    await once(stream.resume(), 'end')
  }
  const other = connectHttp2(address)
  await once(other.request({ ':path': '/' }).resume(), 'end')
  other.destroy()
  const closed = once(session, 'close')
  await responses.close(1000)
  await closed
  await app.close()
  t.equal(responses.size, 0)
})

t.test('a session with other requests on it is given its time, and then destroyed', async t => {
  const responses = new OpenResponses()
  const app = http2App(responses)
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  session.on('error', () => {})
  const never = session.request({ ':path': '/never' })
  never.on('error', () => {})
  await once(session.request({ ':path': '/' }).resume(), 'end')
  const closed = once(session, 'close')
  await responses.close(50)
  await closed
  await app.close()
  t.ok(session.destroyed)
})

t.test('many that wait for one connection are all told when it goes, by one listener of it, and who has forgotten is not', async t => {
  const told: number[] = []
  const socket = new EventEmitter()
  const request = { socket } as unknown as RawRequest
  const forgets = Array.from({ length: 50 }, (_, index) => whenOver(request, Object.assign(new EventEmitter(), { socket: null }) as unknown as RawResponse, () => { told.push(index) }))
  t.equal(socket.listenerCount('close'), 1)
  forgets[0]!()
  socket.emit('close')
  t.strictSame(told, Array.from({ length: 49 }, (_, index) => index + 1))
})

t.test('a response is pipelined while that to an earlier request has their connection', async t => {
  const server = createServer((request, response) => { server.emit('pipelined', isPipelined(request, response)) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const first = once(server, 'pipelined')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  t.strictSame(await first, [false])
  const second = once(server, 'pipelined')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  t.strictSame(await second, [true])
  socket.destroy()
})
