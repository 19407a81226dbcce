import t from 'tap'
import { FieldReader, allBoxes, boxOf, bytesOf } from '../../../lib/media/iso-bmff/box-reader.js'
import { readFragment } from '../../../lib/media/iso-bmff/fragment.js'
import { readPrft } from '../../../lib/media/iso-bmff/leading-boxes.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { shiftTimes, unwrapTimes } from '../../../lib/media/iso-bmff/shift.js'
import { audio, box, bytes, fullBox, moof, moov, open, trak, u32, u64, video, wideBox, zeros } from './build-box.js'

// The video track has 1000 units a second, the sound 48000, track 3 is text with 7.
const movie = readMovie(open(moov(video, trak({ id: 2, handler: 'soun', timescale: 48000, entry: box('Opus', zeros(28)) }), trak({ id: 3, handler: 'text', timescale: 7, entry: box('wvtt') }))))

const traf = (id: number, tfdt: Uint8Array, dataOffset = 100) => box('traf', fullBox('tfhd', 0, 0x20038, u32(id, 40, 4, 0)), tfdt, fullBox('trun', 0, 0x1, u32(1, dataOffset)))
const narrow = (time: number) => fullBox('tfdt', 0, 0, u32(time))
const wide = (time: number | bigint) => fullBox('tfdt', 1, 0, u64(time))
const mdat = box('mdat', [1, 2, 3, 4])
const boxesOf = (written: Uint8Array) => allBoxes(boxOf('segment', written))
const times = (written: Uint8Array) => readFragment(boxesOf(written).find(({ type }) => type === 'moof')!, movie).tracks.map(({ decodeTime }) => decodeTime)

t.test('each track is laid later in its own timescale, in place', async t => {
  const segment = bytes(box('styp', [1]), moof(traf(1, narrow(10)), traf(2, wide(2n ** 60n)), traf(3, wide(0))), mdat)
  t.equal(shiftTimes(segment, 1234.5001, movie), segment)
  t.strictSame([...segment], [...bytes(box('styp', [1]), moof(traf(1, narrow(1_234_510)), traf(2, wide(2n ** 60n + 59_256_005n)), traf(3, wide(8642))), mdat)])
})

t.test('each track is laid earlier, but not before 0, which cannot be written', async t => {
  const segment = bytes(moof(traf(1, narrow(5000)), traf(2, wide(10))), mdat)
  t.strictSame(times(shiftTimes(segment, -1.5, movie)), [3500n, 0n])
})

t.test('32 bits are filled to the last', async t => {
  const segment = bytes(moof(traf(1, narrow(0xfffffff0))), mdat)
  t.equal(shiftTimes(segment, 0.015, movie), segment)
  t.strictSame(times(segment), [0xffffffffn])
})

t.test('a decode time beyond 32 bits makes the moof grow, and data offsets with it', async t => {
  const free = box('free', [9])
  const original = bytes(box('styp', [1]), moof(traf(1, narrow(0xfffffff0)), box('uuid', [7]), traf(2, narrow(5), 104), traf(1, wide(2n ** 40n), -3)), free, mdat)
  const segment = original.slice()
  const shifted = shiftTimes(segment, 0.016, movie)
  const expected = bytes(box('styp', [1]), moof(traf(1, wide(2n ** 32n), 108), box('uuid', [7]), traf(2, wide(773), 112), traf(1, wide(2n ** 40n + 16n), 5)), free, mdat)
  t.strictSame([...shifted], [...expected])
  t.strictSame([...segment], [...original], 'what was given is not half written')
})

t.test('a moof of the 64-bit size form grows too', async t => {
  const body = moof(traf(1, narrow(0xfffffff0))).subarray(8)
  const grown = shiftTimes(bytes(wideBox('moof', body), wideBox('mdat', [1, 2, 3, 4])), 1, movie)
  t.strictSame([...grown], [...bytes(moof(traf(1, wide(2n ** 32n + 984n), 96)), wideBox('mdat', [1, 2, 3, 4]))])
})

t.test('a sidx goes, as what it says would be wrong', async t => {
  const segment = (...leading: Uint8Array[]) => bytes(...leading, moof(traf(1, narrow(7))), mdat)
  const shifted = shiftTimes(segment(box('styp'), box('sidx', [1, 2])), 0.003, movie)
  t.strictSame([...shifted], [...bytes(box('styp'), moof(traf(1, narrow(10))), mdat)])
})

