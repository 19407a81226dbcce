// A viewer reads as its test tells it: events one by one, at a pace, or not at all.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { Watching } from '../../lib/testing/watching.js'

interface Fed { readonly watching: Watching, readonly body: PassThrough }

function begin (timeout?: number): Fed {
  const body = new PassThrough()
  const watching = new Watching({ status: 200, headers: { 'content-type': 'text/event-stream' }, body, leave: () => { body.destroy() } }, timeout)
  return { watching, body }
}

/** A piece has been taken, and is on its way. */
const paused = async (body: PassThrough) => { if (!body.isPaused()) await once(body, 'pause') }

const event = (data: string, name = 'message') => `event: ${name}\ndata: ${data}\n\n`

t.test('next() gives events in their order, those that have come and those that will', async t => {
  const { watching, body } = begin()
  t.match(watching, { status: 200, headers: { 'content-type': 'text/event-stream' } })
  body.write(event('1') + event('2'))
  t.equal((await watching.next()).data, '1')
  t.equal((await watching.next()).data, '2')
  const third = watching.next()
  body.write(event('3'))
  t.equal((await third).data, '3')
})

t.test('next(name) passes over what comes before', async t => {
  const { watching, body } = begin()
  body.write(event('1') + event('2', 'gap') + event('3'))
  t.match(await watching.next('gap'), { event: 'gap', data: '2' })
  t.equal((await watching.next()).data, '3')
})

t.test('a loop goes on where next() was, may be left and entered again, and ends with the body', async t => {
  const { watching, body } = begin()
  body.end(['1', '2', '3', '4'].map(data => event(data)).join(''))
  t.equal((await watching.next()).data, '1')
  const seen: string[] = []
  for await (const { data } of watching) {
    seen.push(data)
    if (data === '2') break
  }
  t.strictSame(seen, ['2'])
  for await (const { data } of watching) seen.push(data)
  t.strictSame(seen, ['2', '3', '4'])
  t.ok(watching.ended && watching.closed)
  await t.rejects(watching.next('gap'), { message: /^The end came before an event gap: status 200, 4 events, the last message/ })
})

t.test('what does not come fails with what came', async t => {
  const { watching, body } = begin(20)
  body.write(event('1'))
  await watching.next()
  await t.rejects(watching.next(), { message: /^Not within 0\.02 s: another event, but status 200, 1 events/ })
})

t.test('a stalled viewer takes nothing, and goes on when it resumes', async t => {
  const { watching, body } = begin()
  watching.resume()
  body.write(event('1'))
  await watching.next()
  watching.stall()
  let written = 0
  while (body.write(event(String(written)))) written++
  t.ok(body.readableLength > 1000, `${body.readableLength} bytes wait`)
  t.equal(watching.events.length, 1)
  watching.resume()
  await watching.until(() => watching.events.length === written + 2)
})

t.test('a viewer with a bandwidth takes as long as its bytes do', async t => {
  const PIECES = 10
  const piece = event('x'.repeat(1000))
  const read = async (bandwidth: number): Promise<number> => {
    const { watching, body } = begin()
    watching.bandwidth = bandwidth
    t.equal(watching.bandwidth, bandwidth)
    const begun = performance.now()
    for (let count = 0; count < PIECES; count++) {
      body.write(piece)
      await watching.next()
    }
    return performance.now() - begun
  }
  await read(Infinity)
  const bytes = PIECES * piece.length
  // A timer is never early by more than the millisecond that it is rounded to.
  t.ok(await read(bytes * 20) >= 50 - PIECES)
  t.ok(await read(bytes * 5) >= 200 - PIECES)
  const { watching } = begin()
  for (const wrong of [0, -1, NaN]) t.throws(() => { watching.bandwidth = wrong }, RangeError)
})

t.test('a stall holds what was about to arrive, and what is on its way when the connection closes still comes', async t => {
  const { watching, body } = begin()
  watching.bandwidth = 1e6
  body.write(event('1'))
  await paused(body)
  watching.stall()
  // Later than it would have come.
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(watching.events.length, 0)
  watching.resume()
  t.equal((await watching.next()).data, '1')
  watching.bandwidth = 1
  body.write(event('2'))
  await paused(body)
  await watching.disconnect()
  t.equal((await watching.next()).data, '2')
  t.notOk(watching.ended)
})

t.test('it leaves, and a body that breaks off closes it', async t => {
  const { watching } = begin()
  await watching.disconnect()
  t.ok(watching.closed)
  t.notOk(watching.ended)
  await watching.disconnect()
  const other = begin()
  other.body.destroy(new Error('reset'))
  await other.watching.over()
  t.ok(other.watching.closed)
})
