import t from 'tap'
import { readStsd } from '../../../lib/media/iso-bmff/boxes.js'
import { isSyncPicture, nalFormat } from '../../../lib/media/iso-bmff/nal.js'
import { box, bytes, fullBox, open, u16, u32, visualEntry, zeros } from './build-box.js'

const formatOf = (entry: Uint8Array) => nalFormat(readStsd(open(fullBox('stsd', 0, 0, u32(1), entry)), true))

t.test("an H.264 or HEVC track's samples hold NAL units behind lengths of the size that its record tells", async t => {
  for (const type of ['avc1', 'avc3']) t.strictSame(formatOf(visualEntry(type, box('avcC', [1, 0x64, 0, 0x1f, 0xfd]))), { codec: 'avc', lengthSize: 2 }, type)
  for (const type of ['hvc1', 'hev1']) t.strictSame(formatOf(visualEntry(type, box('hvcC', zeros(21), [0xff]))), { codec: 'hevc', lengthSize: 4 }, type)
  t.equal(formatOf(visualEntry('vp09')), undefined)
})

t.test('a record that is too short, or missing, is malformed', async t => {
  t.throws(() => formatOf(visualEntry('avc1', box('avcC', [1, 0x64, 0, 0x1f]))), { code: 'INVALID_SEGMENT' })
  t.throws(() => formatOf(visualEntry('hvc1')), { code: 'INVALID_SEGMENT', message: /no hvcC box/ })
})

t.test('a sync picture is told by the types of its NAL units', async t => {
  const avc = { codec: 'avc', lengthSize: 4 } as const
  const hevc = { codec: 'hevc', lengthSize: 2 } as const
  const avcSample = (...types: number[]) => bytes(...types.map(type => bytes(u32(3), [0x60 | type, 5, 5])))
  const hevcSample = (...types: number[]) => bytes(...types.map(type => bytes(u16(3), [type << 1 | 1, 5, 5])))
  t.ok(isSyncPicture(avcSample(9, 7, 8, 6, 5), avc))
  t.notOk(isSyncPicture(avcSample(9, 6, 1, 1), avc))
  for (const type of [16, 19, 20, 21]) t.ok(isSyncPicture(hevcSample(32, 33, 34, type), hevc), String(type))
  for (const type of [1, 15, 22, 39]) t.notOk(isSyncPicture(hevcSample(35, type), hevc), String(type))
})

t.test('bytes that are no whole NAL units show nothing', async t => {
  const avc = { codec: 'avc', lengthSize: 4 } as const
  t.notOk(isSyncPicture(zeros(0), avc))
  t.notOk(isSyncPicture(bytes(u32(3)), avc))
  t.notOk(isSyncPicture(bytes(u32(4), [0x65, 5, 5]), avc), 'beyond the sample')
  t.notOk(isSyncPicture(bytes(u32(0xffffffff), [0x65, 5, 5]), avc))
  t.notOk(isSyncPicture(bytes(u32(0), [0x65]), avc), 'an empty one has no type')
})

t.test('the first 1,024 NAL units are looked at, as nothing that is decoded has more', async t => {
  const avc = { codec: 'avc', lengthSize: 1 } as const
  const behind = (count: number) => bytes(zeros(count), [2, 0x65, 0])
  t.ok(isSyncPicture(behind(1023), avc))
  t.notOk(isSyncPicture(behind(1024), avc))
})
