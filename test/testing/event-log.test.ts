// Server-sent events are read as they come, in whatever pieces, plain or gzip.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { EventLog } from '../../lib/testing/event-log.js'

/** A log that is fed by hand. */
class Fed extends EventLog {
  feed (bytes: Buffer | string): void {
    this.take(Buffer.from(bytes))
    this.emit('change')
  }

  finish (): void {
    this.end()
    this.close()
  }

  breakOff (): void { this.close() }
}

const SEGMENT = `id: 1-7\ndata: {"track":"main"}\ndata: ${Buffer.from('bytes').toString('base64')}\n\n`

t.test('an event has its name, id, data, JSON and bytes', async t => {
  const log = new Fed()
  log.feed('retry: 2000\n: fastify-media-sse\n\nevent: state\ndata: {"state":"live"}\n\n')
  log.feed(SEGMENT)
  log.feed(':\n\nevent: gap\ndata: {"segments":null}\n\n')
  t.strictSame(log.retries, [2000])
  t.strictSame(log.comments, ['fastify-media-sse', ''])
  t.match(log.events, [
    { event: 'state', id: '', data: '{"state":"live"}', json: { state: 'live' } },
    { event: 'message', id: '1-7', json: { track: 'main' } },
    { event: 'gap', id: '1-7', json: { segments: null } }
  ])
  t.equal(log.segments[0]!.bytes.toString(), 'bytes')
  t.equal(log.events[0]!.bytes.byteLength, 0)
  t.equal(log.lastEventId, '1-7')
  t.equal(log.named('gap').length, 1)
})

t.test('a text in any pieces is the same, also cut within a character', async t => {
  const text = Buffer.from('data: grün\ndata: zwei\n\n')
  const log = new Fed()
  for (const byte of text) log.feed(Buffer.of(byte))
  t.match(log.events, [{ data: 'grün\nzwei', json: {} }])
  t.equal(log.received, text.byteLength)
})

t.test('what only looks like JSON, and a line that is none of the fields, are no error', async t => {
  const log = new Fed()
  log.feed('data: {no\nnothing: here\nnothing\n\n')
  t.match(log.events, [{ data: '{no', json: {} }])
  t.strictSame(log.events[0]!.json, {})
})

t.test('a gzip body is decoded, and its end is clean only where it is whole', async t => {
  const whole = gzipSync(SEGMENT)
  const log = new Fed()
  log.headers = { 'content-encoding': 'gzip' }
  log.feed(whole)
  await log.until(() => log.segments.length === 1)
  log.finish()
  await log.over()
  await log.until(() => log.closed)
  t.ok(log.ended)
  t.equal(log.received, whole.byteLength)
  // It is closed already, decoder and all.
  log.breakOff()
  t.ok(log.closed)

  const cut = new Fed()
  cut.headers = { 'content-encoding': 'gzip' }
  cut.feed(whole.subarray(0, whole.byteLength - 4))
  cut.breakOff()
  await cut.until(() => cut.closed)
  t.notOk(cut.ended)
  t.match(cut.broken, { code: 'Z_BUF_ERROR' })
})

t.test('a plain body that breaks off is closed, and has not ended', async t => {
  const log = new Fed()
  const over = log.over()
  log.feed('data: 1\n\ndata: 2')
  log.breakOff()
  await over
  t.notOk(log.ended)
  t.equal(log.events.length, 1)
})

t.test('a plain body that ends has ended', async t => {
  const log = new Fed()
  log.finish()
  await log.over()
  t.ok(log.ended && log.closed)
})

t.test('what never comes fails with what came', async t => {
  const log = new Fed(20)
  log.feed(SEGMENT)
  await t.rejects(log.until(() => log.segments.length > 1), { message: /Not within 0\.02 s: .*segments\.length > 1, but status 0, 1 events, the last message 1-7 \{"track":"main"\}/ })
  await t.rejects(log.over(), { message: /Not within 0\.02 s: the end, but status 0, 1 events/ })
  const waiting = log.until(() => log.segments.length > 1)
  log.breakOff()
  await t.rejects(waiting, { message: /closed with 1 events before the condition held/ })
})
