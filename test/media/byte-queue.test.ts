import t from 'tap'
import { ARRAY_BYTES, ByteQueue, joined, sameBytes } from '../../lib/media/byte-queue.js'

function queueOf (...arrays: number[][]): ByteQueue {
  const queue = new ByteQueue()
  for (const array of arrays) queue.push(Uint8Array.from(array))
  return queue
}

t.test('numbers and types are read across the borders of arrays', async t => {
  const queue = queueOf([0xff], [0, 0], [], [0, 1, 0x66], [0x74, 0x79, 0x70], [0])
  t.equal(queue.length, 10)
  t.equal(queue.uint32(0), 0xff000000)
  t.equal(queue.uint32(1), 1)
  t.equal(queue.type(5), 'ftyp')
  t.equal(queue.uint64(1), 2 ** 32 + 0x66747970)
})

t.test('taking bytes copies them, so that a small piece never pins a large array', async t => {
  const received = new Uint8Array(65536).fill(7)
  const queue = new ByteQueue()
  queue.push(received)
  const taken = queue.take(10)
  t.equal(taken.buffer.byteLength, 10)
  received.fill(0)
  t.strictSame([...taken], new Array(10).fill(7))
  t.equal(queue.length, 65526)
})

t.test('a Node Buffer is copied into a plain array too', async t => {
  const queue = new ByteQueue()
  queue.push(Buffer.from('abc'))
  const taken = queue.take(3)
  t.notOk(Buffer.isBuffer(taken))
  t.equal(taken.buffer.byteLength, 3)
})

t.test('bytes are shown where they lie, and copied only where they came in pieces', async t => {
  const received = Uint8Array.from([1, 2, 3])
  const queue = new ByteQueue()
  queue.push(received)
  t.equal(queue.peek(2).buffer, received.buffer)
  queue.push(Uint8Array.from([4, 5]))
  t.strictSame([...queue.peek(4)], [1, 2, 3, 4])
  t.equal(queue.length, 5, 'they stay pending')
  t.throws(() => queue.peek(6), RangeError)
  queue.skip(2)
  t.strictSame([...queue.peek(3)], [3, 4, 5])
  queue.skip(2)
  t.strictSame([...queue.peek(1)], [5])
  t.strictSame([...new ByteQueue().peek(0)], [])
})

t.test('bytes are taken into an array that is there', async t => {
  const queue = queueOf([1, 2], [3, 4])
  const target = new Uint8Array(5)
  queue.takeInto(target, 1, 3)
  t.strictSame([...target], [0, 1, 2, 3, 0])
  t.equal(queue.length, 1)
  t.throws(() => queue.takeInto(target, 0, 2), RangeError)
})

t.test('a queue tells how many bytes lie in one array', async t => {
  const queue = new ByteQueue()
  t.equal(queue.run, 0)
  for (const array of [[1, 2, 3], [4, 5]]) queue.push(Uint8Array.from(array))
  t.equal(queue.run, 3)
  queue.skip(1)
  t.equal(queue.run, 2)
  queue.skip(2)
  t.equal(queue.run, 2)
  queue.skip(2)
  t.equal(queue.run, 0)
})

t.test('arrays are joined in order', async t => {
  t.strictSame(joined([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]), Uint8Array.of(1, 2, 3))
})

t.test('taken, skipped and moved bytes come in the order they were pushed', async t => {
  const queue = queueOf([1, 2, 3], [4, 5], [6, 7, 8, 9])
  const other = queueOf([0])
  t.strictSame([...queue.take(2)], [1, 2])
  queue.skip(1)
  queue.move(3, other)
  t.strictSame([...other.take(4)], [0, 4, 5, 6])
  t.strictSame([...queue.take(3)], [7, 8, 9])
  t.equal(queue.length, 0)
  queue.push(Uint8Array.of(10))
  t.strictSame([...queue.take(1)], [10])
  t.strictSame([...queue.take(0)], [])
})

