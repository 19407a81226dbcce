// A source's events go out as fast as a real client reads them, and the source is let go when the client has left.
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import type { CloseReason, SseEvents, SseSource, SseStream } from '../../lib/contract.js'
import type { EventFields } from '../../lib/contract.js'
import { keptLog } from '../kit/log.js'
import type { LogLine } from '../kit/log.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import type { Watching } from '../kit/watch.js'

interface Sent {
  readonly watching: Watching
  readonly stream: SseStream
  readonly lines: LogLine[]
}

/** A client of a route that sends a source. */
async function sent (t: Test, source: SseSource): Promise<Sent> {
  const { logger, lines } = keptLog()
  let stream: SseStream | undefined
  const { origin } = await serve(t, {
    fastify: { logger },
    before: app => {
      app.get('/events', (_request, reply) => { stream = reply.sseStream(source) })
    }
  })
  const watching = await watch(`${origin}/events`)
  return { watching, stream: stream!, lines }
}

const failures = (lines: LogLine[]) => lines.filter(({ err }) => err !== undefined).map(({ level, msg, err }) => [level, msg, err?.message])

/** An event, and what resolves when it has come. */
function awaited (): { promise: Promise<void>, resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}

t.test('a list, a generator, and a function that makes one are sent whole, and then the stream ends', async t => {
  const events: EventFields[] = [{ id: 1, data: 'one' }, { id: 2, data: 'two' }]
  const sources: SseSource[] = [
    events,
    (function * () { yield * events })(),
    (async function * () { yield * events })(),
    () => events,
    async function * () { yield * events }
  ]
  for (const source of sources) {
    const { watching, stream, lines } = await sent(t, source)
    await watching.over()
    t.ok(watching.ended)
    t.strictSame(watching.events.map(({ id, data }) => [id, data]), [['1', 'one'], ['2', 'two']])
    t.equal(await stream.closed, 'ended')
    t.strictSame(failures(lines), [])
  }
})

t.test('an event is asked for when the one before is gone, so a client that stops reading stops its source', async t => {
  let made = 0
  const big = 'x'.repeat(100_000)
  const closed = awaited()
  const { watching, stream } = await sent(t, function * () {
    try {
      for (;;) {
        made++
        yield { data: big }
      }
    } finally {
      closed.resolve()
    }
  })
  watching.stall()
  for (let quiet = 0, before = -1; quiet < 100; before = made) {
    await new Promise(resolve => setImmediate(resolve))
    quiet = made === before && !stream.writable ? quiet + 1 : 0
  }
  t.ok(made < 500, `${made} events for a client that has read none of them`)
  await watching.leave()
  await closed.promise
  t.equal(await stream.closed, 'client')
})

t.test('when the client leaves, the source is let go at once, also while it waits for an event that never comes', async t => {
  const returned = awaited()
  const waiting = awaited()
  const source: AsyncIterable<EventFields> = {
    [Symbol.asyncIterator]: () => {
      let count = 0
      return {
        next: async () => {
          if (count++ === 0) return { done: false, value: { data: 'first' } }
          waiting.resolve()
          return await new Promise(() => {})
        },
        return: async () => {
          returned.resolve()
          return { done: true, value: undefined }
        }
      }
    }
  }
  const { watching, stream, lines } = await sent(t, source)
  await waiting.promise
  await watching.leave()
  await returned.promise
  t.equal(await stream.closed, 'client')
  t.strictSame(failures(lines), [])
})

t.test('a source that has no return() needs none', async t => {
  const gone = awaited()
  let pulls = 0
  const source: AsyncIterable<EventFields> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        if (pulls++ > 0) await gone.promise
        return { done: false, value: { data: 'one more' } }
      }
    })
  }
  const { watching, stream } = await sent(t, source)
  await watching.until(() => watching.events.length > 0)
  await watching.leave()
  await stream.closed
  gone.resolve()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(pulls, 2, 'what it still gives is sent to nobody, and no more is asked for')
})

