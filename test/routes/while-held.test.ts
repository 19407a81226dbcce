// A request that waits for users' code that never settles goes with its client, or when the server closes, and nothing of it is kept.
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { whileHeld } from '../../lib/routes/while-held.js'
import { OpenResponses } from '../../lib/sink/open-responses.js'
import type { Audience } from '../../lib/viewer/audience.js'
import { get } from '../kit/publish.js'
import { listen, serve } from '../kit/serve.js'

t.test('it counts as an open response while it waits, and no longer', async t => {
  const responses = new OpenResponses()
  const audience = { shared: { responses } } as Audience
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const told = new EventEmitter()
  app.get('/:how', async (request, reply) => {
    const { how } = request.params as { how: string }
    const result = await whileHeld(audience, request, reply, async () => {
      told.emit('held', reply.raw)
      t.equal(responses.size, 1)
      if (how === 'never') await new Promise(() => {})
      if (how === 'throws') throw new Error('it does')
      return 'through'
    })
    t.equal(responses.size, 0)
    t.equal(reply.raw.listenerCount('close'), listeners, 'no listener is left')
    return result
  })
  let listeners = 0
  app.addHook('preHandler', async (_request, reply) => { listeners = reply.raw.listenerCount('close') })
  const { origin, port } = await listen(app)
  t.equal((await get(`${origin}/settles`)).bytes.toString(), 'through')
  t.equal((await get(`${origin}/throws`)).status, 500)
  t.equal(responses.size, 0)
  for (const leaves of [true, false]) {
    const held = once(told, 'held')
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n')
    const [response] = await held
    const closed = once(response, 'close')
    if (leaves) client.resetAndDestroy()
    else await responses.close(1)
    await closed
    t.equal(responses.size, 0)
  }
})

t.test('app.close() ends the requests that wait to be authorised', async t => {
  const asked = new EventEmitter()
  const never = async (): Promise<boolean> => {
    asked.emit('asked')
    return await new Promise(() => {})
  }
  const { app, port } = await serve(t, { media: { authorizeWatch: never, authorizePublish: never, closeTimeout: 200 } })
  app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
  const requests = ['GET /live/demo', 'HEAD /live/demo', 'GET /live', 'GET /live?broadcasts=demo,other', 'GET /live/demo/segments/1-1', 'DELETE /live/demo', 'POST /live/demo']
  const closed: Array<Promise<unknown>> = []
  for (const request of requests) {
    const waiting = once(asked, 'asked')
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write(`${request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
    client.resume()
    await waiting
    closed.push(once(client, 'close'))
  }
  await app.close()
  await Promise.all(closed)
  t.equal(app.mediaSse.stats().viewers, 0)
})