t.test('reading or taking more than is pending is a RangeError', async t => {
  const queue = queueOf([1, 2, 3])
  t.throws(() => queue.uint32(0), new RangeError('4 bytes are needed, 3 are pending'))
  t.throws(() => queue.uint64(0), RangeError)
  t.throws(() => queue.type(0), RangeError)
  t.throws(() => queue.take(4), RangeError)
  t.throws(() => queue.skip(4), RangeError)
  t.throws(() => queue.move(4, new ByteQueue()), RangeError)
  t.strictSame([...queue.take(3)], [1, 2, 3])
})

t.test('more than 1024 pending arrays are merged into one, so that byte by byte costs no array per byte', async t => {
  const received = new Uint8Array(1025).fill(7)
  const queue = new ByteQueue()
  for (let index = 0; index < 1024; index++) queue.push(received.subarray(index, index + 1))
  queue.skip(24)
  queue.push(received.subarray(1024))
  received.fill(0)
  t.equal(queue.length, 1001)
  t.ok(queue.take(1001).every(byte => byte === 7), 'they no longer depend on what was received')
})

t.test('where the first of them is half taken, only the rest of it is merged', async t => {
  const queue = queueOf([1, 2, 3])
  queue.skip(2)
  for (let index = 0; index < 1024; index++) queue.push(Uint8Array.of(index & 255))
  t.equal(queue.run, 1025)
  t.equal(queue.length, 1025)
  t.strictSame([...queue.take(3)], [3, 0, 1])
})

t.test('a hundred thousand one-byte arrays come out as they went in', async t => {
  const queue = new ByteQueue()
  const sent = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
  for (const byte of sent) queue.push(Uint8Array.of(byte))
  t.equal(queue.length, 100_000)
  t.equal(queue.uint32(1023), (sent[1023]! << 24 | sent[1024]! << 16 | sent[1025]! << 8 | sent[1026]!) >>> 0)
  t.ok(Buffer.from(sent).equals(queue.take(100_000)))
})

t.test('a queue that is never empty forgets what was taken', async t => {
  const queue = queueOf([0])
  for (let index = 1; index < 5000; index++) {
    queue.push(Uint8Array.of(index & 255, 0))
    queue.skip(2)
  }
  t.equal(queue.length, 1)
  t.strictSame([...queue.take(1)], [0])
})

t.test('arrays that are not small are never merged, however many', async t => {
  const queue = new ByteQueue()
  for (let count = 0; count < 2000; count++) queue.push(new Uint8Array(300).fill(count & 255))
  t.equal(queue.held, 2000 * (300 + ARRAY_BYTES))
  const whole = queue.take(queue.length)
  t.ok(whole.every((byte, at) => byte === (Math.floor(at / 300) & 255)))
})

t.test('a queue of arrays is those, and its front may become another', async t => {
  const queue = ByteQueue.of([Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4, 5), Uint8Array.of(6)])
  const views = (count: number, offset?: number) => queue.views(count, offset).map(view => [...view])
  t.strictSame([queue.length, views(6), views(3, 1), views(1, 5), views(0, 6), views(2, 3)], [6, [[1, 2, 3], [4, 5], [6]], [[2, 3], [4]], [[6]], [], [[4, 5]]])
  t.strictSame([[...queue.peek(2, 1)], [...queue.peek(3, 2)]], [[2, 3], [3, 4, 5]])
  t.throws(() => queue.views(2, 5), RangeError)
  const front = queue.split(4)
  t.strictSame([front.length, [...front.take(4)], views(2)], [4, [1, 2, 3, 4], [[5], [6]]])
  t.throws(() => queue.split(3), RangeError)
})

t.test('bytes are the same where each is, and nothing is the same as nothing alone', async t => {
  const bytes = Uint8Array.of(1, 2, 3)
  t.ok(sameBytes(bytes, bytes))
  t.ok(sameBytes(bytes, bytes.slice()))
  t.ok(sameBytes(undefined, undefined))
  for (const other of [undefined, new Uint8Array(0), Uint8Array.of(1, 2), Uint8Array.of(1, 2, 4)]) {
    t.notOk(sameBytes(bytes, other))
    t.notOk(sameBytes(other, bytes))
  }
})