t.test('a source that fails to end is logged', async t => {
  const tried = awaited()
  const source: AsyncIterable<EventFields> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => await new Promise(() => {}),
      return: async () => {
        tried.resolve()
        throw new Error('will not')
      }
    })
  }
  const { watching, lines } = await sent(t, source)
  await watching.leave()
  await tried.promise
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(failures(lines), [[50, 'The source of an SSE stream failed to end', 'will not']])
})

t.test('a source that throws ends the stream, after what it gave, and is logged', async t => {
  const sources: SseSource[] = [
    async function * () {
      yield { data: 'first' }
      throw new Error('no more')
    },
    () => { throw new Error('no more') }
  ]
  for (const source of sources) {
    const { watching, stream, lines } = await sent(t, source)
    await watching.over()
    t.equal(await stream.closed, 'error')
    t.strictSame(failures(lines), [[50, 'The source of an SSE stream failed', 'no more']])
  }
})

t.test('an event that cannot be written ends the stream, and is logged', async t => {
  const { watching, stream, lines } = await sent(t, [{ data: 'first' }, { id: 'a\nb' }, { data: 'never' }])
  await watching.over()
  t.strictSame(watching.events.map(({ data }) => data), ['first'])
  t.equal(await stream.closed, 'error')
  t.strictSame(failures(lines), [[50, 'The source of an SSE stream failed', 'Invalid event: id must not hold CR, LF or NUL']])
})

t.test('a source that throws because its client has left is no error', async t => {
  const { watching, stream, lines } = await sent(t, async function * (stream) {
    yield { data: 'first' }
    await new Promise<void>(resolve => stream.signal.addEventListener('abort', () => resolve()))
    throw new Error('aborted')
  })
  await watching.until(() => watching.events.length > 0)
  await watching.leave()
  await stream.closed
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(failures(lines), [[20, 'The source of an SSE stream ended after its client had left', 'aborted']])
})

t.test('a source of a stream that was closed is asked for nothing more, and let go', async t => {
  const reasons: CloseReason[] = []
  const released = awaited()
  let pulls = 0
  const { watching, stream } = await sent(t, function * (stream): SseEvents & Generator<EventFields> {
    try {
      yield { data: 'first' }
      stream.close()
      // Bounded here, so that a server that goes on asking does not hang this test.
      while (pulls < 10_000) {
        pulls++
        yield { data: 'too late' }
      }
    } finally {
      released.resolve()
    }
  })
  reasons.push(await stream.closed)
  await watching.over()
  await released.promise
  t.strictSame(watching.events.map(({ data }) => data), ['first'])
  t.strictSame(reasons, ['ended'])
  t.ok(pulls <= 1, `asked ${pulls} times more`)
})

t.test('events that may not wait are left out, and the source goes on', async t => {
  const { origin } = await serve(t, {
    before: app => {
      app.get('/events', (_request, reply) => {
        const source = async function * (stream: SseStream) {
          // Pending beside the source's own.
          stream.send({ data: 'pending' })
          yield { data: 'does not fit' }
          yield { data: 'last' }
        }
        reply.sseStream(source, { maxPendingBytes: 1 })
      })
    }
  })
  const watching = await watch(`${origin}/events`)
  await watching.over()
  t.ok(watching.ended)
})

t.test('a source that is always ready, and a client that always reads, leave the event loop to others', async t => {
  let pulled = 0
  const others = awaited()
  let pulledBefore = Infinity
  await sent(t, (function * () {
    setImmediate(() => {
      pulledBefore = pulled
      others.resolve()
    })
    for (;;) {
      pulled++
      yield { data: 'x' }
    }
  })())
  await others.promise
  // What the connection's buffers take without anybody waiting is several hundred thousand.
  t.ok(pulledBefore < 100_000, `${pulledBefore} events came before anything else`)
})

t.test('a stream as a source is destroyed when the client has left, also while it has nothing to give', async t => {
  const source = new PassThrough({ objectMode: true })
  source.on('error', () => {})
  const { watching, stream } = await sent(t, source)
  source.write({ data: 'one' })
  await watching.until(() => watching.events.length === 1)
  const closed = awaited()
  source.once('close', closed.resolve)
  await watching.leave()
  await stream.closed
  await closed.promise
  t.ok(source.destroyed)
})
