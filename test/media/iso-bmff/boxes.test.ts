import t from 'tap'
import { bodyOf } from '../../../lib/media/iso-bmff/box-reader.js'
import { readElst, readHdlr, readMdhd, readMinf, readMvhd, readStsd, readTfdt, readTfhd, readTkhd, readTrex, readTrun } from '../../../lib/media/iso-bmff/boxes.js'
import { NON_SYNC, SYNC, audioEntry, box, fourcc, fullBox, open, trex, u32, u64, visualEntry, zeros } from './build-box.js'

t.test('movie, track and media headers have their field behind 32-bit times in version 0, 64-bit ones in version 1', async t => {
  for (const [version, times] of [[0, 8], [1, 16]] as const) {
    t.equal(readMvhd(open(fullBox('mvhd', version, 0, zeros(times), u32(600, 5)))), 600)
    t.equal(readMdhd(open(fullBox('mdhd', version, 0, zeros(times), u32(48000, 5)))), 48000)
    t.equal(readTkhd(open(fullBox('tkhd', version, 0, zeros(times), u32(3, 0, 5)))), 3)
  }
})

t.test('hdlr gives the handler type', async t => {
  t.equal(readHdlr(open(fullBox('hdlr', 0, 0, u32(0), fourcc('soun'), zeros(13)))), 'soun')
})

t.test('elst gives the delay of the empty edits and the first media time', async t => {
  const edit = (version: number, ...entries: number[][]) => readElst(open(fullBox('elst', version, 0, u32(entries.length), ...entries)))
  t.strictSame(edit(0, [...u32(500, 1024, 0x10000)]), { delay: 0, mediaTime: 1024 })
  t.strictSame(edit(0, u32(250, -1, 0x10000), u32(50, -1, 0x10000), u32(500, 512, 0x10000), u32(1, 9, 0x10000)), { delay: 300, mediaTime: 512 })
  t.strictSame(edit(1, [...u64(2 ** 33, -1), ...u32(0x10000)], [...u64(0, 7), ...u32(0x10000)]), { delay: 2 ** 33, mediaTime: 7 })
  t.strictSame(edit(0, u32(250, -1, 0x10000)), { delay: 250, mediaTime: 0 })
  t.strictSame(edit(0), { delay: 0, mediaTime: 0 })
})

t.test('elst with more entries than bytes is malformed', async t => {
  t.throws(() => readElst(open(fullBox('elst', 0, 0, u32(0xffffffff), u32(1, -1, 0)))), { code: 'INVALID_SEGMENT' })
})

t.test('stsd gives its first entry: name, picture size and configuration boxes', async t => {
  const stsd = fullBox('stsd', 0, 0, u32(2), visualEntry('vp09', box('vpcC', [1])), visualEntry('avc1'))
  const entry = readStsd(open(stsd), true)
  t.match(entry, { type: 'vp09', width: 320, height: 180 })
  t.strictSame([...bodyOf(entry.configuration)], [...box('vpcC', [1])])

  const sound = readMinf(open(box('minf', box('stbl', fullBox('stsd', 0, 0, u32(1), audioEntry('mp4a', box('esds', [7])))))), false)
  t.match(sound, { type: 'mp4a', width: 0, height: 0 })
  t.strictSame([...bodyOf(sound.configuration)], [...box('esds', [7])])
})

t.test('stsd without any entry is malformed', async t => {
  t.throws(() => readStsd(open(fullBox('stsd', 0, 0, u32(0))), true), { code: 'INVALID_SEGMENT' })
})

t.test('trex gives the defaults of a track', async t => {
  t.strictSame(readTrex(open(trex(2, 1024, 9, SYNC))), { trackId: 2, duration: 1024, size: 9, flags: SYNC })
})

t.test('tfhd gives only the defaults that it carries', async t => {
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0, u32(1)))), { trackId: 1, baseDataOffset: false })
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0x2003a, u32(1, 1, 512, 99, NON_SYNC)))),
    { trackId: 1, baseDataOffset: false, duration: 512, size: 99, flags: NON_SYNC })
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0x11, u32(1), u64(7777), u32(5)))), { trackId: 1, baseDataOffset: true, size: 5 })
})

t.test('tfdt is 32 bits wide in version 0 and 64 in version 1', async t => {
  t.equal(readTfdt(open(fullBox('tfdt', 0, 0, u32(0xfffffffe)))), 0xfffffffe)
  t.equal(readTfdt(open(fullBox('tfdt', 1, 0, u64(2n ** 52n + 1n)))), 2 ** 52 + 1)
  t.equal(readTfdt(open(fullBox('tfdt', 1, 0, u64(17_638_187_000_000_000n)))), 17_638_187_000_000_000)
})

const DEFAULTS = { duration: 10, size: 100, flags: NON_SYNC }

t.test('trun takes what it does not write from the defaults', async t => {
  t.strictSame(readTrun(open(fullBox('trun', 0, 0x1, u32(3, 8))), DEFAULTS), { samples: 3, duration: 30, bytes: 300, earliest: 0, firstFlags: NON_SYNC })
  t.strictSame(readTrun(open(fullBox('trun', 0, 0x201, u32(3, 8, 1, 2, 3))), DEFAULTS), { samples: 3, duration: 30, bytes: 6, earliest: 0, firstFlags: NON_SYNC })
})

t.test("trun's first-sample-flags win over the flags per sample, which win over the defaults", async t => {
  t.equal(readTrun(open(fullBox('trun', 0, 0x404, u32(2, SYNC, NON_SYNC, NON_SYNC))), DEFAULTS).firstFlags, SYNC)
  t.equal(readTrun(open(fullBox('trun', 0, 0x400, u32(2, SYNC, NON_SYNC))), DEFAULTS).firstFlags, SYNC)
  t.equal(readTrun(open(fullBox('trun', 0, 0x4, u32(2, SYNC))), DEFAULTS).firstFlags, SYNC)
})

t.test('the earliest composition time counts from the first decode time, with signed offsets in version 1', async t => {
  const run = (version: number, ...offsets: number[]) => readTrun(open(fullBox('trun', version, 0x800, u32(offsets.length, ...offsets))), DEFAULTS)
  t.equal(run(0, 20, 40, 0).earliest, 20)
  t.equal(run(1, 0, 20, -5).earliest, 0)
  t.equal(run(1, 0, -20).earliest, -10)
  t.equal(run(0, 0xfffffff0).earliest, 0xfffffff0)
  t.match(run(0), { samples: 0, duration: 0, bytes: 0, earliest: Infinity, firstFlags: NON_SYNC })
})

t.test('trun sums durations and sizes per sample', async t => {
  const trun = fullBox('trun', 0, 0xf00, u32(2), u32(3, 50, SYNC, 0), u32(4, 60, NON_SYNC, 0))
  t.strictSame(readTrun(open(trun), DEFAULTS), { samples: 2, duration: 7, bytes: 110, earliest: 0, firstFlags: SYNC })
})

t.test('four thousand million samples without fields of their own take no time, and with fields they are malformed', async t => {
  t.match(readTrun(open(fullBox('trun', 0, 0, u32(0xffffffff))), DEFAULTS), { samples: 0xffffffff, duration: 0xffffffff * 10, bytes: 0xffffffff * 100 })
  t.throws(() => readTrun(open(fullBox('trun', 0, 0x100, u32(0xffffffff, 1, 2))), DEFAULTS), { code: 'INVALID_SEGMENT' })
})
