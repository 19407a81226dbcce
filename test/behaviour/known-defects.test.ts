// Defects that libraries for server-sent events are known for, and that no other test here shows absent.
import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { SseStream } from '../../lib/index.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

function listenersOf (socket: Socket): Record<string, number> {
  return Object.fromEntries(socket.eventNames().map(name => [String(name), socket.listenerCount(name)]))
}

t.test('listeners do not add up: not on a stalled connection, not on one that is used again and again', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => { process.off('warning', onWarning) })
  const sockets: Socket[] = []
  const { app, origin } = await serve(t, { media: { onViewerOpen: (_viewer, request) => { sockets.push(request.raw.socket) } } })

  const stalled = await watch(`${origin}/live/stalled`)
  stalled.stall()
  const before = listenersOf(sockets[0]!)
  for (let number = 0; number < 60; number++) {
    app.mediaSse.broadcast('stalled').publish(knownBytes(number, MiB / 4), OPAQUE)
    await turn()
  }
  t.same(listenersOf(sockets[0]!), before)
  await stalled.leave()

  app.mediaSse.broadcast('over').publish(knownBytes(0, 10), OPAQUE)
  app.mediaSse.broadcast('over').end()
  const again = await watch(`${origin}/live/over?from=start`)
  await again.until(() => again.ended)
  const first = listenersOf(sockets[1]!)
  for (let round = 0; round < 40; round++) {
    again.next()
    again.request(`${origin}/live/over?from=start`)
    await again.until(() => again.ended)
  }
  t.equal(sockets.at(-1), sockets[1], 'one connection for all')
  t.same(listenersOf(sockets[1]!), first)
  await again.leave()
  t.same(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning'), [])
})

t.test('heartbeats are not written to a connection that waits', async t => {
  const { app, origin } = await serve(t, { media: { heartbeat: 20 } })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  const demo = app.mediaSse.broadcast('demo')
  const [viewer] = demo.viewers
  demo.publish(knownBytes(1, 15 * MiB), OPAQUE)
  // A large segment is encoded in turns: until it is handed over, the connection waits for nothing.
  while (viewer!.segments < 1) await turn()
  watching.stall()
  const { length } = watching.comments
  const since = performance.now()
  while (performance.now() - since < 300) await turn()
  watching.resume()
  await watching.until(() => watching.segments.length === 1)
  t.ok(watching.comments.length - length <= 2, `${watching.comments.length - length} comments came before the segment`)
  await watching.leave()
})

t.test('the status of the reply is the status of the stream', async t => {
  const { origin } = await serve(t, { before: app => { app.get('/created', (_request, reply) => { reply.code(201).sseStream([{ data: '' }]) }) } })
  const watching = await watch(`${origin}/created`)
  t.equal(watching.status, 201)
  await watching.until(() => watching.ended)
  t.equal(watching.events.length, 1, 'empty data is an event')
})

t.test('a stream that is opened and waits, without an event yet, stays open', async t => {
  const streams = new EventEmitter()
  const { origin } = await serve(t, { before: app => { app.get('/open', (_request, reply) => { streams.emit('stream', reply.sseStream()) }) } })
  const opened = once(streams, 'stream') as Promise<[SseStream]>
  const watching = await watch(`${origin}/open`)
  await watching.until(() => watching.retries.length === 1)
  const [stream] = await opened
  for (let turns = 0; turns < 100; turns++) await turn()
  t.notOk(watching.ended)
  t.equal(await stream.send({ data: 'at last' }), true)
  await watching.until(() => watching.events.length === 1)
  await watching.leave()
})

t.test('a source that goes on after its client has left harms nothing, and keeps nothing', async t => {
  const source = new PassThrough({ objectMode: true })
  const streams = new EventEmitter()
  const { origin } = await serve(t, {
    before: app => { app.get('/source', (_request, reply) => { streams.emit('stream', reply.sseStream(source)) }) }
  })
  const opened = once(streams, 'stream') as Promise<[SseStream]>
  const watching = await watch(`${origin}/source`)
  const [stream] = await opened
  source.write({ data: 'one' })
  await watching.until(() => watching.events.length === 1)
  const left = once(source, 'close')
  await watching.leave()
  await stream.closed
  await left
  t.ok(source.destroyed, 'the source was let go')
  for (let count = 0; count < 200; count++) t.equal(await stream.send({ data: 'x'.repeat(1000) }), false)
})

t.test('a viewer that joins is sent what it needs, and the others nothing', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), OPAQUE)
  const first = await watch(`${origin}/live/demo`)
  await first.until(() => first.segments.length === 1)
  for (let count = 0; count < 5; count++) {
    const other = await watch(`${origin}/live/demo`)
    await other.until(() => other.segments.length === 1)
    await other.leave()
  }
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), OPAQUE)
  await first.until(() => first.segments.length === 2)
  t.same(first.events.map(({ event }) => event), ['state', 'init', 'message', 'message'])
  await first.leave()
})

t.test('viewers who leave before they are opened leave no ghost behind, however many', async t => {
  const { app, origin } = await serve(t, { media: { onViewerOpen: async () => { await turn() } } })
  const leaving = Array.from({ length: 200 }, async () => {
    const watching = new Watching(`${origin}/live/demo`)
    await once(watching.socket, 'connect')
    await turn()
    await watching.leave()
  })
  await Promise.all(leaving)
  while (app.mediaSse.stats().viewers > 0) await turn()
  t.equal(app.mediaSse.broadcast('demo').viewers.size, 0)
})
