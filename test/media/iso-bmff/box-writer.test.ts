import t from 'tap'
import { bytesOf } from '../../../lib/media/iso-bmff/box-reader.js'
import { concat, fullBody, moveData, writeBox, writeTfdt } from '../../../lib/media/iso-bmff/box-writer.js'
import { readTfdt, readTfhd, readTrun } from '../../../lib/media/iso-bmff/boxes.js'
import { box, fullBox, open, u32, u64 } from './build-box.js'

t.test('boxes are written as they are read', async t => {
  t.strictSame([...writeBox('moof', [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])], [...box('moof', [1, 2, 3])])
  t.strictSame([...writeBox('trun', [fullBody(1, 0xf01, [1, -2])])], [...fullBox('trun', 1, 0xf01, u32(1, -2))])
  for (const time of [0n, 2n ** 32n + 5n, 2n ** 64n - 1n]) t.equal(readTfdt(open(writeTfdt(time))), time)
  t.strictSame([...concat([])], [])
})

const trun = (dataOffset: number) => fullBox('trun', 0, 0x1, u32(1, dataOffset))
const NO_DEFAULTS = { duration: 0, size: 0, flags: 0 }

t.test('data offsets move with the data, where they count from the moof', async t => {
  const tfhd = (flags: number) => fullBox('tfhd', 0, flags, u32(1))
  const free = fullBox('trun', 0, 0, u32(1))
  const written = open(box('moof',
    box('traf', tfhd(0), trun(100), free),
    box('traf', tfhd(0), trun(0)),
    box('traf', tfhd(0x20000), trun(300), trun(-1))))
  moveData(written, 8)
  const expected = box('moof',
    box('traf', tfhd(0), trun(108), free),
    box('traf', tfhd(0), trun(0)),
    box('traf', tfhd(0x20000), trun(308), trun(7)))
  t.strictSame([...bytesOf(written)], [...expected])
  t.equal(readTrun(open(trun(108)), NO_DEFAULTS).dataOffset, 108)
  t.equal(readTfhd(open(tfhd(0x20000))).baseIsMoof, true)
})

t.test('so do the offsets of auxiliary information, in both versions', async t => {
  const moved = (saio: Uint8Array) => {
    const moof = open(box('moof', box('traf', fullBox('tfhd', 0, 0, u32(1)), saio)))
    moveData(moof, 4)
    return [...bytesOf(moof)].slice(-saio.length)
  }
  t.strictSame(moved(fullBox('saio', 0, 0, u32(2, 50, 60))), [...fullBox('saio', 0, 0, u32(2, 54, 64))])
  t.strictSame(moved(fullBox('saio', 1, 1, u32(9, 9, 1), u64(2 ** 33))), [...fullBox('saio', 1, 1, u32(9, 9, 1), u64(2 ** 33 + 4))])
  t.throws(() => moved(fullBox('saio', 0, 0, u32(0xffffffff, 1))), { code: 'INVALID_SEGMENT' })
})