t.test("a prft's media time moves with its track", async t => {
  const shifted = (prft: Uint8Array) => boxesOf(shiftTimes(bytes(prft, moof(traf(1, wide(7))), mdat), 2, movie)).filter(({ type }) => type === 'prft').map(found => readPrft(found).mediaTime)
  t.strictSame(shifted(fullBox('prft', 0, 24, u32(2, 4e9, 5, 100))), [96100n])
  t.strictSame(shifted(fullBox('prft', 1, 24, u32(1, 4e9, 5), u64(2n ** 40n))), [2n ** 40n + 2000n])
  t.strictSame(shifted(fullBox('prft', 0, 24, u32(1, 4e9, 5, 0xffffffff))), [], 'dropped where 32 bits cannot hold it')
  t.strictSame(shifted(fullBox('prft', 0, 24, u32(9, 4e9, 5, 100))), [], 'dropped where its timescale is unknown')
})

t.test("an emsg's time moves where it counts from the timeline, not from the segment", async t => {
  const relative = fullBox('emsg', 0, 0, [0, 0], u32(1000, 5, 0, 0))
  const absolute = (time: number) => fullBox('emsg', 1, 0, u32(50), u64(time), u32(0, 0), [0, 0])
  const segment = bytes(relative, absolute(3), fullBox('emsg', 2, 0), moof(traf(1, wide(7))), mdat)
  t.equal(shiftTimes(segment, 2, movie), segment)
  t.strictSame([...segment], [...bytes(relative, absolute(103), fullBox('emsg', 2, 0), moof(traf(1, wide(2007))), mdat)])
  t.strictSame([...shiftTimes(absolute(103), -9, movie)], [...absolute(0)])
})

t.test('auxiliary information that is malformed is refused only where the moof must grow', async t => {
  const broken = (tfdt: Uint8Array) => bytes(moof(box('traf', fullBox('tfhd', 0, 0x20000, u32(1)), tfdt, fullBox('saio', 0, 0, u32(9)))), mdat)
  t.strictSame(times(shiftTimes(broken(narrow(0)), 1, movie)), [1000n])
  t.throws(() => shiftTimes(broken(narrow(0)), 1e7, movie), { name: 'MediaError', code: 'INVALID_SEGMENT' })
})

t.test('the first tfdt counts, as in reading', async t => {
  const twice = box('traf', fullBox('tfhd', 0, 0x20038, u32(1, 40, 4, 0)), narrow(1), narrow(2))
  const [written] = boxesOf(shiftTimes(bytes(moof(twice), mdat), 1, movie))
  const grown = boxesOf(shiftTimes(bytes(moof(twice), mdat), 5e6, movie))[0]!
  t.strictSame(times(bytesOf(written!)), [1001n])
  t.strictSame(times(bytesOf(grown)), [5_000_000_001n])
  t.equal(new FieldReader(grown).left, grown.end - grown.start)
})

t.test('sound alone is shifted as well', async t => {
  const alone = readMovie(open(moov(audio)))
  t.strictSame([...shiftTimes(bytes(moof(traf(2, narrow(1))), mdat), 1, alone)], [...bytes(moof(traf(2, narrow(1001))), mdat)])
})

t.test('decode times of 32 bits that have begun again get 64, and data offsets grow with the moof', async t => {
  const absolute = fullBox('emsg', 1, 0, u32(50), u64(3), u32(0, 0), [0, 0])
  const kept = fullBox('prft', 1, 24, u32(1, 4e9, 5), u64(2n ** 32n + 5n))
  const original = bytes(box('styp', [1]), fullBox('prft', 0, 24, u32(1, 4e9, 5, 5)), kept, box('sidx', [1]), absolute, moof(traf(1, narrow(5)), traf(2, narrow(0xfffffff0), 104)), mdat)
  const segment = original.slice()
  const expected = bytes(box('styp', [1]), kept, absolute, moof(traf(1, wide(2n ** 33n + 5n), 108), traf(2, wide(0xfffffff0), 112)), mdat)
  t.strictSame([...unwrapTimes(segment, [2, 0])], [...expected])
  t.strictSame([...segment], [...original], 'what was given is not written into')
})
