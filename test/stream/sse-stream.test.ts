// `reply.sseStream()` on a route of the user's own: what is sent arrives, what is not is known, and whoever leaves is noticed.
// Above 300 lines, because one test file answers for all of its source file.
import { EventEmitter, on, once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import cors from '@fastify/cors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import type { CloseReason, EventFields, MediaSseOptions, SseStream } from '../../lib/index.js'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import type { ServeOptions, Served } from '../kit/serve.js'
import { Watching, watch, watchHttp2, watchInjected } from '../kit/watch.js'

const MiB = 1024 * 1024

interface Streaming extends Served {
  /** Resolves with the stream of the next request. */
  readonly next: () => Promise<SseStream>
}

/** A server whose route `/stream` answers with an open stream, handed to the test. */
async function serveStream (t: Test, media: MediaSseOptions = {}, { before, ...options }: ServeOptions = {}, maxPendingBytes = MiB): Promise<Streaming> {
  const streams = new EventEmitter()
  const served = await serve(t, {
    ...options,
    media,
    before: async app => {
      await before?.(app)
      app.get('/stream', (_request: FastifyRequest, reply: FastifyReply) => {
        streams.emit('stream', reply.sseStream(undefined, { maxPendingBytes }))
      })
    }
  })
  const next = async (): Promise<SseStream> => (await once(streams, 'stream') as [SseStream])[0]
  return { ...served, next }
}

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

for (const [road, fastify, open] of [
  ['HTTP/1.1', {}, async ({ origin }: Served, path: string) => await watch(origin + path)],
  ['HTTP/1.0', {}, async ({ origin }: Served, path: string) => await watch(origin + path, { version: '1.0' })],
  ['HTTP/2', { http2: true }, async ({ origin }: Served, path: string) => await watchHttp2(origin + path)],
  ['inject', {}, async ({ app }: Served, path: string) => await watchInjected(app, path)]
] as const) {
  t.test(`${road}: events arrive as they were sent, and the end is clean`, async t => {
    const served = await serveStream(t, {}, { fastify: fastify as object })
    const opened = served.next()
    const watching = await open(served, '/stream')
    const stream = await opened
    t.equal(await stream.send({ id: 0, data: '' }), true)
    t.equal(await stream.send({ event: 'greeting', data: 'one\ntwo' }), true)
    t.equal(await stream.send({ data: { answer: 42 } }), true)
    t.equal(await stream.send({ data: 'x'.repeat(MiB) }), true)
    t.ok(stream.writable)
    stream.close()
    stream.close()
    t.equal(await stream.closed, 'ended')
    t.equal(await stream.send({ data: 'late' }), false)
    t.notOk(stream.writable)
    await watching.until(() => watching.ended)
    t.same(watching.events.map(({ event, id, data }) => [event, id, data.slice(0, 20)]), [
      ['message', '0', ''], ['greeting', '0', 'one\ntwo'], ['message', '0', '{"answer":42}'], ['message', '0', 'x'.repeat(20)]
    ])
    t.equal(watching.retries.length, 1)
    t.ok(watching.retries[0]! >= 1500 && watching.retries[0]! <= 2500)
    await watching.leave()
  })
}

t.test("headers and hooks of the user's work as for any other reply", async t => {
  const responses = new EventEmitter()
  const served = await serveStream(t, {}, {
    before: async app => {
      await app.register(cors, { origin: 'https://page.example', credentials: true })
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.header('x-from-hook', 'yes')
        return payload
      })
      app.addHook('onResponse', async (_request, reply) => { responses.emit('response', reply.statusCode) })
    }
  })
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`, { headers: { origin: 'https://page.example', 'last-event-id': '41' } })
  t.match(watching.headers, {
    'access-control-allow-origin': 'https://page.example',
    'access-control-allow-credentials': 'true',
    'x-from-hook': 'yes',
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff'
  })
  const stream = await opened
  t.equal(stream.lastEventId, '41')
  const responded = once(responses, 'response')
  stream.close()
  t.same(await responded, [200])
  await watching.leave()
})

t.test('headers that the route has set already stay', async t => {
  const { origin } = await serve(t, {
    before: app => {
      app.get('/own', (_request, reply) => { reply.header('cache-control', 'no-cache').sseStream([{ data: 'x' }]) })
    }
  })
  const watching = await watch(`${origin}/own`)
  t.equal(watching.headers['cache-control'], 'no-cache')
  await watching.until(() => watching.ended)
})

t.test('an event that would break out of its line is refused, and the stream goes on', async t => {
  const served = await serveStream(t)
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  for (const event of [{ id: 'a\nb', data: '' }, { event: 'a\rb', data: '' }, { id: 'a\0b', data: '' }, {}]) {
    await t.rejects(stream.send(event), { code: 'FST_MEDIA_SSE_INVALID_EVENT' })
  }
  t.equal(await stream.send({ data: 'fine\r\nid: injected\r\rretry: 1' }), true)
  await watching.until(() => watching.events.length === 1)
  t.equal(watching.events[0]?.data, 'fine\nid: injected\n\nretry: 1')
  t.equal(watching.lastEventId, '')
  await watching.leave()
})

t.test('send settles with false when the client leaves while it is stalled', async t => {
  const served = await serveStream(t)
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  watching.stall()
  const sends: Array<Promise<boolean>> = []
  const settled = new Set<number>()
  while (settled.size === sends.length) {
    const number = sends.push(stream.send({ data: 'x'.repeat(MiB) }))
    sends[number - 1]!.then(() => { settled.add(number) }, () => {})
    for (let turns = 0; turns < 50 && !settled.has(number); turns++) await turn()
  }
  const last = sends.at(-1)
  t.notOk(stream.writable)
  const also = stream.send({ data: 'y' })
  const aborted = once(stream.signal, 'abort')
  await watching.leave()
  t.equal(await last, false)
  t.equal(await also, false)
  t.equal(await stream.closed, 'client')
  await aborted
})

t.test('events that nobody awaits do not pile up: past the bound send says false', async t => {
  const served = await serveStream(t, {}, {}, 2 * MiB)
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  watching.stall()
  const sends: Array<Promise<boolean>> = []
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 200; count++) sends.push(stream.send({ data: 'x'.repeat(MiB / 2) }))
  t.ok(process.memoryUsage().arrayBuffers - before < 110 * MiB)
  const refused = await Promise.race(sends.slice(-10))
  t.equal(refused, false)
  await watching.leave()
  const sent = (await Promise.all(sends)).filter(Boolean).length
  t.ok(sent < 20, `${sent} of 200 were taken`)
})

t.test('one stalled client holds up nobody else', async t => {
  const served = await serveStream(t)
  const first = served.next()
  const slow = await watch(`${served.origin}/stream`)
  const slowStream = await first
  const second = served.next()
  const healthy = await watch(`${served.origin}/stream`)
  const healthyStream = await second
  slow.stall()
  for (let round = 0; round < 20; round++) {
    slowStream.send({ data: 'x'.repeat(MiB) })
    t.equal(await healthyStream.send({ id: round, data: 'x'.repeat(MiB) }), true)
  }
  await healthy.until(() => healthy.events.length === 20)
  await slow.leave()
  await healthy.leave()
})

t.test('a client that takes nothing for stallTimeout is closed', async t => {
  const served = await serveStream(t, { stallTimeout: 200 })
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  watching.stall()
  const sent = stream.send({ data: 'x'.repeat(16 * MiB) })
  t.equal(await stream.closed, 'stalled')
  t.equal(await sent, false)
  await watching.leave()
})

t.test('a source is pulled only as fast as the client reads, and let go when it leaves', async t => {
  let pulled = 0
  let released: () => void = () => {}
  const returned = new Promise<void>(resolve => { released = resolve })
  const source: AsyncIterableIterator<EventFields> = {
    [Symbol.asyncIterator]: () => source,
    next: async () => {
      pulled++
      return { done: false, value: { data: 'x'.repeat(MiB) } }
    },
    return: async () => {
      released()
      return { done: true, value: undefined }
    }
  }
  const { origin } = await serve(t, { before: app => { app.get('/source', (_request, reply) => { reply.sseStream(source) }) } })
  const watching = await watch(`${origin}/source`)
  watching.stall()
  let before = -1
  while (pulled !== before) {
    before = pulled
    for (let turns = 0; turns < 100; turns++) await turn()
  }
  t.ok(pulled < 20, `${pulled} MiB were pulled for a client that reads nothing`)
  await watching.leave()
  await returned
})

t.test('a source that waits for its next event ends when the client has left', async t => {
  const ticks = new EventEmitter()
  let finished: () => void = () => {}
  const done = new Promise<void>(resolve => { finished = resolve })
  const { origin } = await serve(t, {
    before: app => {
      app.get('/parked', (_request, reply) => {
        reply.sseStream(async function * (stream) {
          try {
            for await (const [data] of on(ticks, 'tick', { signal: stream.signal })) yield { data }
          } finally {
            finished()
          }
        })
      })
    }
  })
  const watching = await watch(`${origin}/parked`)
  ticks.emit('tick', 'one')
  await watching.until(() => watching.events.length === 1)
  await watching.leave()
  await done
  t.pass('its finally block ran')
})

t.test('a source that throws ends its stream, is logged, and harms nothing else', async t => {
  const lines: string[] = []
  const log = new PassThrough().on('data', line => { lines.push(String(line)) })
  const reasons: CloseReason[] = []
  const { origin } = await serve(t, {
    fastify: { logger: { stream: log } },
    before: app => {
      app.get('/throws', (_request, reply) => {
        const stream = reply.sseStream((async function * () {
          yield { data: 'one' }
          throw new Error('no more of this')
        })())
        stream.closed.then(reason => { reasons.push(reason) }, () => {})
      })
    }
  })
  const watching = await watch(`${origin}/throws`)
  await watching.until(() => watching.ended)
  t.equal(watching.events.length, 1)
  while (reasons.length === 0) await turn()
  t.same(reasons, ['error'])
  t.match(lines.find(line => line.includes('no more of this')), /source of an SSE stream failed/)
  t.equal((await get(`${origin}/live`)).status, 200)
})

t.test('HEAD answers with the headers, and opens nothing', async t => {
  const served = await serveStream(t)
  const opened = served.next()
  const head = await get(`${served.origin}/stream`, {}, 'HEAD')
  t.equal(head.status, 200)
  t.equal(head.headers['content-type'], 'text/event-stream')
  const stream = await opened
  t.equal(await stream.closed, 'ended')
  t.equal(await stream.send({ data: 'x' }), false)
})

t.test('HEAD on a route that answers it itself is not sent a body either', async t => {
  const { origin } = await serve(t, {
    before: app => { app.route({ method: ['GET', 'HEAD'], url: '/both', handler: (_request, reply) => { reply.sseStream([{ data: 'x' }]) } }) }
  })
  const watching = await watch(`${origin}/both`, { method: 'HEAD' })
  t.equal(watching.status, 200)
  watching.request(`${origin}/live`)
  watching.headers = {}
  watching.next()
  await watching.until(() => String(watching.headers['content-type']).includes('json'))
  await watching.leave()
})

t.test('a client that has left before the handler runs gets a closed stream', async t => {
  const streams = new EventEmitter()
  const arrived = new EventEmitter()
  const { origin } = await serve(t, {
    before: app => {
      app.get('/late', async (request, reply) => {
        arrived.emit('request')
        await once(request.raw.socket, 'close')
        streams.emit('stream', reply.sseStream())
        return reply
      })
    }
  })
  const requested = once(arrived, 'request')
  const opened = once(streams, 'stream') as Promise<[SseStream]>
  const watching = new Watching(`${origin}/late`)
  await requested
  await watching.leave()
  const [stream] = await opened
  t.equal(await stream.closed, 'client')
  t.equal(await stream.send({ data: 'x' }), false)
})

t.test('app.close() ends streams with a retry that outlasts it', async t => {
  const served = await serveStream(t, { closeTimeout: 300 })
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  await Promise.all([served.app.close(), watching.until(() => watching.ended)])
  t.equal(await stream.closed, 'closing')
  t.ok(watching.retries.at(-1)! >= 1300)
})

t.test('a request that is being answered while the server closes is sent away', async t => {
  const arrived = new EventEmitter()
  const { app, origin } = await serve(t, {
    before: app => {
      app.get('/slow', async (_request, reply) => {
        arrived.emit('request')
        await once(arrived, 'go on')
        reply.sseStream()
        return reply
      })
    }
  })
  const requested = once(arrived, 'request')
  const opening = watch(`${origin}/slow`)
  await requested
  const closing = app.close()
  await turn()
  arrived.emit('go on')
  const watching = await opening
  await watching.until(() => watching.ended)
  t.ok(watching.retries.at(-1)! >= 3000)
  await closing
})

const wrapping = (wrap: (payload: Readable) => Readable): ServeOptions => ({
  before: app => {
    app.addHook('onSend', async (request, _reply, payload) => request.url === '/stream' ? wrap(payload as Readable) : payload)
  }
})

t.test('where a hook wraps the payload, the events go through what it is wrapped in', async t => {
  const served = await serveStream(t, { heartbeat: 40 }, wrapping(payload => payload.pipe(new PassThrough())))
  const opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  t.equal(await stream.send({ data: 'one' }), true)
  await watching.until(() => watching.events.length === 1 && watching.comments.length > 1)
  stream.close()
  t.equal(await stream.closed, 'ended')
  await watching.until(() => watching.ended)
})

t.test('where a hook wraps the payload, a client that leaves or stalls is noticed too', async t => {
  const served = await serveStream(t, { stallTimeout: 200 }, wrapping(payload => payload.pipe(new PassThrough())))
  let opened = served.next()
  const watching = await watch(`${served.origin}/stream`)
  const stream = await opened
  await watching.leave()
  t.equal(await stream.closed, 'client')
  opened = served.next()
  const stalled = await watch(`${served.origin}/stream`)
  const stalledStream = await opened
  stalled.stall()
  const sends: Array<Promise<boolean>> = []
  while (!stalledStream.signal.aborted) {
    sends.push(stalledStream.send({ data: 'x'.repeat(MiB) }))
    await turn()
  }
  t.equal(await stalledStream.closed, 'stalled')
  t.equal((await Promise.all(sends)).at(-1), false)
  await stalled.leave()
})

t.test('trailers are sent after the last event', async t => {
  const { origin } = await serve(t, {
    before: app => {
      app.get('/trailer', (_request, reply) => {
        reply.trailer('x-count', async () => '1')
        reply.sseStream([{ data: 'one' }])
      })
    }
  })
  const response = await request(`${origin}/trailer`)
  t.match(await response.body.text(), /\ndata: one\n\n$/)
  t.same(response.trailers, { 'x-count': '1' })
})
