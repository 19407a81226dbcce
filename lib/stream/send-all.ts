// Sends all events of a source on a stream, pulls only as fast as the client reads, and releases the source when the client has left.
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { SseSource } from '../contract.js'
import type { ReplyStream } from './sse-stream.js'

// Milliseconds.
const LONGEST_TURN = 5

/** Returns at once. A source that throws ends the stream with the reason `error`, and is logged. */
export function sendAll (stream: ReplyStream, source: SseSource, log: FastifyBaseLogger): void {
  pull(stream, source, log).catch((error: unknown) => {
    if (stream.signal.aborted) return log.debug({ err: error }, 'The source of an SSE stream ended after its client had left')
    log.error({ err: error }, 'The source of an SSE stream failed')
    stream.end('error')
  })
}

async function pull (stream: ReplyStream, source: SseSource, log: FastifyBaseLogger): Promise<void> {
  const events = typeof source === 'function' ? source(stream) : source
  const iterator = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]()
  const release = async (): Promise<void> => {
    // A stream's own iterator would wait for the stream's next data before it finishes.
    if (events instanceof Readable) events.destroy()
    await iterator.return?.()
  }
  const failedToEnd = (error: unknown): void => log.error({ err: error }, 'The source of an SSE stream failed to end')
  const left = (): void => { release().catch(failedToEnd) }
  // At once, not after the next event: that may never come.
  stream.signal.addEventListener('abort', left, { once: true })
  let turn = performance.now()
  while (!stream.over) {
    const { done, value } = await iterator.next()
    if (done === true) {
      stream.signal.removeEventListener('abort', left)
      return stream.end('ended')
    }
    await stream.send(value)
    // A source that is always ready and a client that always reads would leave no time for anything else on the event loop.
    if (performance.now() - turn < LONGEST_TURN) continue
    await setImmediate()
    turn = performance.now()
  }
  // Closed from within, or by the server: the source may have more events.
  if (stream.signal.aborted) return
  stream.signal.removeEventListener('abort', left)
  await release().catch(failedToEnd)
}
