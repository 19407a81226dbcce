// What is small is put together at once, what is large a little at a time, and whoever asks for it before has it whole.
import t from 'tap'
import { ByteQueue } from '../../lib/media/byte-queue.js'
import { GATHERED_AT_ONCE, gathered, gatheredSegment } from '../../lib/media/gathering.js'
import { knownBytes } from '../kit/segments.js'

const FIELDS = { init: { kind: 'other', mime: 'a/b', mode: 'sequence' }, start: undefined, duration: 0, join: true } as const

t.test('few bytes are put together at once, in an array of their own', async t => {
  const bytes = knownBytes(1, GATHERED_AT_ONCE)
  const segment = gatheredSegment(FIELDS, ByteQueue.of([bytes.subarray(0, 100), bytes.subarray(100)]))
  t.strictSame(Object.keys(segment).sort(), ['bytes', 'duration', 'init', 'join', 'start'])
  t.ok(bytes.equals(segment.bytes))
  t.equal(segment.bytes.buffer.byteLength, bytes.byteLength)
})

t.test('many are put together in steps, and what they came in is let go meanwhile', async t => {
  const bytes = knownBytes(2, 3 * GATHERED_AT_ONCE + 1)
  const queue = ByteQueue.of([bytes.subarray(0, 100), bytes.subarray(100, 200_000), bytes.subarray(200_000)])
  const segment = gatheredSegment(FIELDS, queue)
  t.strictSame([1, 2, 3, 4, 5].map(() => [segment.gather!(), queue.length]), [[false, 2 * GATHERED_AT_ONCE + 1], [false, GATHERED_AT_ONCE + 1], [false, 1], [true, 0], [true, 0]])
  t.ok(bytes.equals(segment.bytes))
  t.equal(segment.bytes.buffer.byteLength, bytes.byteLength)
  t.equal(segment.bytes, segment.bytes)
})

t.test('who asks before has all of them', async t => {
  const bytes = knownBytes(3, 3 * GATHERED_AT_ONCE)
  const whole = gathered(ByteQueue.of([bytes]))
  t.equal(whole.gather!(), false)
  t.ok(bytes.equals(whole.bytes))
  t.equal(whole.gather!(), true)
})
