// Requests that do not have their connection yet are no viewers, and hold nothing; and whatever a request waits for, closing ends it.
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const ACCEPT = 'host: x\r\naccept: text/event-stream\r\n\r\n'

function client (port: number): { socket: Socket, closed: Promise<void>, text: () => string, says: (pattern: RegExp) => Promise<void> } {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', bytes => { text += String(bytes) })
  socket.on('error', () => {})
  const hears = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) await once(socket, 'data')
  }
  const says = async (pattern: RegExp): Promise<void> => { await within(hears(pattern), () => `${String(pattern)}, but ${text}`) }
  const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
  return { socket, closed, text: () => text, says }
}

t.test('thousands of pipelined requests are one viewer, run no hook, and leave at once with their connection', async t => {
  for (const path of ['/live/demo', '/live?broadcasts=a,b', '/live/demo/segments/1-1']) {
    let opened = 0
    let asked = 0
    const { app, origin, port } = await serve(t, { media: { maxViewers: 10, onViewerOpen: () => { opened++ }, authorizeWatch: () => ++asked > 0 } })
    const attackers = [client(port), client(port), client(port)]
    for (const { socket } of attackers) socket.write(`GET /live/demo HTTP/1.1\r\n${ACCEPT}${`GET ${path} HTTP/1.1\r\n${ACCEPT}`.repeat(4000)}`)
    await within(Promise.all(attackers.map(async ({ closed }) => await closed)), 'the connections are cut')
    while (app.mediaSse.stats().viewers > 0) await within(new Promise(resolve => setImmediate(resolve)), 'places')
    t.strictSame([opened, asked], [3, 3], path)
    const watching = await watch(`${origin}/live/demo`)
    await watching.until(() => watching.events.length === 1)
    t.equal(watching.events[0]?.json.state, 'waiting')
    await watching.leave()
  }
})

t.test('a request pipelined behind a viewer is refused, and its answer comes when that one has ended', async t => {
  const { app, port } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const { socket, text, says } = client(port)
  socket.write(`GET /live/demo HTTP/1.1\r\n${ACCEPT}`)
  await says(/"waiting"/)
  // It is pipelined where it comes before the broadcast ends.
  const comes = once(app.server, 'request')
  socket.write(`GET /live/other HTTP/1.1\r\n${ACCEPT}`)
  await comes
  demo.publish(knownBytes(0, 10), { contentType: 'image/jpeg' })
  await says(/"join":true/)
  t.equal(app.mediaSse.stats().viewers, 1)
  await demo.end()
  await says(/FST_MEDIA_SSE_PIPELINED/)
  t.match(text(), /HTTP\/1\.1 429 [^]*retry-after: 1\r\n/)
  // It has its connection now.
  socket.write(`GET /live/other HTTP/1.1\r\n${ACCEPT}`)
  await says(/"other","state":"waiting"/)
  socket.destroy()
})

t.test('the list waits for its turn behind a viewer', async t => {
  const { app, port } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), { contentType: 'image/jpeg' })
  const { socket, says } = client(port)
  socket.write(`GET /live/demo HTTP/1.1\r\n${ACCEPT}GET /live HTTP/1.1\r\nhost: x\r\n\r\n`)
  await says(/"join":true/)
  await demo.end()
  await says(/"broadcasts":\[/)
  socket.destroy()
})

t.test('app.close() ends the requests that wait to be authorised, or in a hook of the app', async t => {
  for (const where of ['authorize', 'preHandler'] as const) {
    const asked = new EventEmitter()
    const never = async (): Promise<never> => {
      asked.emit('asked')
      return await new Promise(() => {})
    }
    const { app, port } = await serve(t, {
      media: { closeTimeout: 200, ...(where === 'authorize' ? { authorizeWatch: never, authorizePublish: never } : {}) },
      before: app => { if (where === 'preHandler') app.addHook('preHandler', never) }
    })
    app.mediaSse.broadcast('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' })
    const requests = ['GET /live/demo', 'HEAD /live/demo', 'GET /live', 'GET /live?broadcasts=demo,other', 'GET /live/demo/segments/1-1', 'DELETE /live/demo', 'POST /live/demo']
    const closed: Array<Promise<unknown>> = []
    for (const request of requests) {
      const waiting = once(asked, 'asked')
      const { socket, closed: connectionClosed } = client(port)
      socket.write(`${request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
      await waiting
      closed.push(connectionClosed)
    }
    await within(app.close(), 'the server closes')
    await within(Promise.all(closed), 'all are cut')
    t.equal(app.mediaSse.stats().viewers, 0)
  }
})
