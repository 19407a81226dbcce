import t from 'tap'
import { bodyOf } from '../../../lib/media/iso-bmff/box-reader.js'
import { isSync, isWide, readElst, readHdlr, readMdhd, readMinf, readMvhd, readStsd, readTfdt, readTfhd, readTkhd, readTrex, readTrun } from '../../../lib/media/iso-bmff/boxes.js'
import type { Sample } from '../../../lib/media/iso-bmff/boxes.js'
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
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0, u32(1)))), { trackId: 1, baseDataOffset: false, baseIsMoof: false, duration: undefined, size: undefined, flags: undefined })
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0x2003a, u32(1, 1, 512, 99, NON_SYNC)))),
    { trackId: 1, baseDataOffset: false, baseIsMoof: true, duration: 512, size: 99, flags: NON_SYNC })
  t.strictSame(readTfhd(open(fullBox('tfhd', 0, 0x11, u32(1), u64(7777), u32(5)))), { trackId: 1, baseDataOffset: true, baseIsMoof: false, duration: undefined, size: 5, flags: undefined })
})

t.test('tfdt is 32 bits wide in version 0 and 64 in version 1', async t => {
  t.equal(readTfdt(open(fullBox('tfdt', 0, 0, u32(0xfffffffe)))), 0xfffffffen)
  t.equal(readTfdt(open(fullBox('tfdt', 1, 0, u64(2n ** 64n - 1n)))), 2n ** 64n - 1n)
  t.strictSame([0, 1].map(version => isWide(open(fullBox('tfdt', version, 0, u64(0))))), [false, true])
  t.equal(readTfdt(open(fullBox('tfdt', 1, 0, u64(17_638_187_000_000_000n)))), 17_638_187_000_000_000n)
})

const DEFAULTS = { duration: 10, size: 100, flags: NON_SYNC }

t.test('trun takes what it does not write from the defaults', async t => {
  const run = { version: 0, dataOffset: 8, samples: 3, duration: 30, earliest: 0, latest: 30, firstFlags: NON_SYNC, sync: false }
  t.strictSame(readTrun(open(fullBox('trun', 0, 0x1, u32(3, 8))), DEFAULTS), { ...run, bytes: 300, firstSize: 100 })
  t.strictSame(readTrun(open(fullBox('trun', 0, 0x201, u32(3, 8, 1, 2, 3))), DEFAULTS), { ...run, bytes: 6, firstSize: 1 })
})

t.test('the data offset has a sign, and may be absent', async t => {
  t.equal(readTrun(open(fullBox('trun', 0, 0x1, u32(1, -5))), DEFAULTS).dataOffset, -5)
  t.equal(readTrun(open(fullBox('trun', 0, 0, u32(1))), DEFAULTS).dataOffset, undefined)
})

t.test("trun's first-sample-flags win over the flags per sample, which win over the defaults", async t => {
  t.equal(readTrun(open(fullBox('trun', 0, 0x404, u32(2, SYNC, NON_SYNC, NON_SYNC))), DEFAULTS).firstFlags, SYNC)
  t.equal(readTrun(open(fullBox('trun', 0, 0x400, u32(2, SYNC, NON_SYNC))), DEFAULTS).firstFlags, SYNC)
  t.equal(readTrun(open(fullBox('trun', 0, 0x4, u32(2, SYNC))), DEFAULTS).firstFlags, SYNC)
})

t.test('any sync sample is noticed, wherever its flags stand', async t => {
  const sync = (flags: number, fields: number[], defaults = DEFAULTS) => readTrun(open(fullBox('trun', 0, flags, u32(...fields))), defaults).sync
  t.equal(sync(0x400, [3, NON_SYNC, NON_SYNC, SYNC]), true)
  t.equal(sync(0x400, [3, NON_SYNC, NON_SYNC, NON_SYNC]), false)
  t.equal(sync(0x404, [2, NON_SYNC, SYNC, NON_SYNC]), false, 'the first sample has its own flags')
  t.equal(sync(0x4, [5, NON_SYNC], { ...DEFAULTS, flags: SYNC }), true)
  t.equal(sync(0x4, [1, NON_SYNC], { ...DEFAULTS, flags: SYNC }), false)
  t.ok(isSync(SYNC))
  t.notOk(isSync(NON_SYNC))
})

t.test('the earliest and the latest composition time count from the first decode time, with signed offsets in version 1', async t => {
  const run = (version: number, ...offsets: number[]) => {
    const { earliest, latest } = readTrun(open(fullBox('trun', version, 0x800, u32(offsets.length, ...offsets))), DEFAULTS)
    return [earliest, latest]
  }
  t.strictSame(run(0, 20, 40, 0), [20, 60])
  t.strictSame(run(1, 0, 20, -5), [0, 40])
  t.strictSame(run(1, 0, -20), [-10, 10])
  t.strictSame(run(0, 0xfffffff0), [0xfffffff0, 0xfffffffa])
  t.match(readTrun(open(fullBox('trun', 0, 0x800, u32(0))), DEFAULTS), { samples: 0, duration: 0, bytes: 0, earliest: Infinity, latest: -Infinity, firstFlags: NON_SYNC, firstSize: 100, sync: false })
})

t.test('trun sums durations and sizes per sample, and lists the samples on demand', async t => {
  const trun = open(fullBox('trun', 1, 0xf00, u32(2), u32(3, 50, SYNC, 0), u32(4, 60, NON_SYNC, -2)))
  const list: Sample[] = []
  t.match(readTrun(trun, DEFAULTS, list), { version: 1, samples: 2, duration: 7, bytes: 110, earliest: 0, latest: 5, firstFlags: SYNC, firstSize: 50 })
  t.strictSame(list, [{ duration: 3, size: 50, flags: SYNC, offset: 0 }, { duration: 4, size: 60, flags: NON_SYNC, offset: -2 }])

  const same: Sample[] = []
  const plain = open(fullBox('trun', 0, 0x4, u32(3, SYNC)))
  t.strictSame(readTrun(plain, DEFAULTS, same), readTrun(plain, DEFAULTS))
  t.strictSame(same.map(({ flags }) => flags), [SYNC, NON_SYNC, NON_SYNC])
})

t.test('four thousand million samples without fields of their own take no time, and with fields they are malformed', async t => {
  const most = 0xffffffff
  t.match(readTrun(open(fullBox('trun', 0, 0, u32(most))), DEFAULTS), { samples: most, duration: most * 10, latest: most * 10, bytes: most * 100 })
  t.throws(() => readTrun(open(fullBox('trun', 0, 0x100, u32(most, 1, 2))), DEFAULTS), { code: 'INVALID_SEGMENT' })
})
