// A body is read piece by piece as it comes over a real connection, until it ends, is cut off, falls silent, or is gone.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { Http2ServerRequest } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { CutOff, receive } from '../../lib/publish/receive.js'
import type { ReceiveOptions, Receiving } from '../../lib/publish/receive.js'
import { block } from '../kit/block.js'
import { Publishing } from '../kit/publish.js'
import { rawRequest } from '../kit/raw-request.js'

const LONG = 60_000
const ANY: ReceiveOptions = { publisherTimeout: LONG, segmentTimeout: LONG, pace: () => 0, take: () => false }

interface Received {
  readonly publishing: Publishing
  readonly body: IncomingMessage
  readonly receiving: Receiving
  readonly pieces: Buffer[]
}

/** A publisher that has sent `first`, and what the server makes of it. */
async function received (t: Test, options: Partial<ReceiveOptions> = {}): Promise<Received> {
  const { take, ...rest } = { ...ANY, ...options }
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
  const receiving = receive(body, {
    ...rest,
    take: bytes => {
      pieces.push(Buffer.from(bytes))
      return take(bytes)
    }
  })
  const answer = (): void => { response.end() }
  receiving.ended.then(answer, answer)
  return { publishing, body, receiving, pieces }
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const isPaused = (body: Readable) => body.isPaused() && body.listenerCount('data') === 0 && body.listenerCount('end') === 0

t.test('a stream that ends right behind its last piece has ended when that piece is taken, not before', async t => {
  const events: string[] = []
  for (const fails of [false, true]) {
    const { ended } = receive(Readable.from([Buffer.from('all of it')]), {
      ...ANY,
      take: async () => {
        for (let count = 0; count < 3; count++) await turn()
        events.push('taken')
        if (fails) throw new Error('not understood')
        return true
      }
    })
    await ended.then(() => { events.push('ended') }, (error: Error) => { events.push(error.message) })
  }
  t.strictSame(events, ['taken', 'ended', 'taken', 'not understood'])
})

t.test('a stream that is closed while a piece is taken has gone after that', async t => {
  const events: string[] = []
  const body = new PassThrough()
  const { ended } = receive(body, {
    ...ANY,
    take: async () => {
      body.destroy()
      for (let count = 0; count < 3; count++) await turn()
      events.push('taken')
      return true
    }
  })
  body.write('a piece')
  const cause = await ended.catch(error => error).finally(() => { events.push('gone') })
  t.match(cause, { reason: 'client', error: undefined })
  t.strictSame(events, ['taken', 'gone'])
})

t.test('a body is handed over as it comes, and then it has ended', async t => {
  const arrived: Array<() => void> = []
  const { publishing, receiving, pieces } = await received(t, {
    take: () => {
      arrived.shift()?.()
      return false
    }
  })
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
  const { receiving, body, publishing, pieces } = await received(t, { publisherTimeout: 30 })
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
  const { receiving, publishing } = await received(t, { publisherTimeout: 400, take: () => ++count < 0 })
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
  const { receiving, body } = await received(t, {
    take: () => {
      took()
      return false
    }
  })
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

/** What is read of the request of a client that has sent `text` and hung up while the first piece was taken. */
async function hungUp (t: Test, text: string, options: Partial<ReceiveOptions> = {}): Promise<{ taken: string, ended: Promise<void> }> {
  const { body, client } = await rawRequest(t, text)
  const result = { taken: '', ended: Promise.resolve() }
  let isFirst = true
  const { ended } = receive(body, {
    ...ANY,
    ...options,
    take: async bytes => {
      if (isFirst) {
        isFirst = false
        const closed = new Promise(resolve => body.socket.once('close', resolve))
        client.destroy()
        await closed
      }
      await turn()
      result.taken += Buffer.from(bytes).toString('latin1')
      return true
    }
  })
  await ended.catch(() => {})
  return Object.assign(result, { ended })
}

const LONG_BODY = 'x'.repeat(30_000) + 'the end'
const CHUNKED = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n' + 'a\r\n0123456789\r\n'.repeat(1000)

t.test('a body that has come whole is taken whole, although its publisher has hung up behind it', async t => {
  const sized = await hungUp(t, `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${LONG_BODY.length}\r\n\r\n${LONG_BODY}`)
  await sized.ended
  t.ok(sized.taken === LONG_BODY)
  const chunked = await hungUp(t, `${CHUNKED}0\r\n\r\n`, { pace: bytes => bytes === 0 ? 20 : 0.01, room: () => turn().then(() => {}) })
  await chunked.ended
  t.ok(chunked.taken === '0123456789'.repeat(1000))
})

t.test('so is one whose publisher has hung up before it is read', async t => {
  const { body } = await rawRequest(t, `${CHUNKED}0\r\n\r\n`, client => { client.destroy() })
  await new Promise(resolve => body.socket.once('close', resolve))
  let taken = ''
  const { ended } = receive(body, {
    ...ANY,
    take: bytes => {
      taken += Buffer.from(bytes).toString()
      return true
    }
  })
  await ended
  t.equal(taken.length, 10_000)
})

t.test('of one that is broken off all is taken that has come, unless its sender owes', async t => {
  for (const options of [{}, { room: () => turn().then(() => {}) }, { pace: (bytes: number) => bytes * 100 }]) {
    const { taken, ended } = await hungUp(t, CHUNKED, options)
    await t.rejects(ended, new CutOff('client', undefined))
    t.equal(taken.length, 'pace' in options ? 10 : 10_000)
  }
})

t.test('what a stream gave before it failed is taken before its failure is told', async t => {
  const body = new PassThrough()
  let taken = ''
  const { ended } = receive(body, {
    ...ANY,
    broken: cause => new Error(`after ${taken}: ${cause?.message}`),
    take: async bytes => {
      await turn()
      if (taken === '') body.destroy(new Error('a second file'))
      taken += Buffer.from(bytes).toString()
      return true
    }
  })
  for (const piece of ['one ', 'two ', 'three']) body.write(piece)
  await t.rejects(ended, { message: 'after one two three: a second file' })
})

t.test('a body that is gone before it is read ends at once', async t => {
  const body = Readable.from(['never'])
  body.destroy()
  await once(body, 'close')
  await t.rejects(receive(body, ANY).ended, new CutOff('client', undefined))
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
  t.match(await receive(body, ANY).ended.catch((error: unknown) => error), { reason: 'client', error: undefined })
})

t.test('who is cut off from within what takes its bytes is not read any more', async t => {
  const { receiving, body } = await received(t, {
    pace: () => 1,
    take: () => {
      receiving.cutOff(new Error('enough'), 'kicked')
      return true
    }
  })
  t.match(await receiving.ended.catch((error: unknown) => error), { reason: 'kicked' })
  t.ok(isPaused(body))
})

t.test('bytes that come to no segment end it, however steadily they come', async t => {
  let took = 0
  const { receiving, publishing } = await received(t, {
    segmentTimeout: 300,
    // Two segments come whole.
    take: () => ++took < 3
  })
  const trickle = setInterval(() => publishing.write(Buffer.from('.')), 20)
  t.teardown(() => clearInterval(trickle))
  await t.rejects(receiving.ended, {
    reason: 'timeout',
    message: 'The publisher was cut off: timeout',
    error: { code: 'FST_MEDIA_SSE_PUBLISHER_TIMEOUT', statusCode: 408, message: 'The publisher sent no whole segment for 300 ms: publish again, the broadcast goes on' }
  })
  t.ok(took > 3, `${took} pieces came`)
})

t.test('who sends too fast is read more slowly, and loses nothing', async t => {
  const pieces = 20
  const waited: number[] = []
  const { receiving, publishing, body, pieces: got } = await received(t, {
    pace: bytes => {
      const wait = bytes / 1000
      waited.push(wait)
      return wait
    }
  })
  const began = performance.now()
  for (let piece = 0; piece < pieces; piece++) publishing.write(Buffer.alloc(20_000, piece))
  await publishing.end()
  await receiving.ended
  t.equal(Buffer.concat(got).byteLength, 5 + pieces * 20_000)
  const least = waited.reduce((one, other) => one + other, 0)
  t.ok(performance.now() - began > least * 0.8, `${Math.round(performance.now() - began)} ms, of which ${Math.round(least)} were waited`)
  t.equal(body.readableFlowing, false)
})

t.test('what its sender owes already is waited for before the first byte is read, so that breaking off gains nothing', async t => {
  const { receiving, publishing, pieces, body } = await received(t, { pace: bytes => bytes === 0 ? LONG : 0 })
  t.ok(body.isPaused())
  publishing.kill()
  t.match(await receiving.ended.catch((error: unknown) => error), { reason: 'client' })
  t.strictSame(pieces, [])
  let owes = 10
  const later = await received(t, { pace: bytes => bytes === 0 ? owes-- : 0 })
  await later.publishing.end()
  await later.receiving.ended
  t.equal(Buffer.concat(later.pieces).toString(), 'first')
})

t.test('while it is held back nobody takes that for silence', async t => {
  let first = true
  const { receiving, publishing } = await received(t, {
    publisherTimeout: 50,
    segmentTimeout: 60,
    pace: () => {
      if (!first) return 0
      first = false
      return 400
    },
    take: () => true
  })
  publishing.write(Buffer.from('more'))
  await publishing.end()
  await receiving.ended
  t.pass()
})

t.test('bytes that came while the event loop was blocked are no silence', async t => {
  const { body, client } = await rawRequest(t, 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  let rounds = 0
  const receiving = receive(body, {
    ...ANY,
    publisherTimeout: 200,
    segmentTimeout: 250,
    take: () => {
      if (++rounds > 3) client.write('0\r\n\r\n')
      // The kernel has it at once.
      else client.write('1\r\n.\r\n')
      block(500)
      return true
    }
  })
  client.write('1\r\n.\r\n')
  await receiving.ended
  t.equal(rounds, 4)
})

t.test('where there is no room nothing more is read until there is, and nobody takes that for silence', async t => {
  let makeRoom!: () => void
  const full = new Promise<void>(resolve => { makeRoom = resolve })
  const rooms = [full]
  const { receiving, publishing, body, pieces } = await received(t, {
    publisherTimeout: 50,
    segmentTimeout: 60,
    take: () => true,
    room: () => rooms.shift()
  })
  while (rooms.length > 0) await turn()
  publishing.write(Buffer.from('second'))
  // One that has room, and several times as long to be silent, is cut off meanwhile.
  const silent = await received(t, { publisherTimeout: 300, segmentTimeout: 360, take: () => true })
  await t.rejects(silent.receiving.ended, { message: 'The publisher was cut off: timeout' })
  t.ok(body.isPaused())
  t.equal(Buffer.concat(pieces).toString(), 'first')
  makeRoom()
  await publishing.end()
  await receiving.ended
  t.equal(Buffer.concat(pieces).toString(), 'firstsecond')
})

t.test('it tells since when its publisher is silent, but for the time that the server does not read', async t => {
  const body = new PassThrough()
  let went!: () => void
  const began = performance.now()
  const { ended, quietSince } = receive(body, ANY)
  t.ok(quietSince! >= began)
  body.end()
  await ended
  const held = new PassThrough()
  const receiving = receive(held, { ...ANY, take: async () => await new Promise<boolean>(resolve => { went = () => { resolve(true) } }) })
  held.write('piece')
  await turn()
  t.equal(receiving.quietSince, undefined)
  const wentAt = performance.now()
  went()
  await turn()
  t.ok(receiving.quietSince! >= wentAt)
  held.end()
  await receiving.ended
  t.equal(receiving.quietSince, undefined, 'nothing more is expected')
})

t.test('one that is cut off while there is no room is not read again when there is', async t => {
  let makeRoom!: () => void
  const full = new Promise<void>(resolve => { makeRoom = resolve })
  const rooms = [full]
  const { receiving, publishing, body, pieces } = await received(t, { room: () => rooms.shift() })
  while (rooms.length > 0) await turn()
  receiving.cutOff(new Error('over'), 'kicked')
  t.match(await receiving.ended.catch((error: unknown) => error), new CutOff('kicked', new Error('over')))
  makeRoom()
  await turn()
  publishing.write(Buffer.from('second'))
  await turn()
  t.equal(Buffer.concat(pieces).toString(), 'first')
  t.equal(body.listenerCount('data'), 0)
})

t.test('a body that is handed over paused is read, in strings too, and goes on when somebody else who read along pauses it', async t => {
  const body = new PassThrough({ readableObjectMode: true })
  body.pause()
  const pieces: Buffer[] = []
  const along = (): void => {
    body.removeListener('data', along)
    body.pause()
  }
  const receiving = receive(body, {
    ...ANY,
    take: bytes => {
      pieces.push(Buffer.from(bytes))
      return false
    }
  })
  body.on('data', along)
  body.push('ä')
  body.push(Buffer.from('b'))
  body.push(null)
  await receiving.ended
  t.equal(Buffer.concat(pieces).toString(), 'äb')
})

t.test('what somebody pauses who goes on reading along, that one resumes', async t => {
  const body = new PassThrough()
  const receiving = receive(body, ANY)
  body.on('data', () => {})
  body.pause()
  await turn()
  await turn()
  t.ok(body.isPaused())
  body.end('x')
  body.resume()
  await receiving.ended
})

t.test('why a body has broken off says who knows it', async t => {
  for (const broken of [undefined, () => undefined, (cause: Error | undefined) => new Error(`because of ${cause?.message ?? 'nothing'}`)]) {
    for (const cause of [undefined, new Error('dirt')]) {
      const body = new PassThrough()
      const { ended } = receive(body, { ...ANY, ...(broken === undefined ? {} : { broken }) })
      body.destroy(cause)
      t.match(await ended.catch((error: unknown) => error), { message: broken?.(cause)?.message ?? 'The publisher was cut off: client' })
    }
  }
})
