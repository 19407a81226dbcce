// What stands in blocks and groups beside the frames is read where it lies, and never beyond.
import t from 'tap'
import { ByteQueue } from '../../../lib/media/byte-queue.js'
import { integerAt, partsOfGroup, readBlock, timestamp } from '../../../lib/media/webm/block.js'
import { bytes, el } from './build-webm.js'

/** Byte by byte. */
const queueOf = (whole: Uint8Array) => ByteQueue.of(Array.from(whole, (_, at) => whole.subarray(at, at + 1)))
const INVALID = { code: 'INVALID_SEGMENT' }

t.test('a block has a track, a time and flags', async t => {
  t.strictSame(readBlock(Uint8Array.of(9, 0x81, 0xff, 0xfe, 0x80, 5), 1, 6, 100), { header: { track: 1, time: 98, flags: 0x80 }, headerLength: 4 })
  t.strictSame(readBlock(Uint8Array.of(0x41, 0x2c, 0, 1, 0), 0, 5, 0), { header: { track: 300, time: 1, flags: 0 }, headerLength: 5 })
  t.throws(() => readBlock(Uint8Array.of(0x81, 0, 0), 0, 3, 0), INVALID)
  t.throws(() => readBlock(new Uint8Array(0), 0, 0, 0), INVALID)
  t.throws(() => readBlock(Uint8Array.of(0x81, 0, 0, 0), 0, 4, undefined), INVALID)
  t.equal(readBlock(Uint8Array.of(0xff, 0, 0, 0), 0, 4, 0).header.track, 0, 'of no track')
})

t.test('the elements of a group are found, whatever stands behind it', async t => {
  const group = bytes(el(0xa1, [0x81, 0, 0, 0, 1]), el(0x9b, [40]))
  t.strictSame(partsOfGroup(queueOf(bytes(group, [1, 2])), group.length), [{ id: 0xa1, at: 9, size: 5 }, { id: 0x9b, at: 23, size: 1 }])
  t.strictSame(partsOfGroup(new ByteQueue(), 0), [])
  for (const short of [group.subarray(0, -1), Uint8Array.of(0x9b), Uint8Array.of(0x9b, 0xff)]) t.throws(() => partsOfGroup(queueOf(short), short.length), INVALID)
  // Each with a header of nine bytes.
  const many = (count: number) => Buffer.concat(Array<Uint8Array>(count).fill(el(0xec, [])))
  t.equal(partsOfGroup(queueOf(many(64)), many(64).length).length, 64)
  t.throws(() => partsOfGroup(queueOf(many(65)), many(65).length), { ...INVALID, message: /more than 64/ })
})

t.test('an integer has eight bytes at most, and a time is one that numbers hold', async t => {
  const queue = queueOf(Uint8Array.of(7, 0, 0x20, 0, 0, 0, 0, 0, 1, 9))
  const body = integerAt(queue, 1, 8)
  t.strictSame([...body], [0, 0x20, 0, 0, 0, 0, 0, 1])
  t.throws(() => timestamp(body), INVALID)
  t.equal(timestamp(integerAt(queue, 8, 2)), 265)
  t.throws(() => integerAt(queue, 0, 9), INVALID)
})
