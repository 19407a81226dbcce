// A request says which part of a longer body it brings, or that it brings a whole one; anything else is refused.
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { partRange } from '../../lib/routes/part-range.js'

const rangeOf = (headers: Record<string, string>, offset?: string) => partRange({ headers } as unknown as FastifyRequest, offset)
const INVALID = { code: 'FST_MEDIA_SSE_INVALID_SEGMENT', statusCode: 400 }

t.test('a body that says nothing is whole', async t => {
  t.equal(rangeOf({}), undefined)
  t.equal(rangeOf({ 'content-length': '10', 'user-agent': 'Lavf/60' }), undefined)
})

t.test('Content-Range tells the offset, and the last part where it tells the whole length', async t => {
  t.strictSame(rangeOf({ 'content-range': 'bytes 0-9/*', 'content-length': '10' }), { offset: 0, length: 10, final: false })
  t.strictSame(rangeOf({ 'content-range': 'bytes 10-19/*' }), { offset: 10, length: undefined, final: false })
  t.strictSame(rangeOf({ 'content-range': 'bytes 10-19/30', 'content-length': '10' }), { offset: 10, length: 10, final: false })
  t.strictSame(rangeOf({ 'content-range': 'Bytes  20-29/30', 'content-length': '10' }), { offset: 20, length: 10, final: true })
})

t.test('so does offset, and the header wins', async t => {
  t.strictSame(rangeOf({ 'content-length': '5' }, '7'), { offset: 7, length: 5, final: false })
  t.strictSame(rangeOf({}, '0'), { offset: 0, length: undefined, final: false })
  t.strictSame(rangeOf({ 'content-range': 'bytes 10-19/*' }, '7')?.offset, 10)
})

t.test('GStreamer begins a body in parts without a word', async t => {
  t.strictSame(rangeOf({ 'user-agent': 'GStreamer souphttpclientsink 1.22', 'content-length': '5' }), { offset: 0, length: 5, final: false })
  t.equal(rangeOf({ 'user-agent': 'GStreamer souphttpsrc' }), undefined)
})

t.test('what cannot be is refused', async t => {
  for (const range of ['', 'bytes', 'bytes 0-9', 'bytes */10', 'bytes 9-0/*', 'bytes -9/*', 'items 0-9/*', 'bytes 0-9/*, bytes 10-19/*', 'bytes 0-9/9', 'bytes 0-9/x', `bytes 0-${'9'.repeat(16)}/*`]) {
    t.throws(() => rangeOf({ 'content-range': range }), { ...INVALID, message: /^Content-Range must be/ }, range)
  }
  t.throws(() => rangeOf({ 'content-range': 'bytes 0-9/*', 'content-length': '11' }), { ...INVALID, message: 'Content-Range tells of 10 bytes, Content-Length of 11' })
  for (const offset of ['', '-1', '1.5', 'x', '9'.repeat(16)]) t.throws(() => rangeOf({}, offset), INVALID, offset)
  t.throws(() => rangeOf({}, ['1', '2'] as unknown as string), INVALID, 'a query may repeat a field')
})
