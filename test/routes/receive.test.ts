// A body is read piece by piece as it comes over a real connection, until it ends, is cut off, falls silent, or is gone.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { Http2ServerRequest } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { CutOff, receive } from '../../lib/routes/receive.js'
import type { Receiving } from '../../lib/routes/receive.js'
import { Publishing } from '../kit/publish.js'

const LONG = 60_000

interface Received {
  readonly publishing: Publishing
  readonly body: IncomingMessage
  readonly receiving: Receiving
  readonly pieces: Buffer[]
}

/** A publisher that has sent `first`, and what the server makes of it. */
async function received (t: Test, { timeout = LONG, take = () => {} }: { timeout?: number, take?: (bytes: Uint8Array) => void } = {}): Promise<Received> {
  const server = createServer()
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const publishing = new Publishing(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  publishing.write(Buffer.from('first'))
  const [body, response] = await once(server, 'request')
  const pieces: Buffer[] = []
  const receiving = receive(body, timeout, bytes => {
    pieces.push(Buffer.from(bytes))
    take(bytes)
  })
  const answer = (): void => { response.end() }
  receiving.ended.then(answer, answer)
  return { publishing, body, receiving, pieces }
}

const isPaused = (body: Readable) => body.isPaused() && body.listenerCount('data') === 0 && body.listenerCount('end') === 0

t.test('a body is handed over as it comes, and then it has ended', async t => {
  const arrived: Array<() => void> = []
  const { publishing, receiving, pieces } = await received(t, { take: () => arrived.shift()?.() })
  for (const piece of ['second', 'third']) {
    await new Promise<void>(resolve => {
      arrived.push(resolve)
      publishing.write(Buffer.from(piece))
    })
  }
  t.equal((await publishing.end()).status, 200)
  await receiving.ended
  t.equal(Buffer.concat(pieces).toString(), 'firstsecondthird')
  t.ok(pieces.length > 1, 'not gathered')
})

t.test('silence ends it with an error that the publisher can be told', async t => {
  const { receiving, body, publishing, pieces } = await received(t, { timeout: 30 })
  const began = performance.now()
  await t.rejects(receiving.ended, {
    reason: 'timeout',
    message: 'The publisher was cut off: timeout',
    error: { code: 'FST_MEDIA_SSE_PUBLISHER_TIMEOUT', statusCode: 408, message: 'The publisher sent nothing for 30 ms: publish again, the broadcast goes on' }
  })
  t.ok(performance.now() - began > 20)
  t.ok(isPaused(body))
  publishing.write(Buffer.from('late'))
  await publishing.answer
  t.equal(Buffer.concat(pieces).toString(), 'first')
})

t.test('each byte puts the silence off', async t => {
  let count = 0
  const { receiving, publishing } = await received(t, { timeout: 400, take: () => { count++ } })
  const began = performance.now()
  const beat = setInterval(() => publishing.write(Buffer.from('.')), 50)
  t.teardown(() => clearInterval(beat))
  while (performance.now() - began < 600) await once(publishing.body, 'data')
  clearInterval(beat)
  await publishing.end()
  await receiving.ended
  t.ok(count > 2)
})

t.test('cut off from outside, it ends with that reason, once, and reads no more', async t => {
  let took = (): void => {}
  const first = new Promise<void>(resolve => { took = resolve })
  const { receiving, body } = await received(t, { take: () => took() })
  await first
  const error = new Error('There is another')
  receiving.cutOff(error, 'takeover')
  receiving.cutOff(new Error('again'), 'closing')
  t.ok(isPaused(body))
  const cut: CutOff = await receiving.ended.then(() => t.fail('it ended'), reason => reason)
  t.type(cut, CutOff)
  t.equal(cut.reason, 'takeover')
  t.equal(cut.error, error)
})

t.test('what the taker throws is what it ends with', async t => {
  const error = new Error('no media')
  let calls = 0
  const { receiving, body } = await received(t, {
    take: () => {
      calls++
      throw error
    }
  })
  await t.rejects(receiving.ended, error)
  t.ok(isPaused(body))
  t.equal(calls, 1)
})

t.test('a publisher that is gone can be told nothing, and is no uncaught error', async t => {
  const { receiving, publishing, body } = await received(t)
  publishing.kill()
  const cut: CutOff = await receiving.ended.then(() => t.fail('it ended'), reason => reason)
  t.type(cut, CutOff)
  t.strictSame([cut.reason, cut.error], ['client', undefined])
  body.emit('error', new Error('and again'))
})

t.test('a body that is gone before it is read ends at once', async t => {
  const body = Readable.from(['never'])
  body.destroy()
  await once(body, 'close')
  await t.rejects(receive(body, LONG, () => {}).ended, new CutOff('client', undefined))
})

t.test('so does one that is gone before it is read over HTTP/2, whose body does not look it', async t => {
  const server = createHttp2Server()
  t.teardown(() => { server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':method': 'POST' })
  stream.on('error', () => {})
  const [body] = await once(server, 'request') as [Http2ServerRequest]
  const closed = once(body.stream, 'close')
  stream.close(8)
  await closed
  t.match(await receive(body, LONG, () => {}).ended.catch((error: unknown) => error), { reason: 'client', error: undefined })
})
