import t from 'tap'
import { ByteQueue } from '../../../lib/media/byte-queue.js'
import { boxOf, requiredBox } from '../../../lib/media/iso-bmff/box-reader.js'
import { readFragment } from '../../../lib/media/iso-bmff/fragment.js'
import { readLeading } from '../../../lib/media/iso-bmff/leading-boxes.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { segmentsOf } from '../../../lib/media/iso-bmff/segments.js'
import { NON_SYNC, SYNC, audio, box, bytes, fourcc, fullBox, moof, moov, open, traf, u32, u64, video, zeros } from './build-box.js'

const MAX = 10_000
const movie = readMovie(open(moov(video, audio)))
const init = { kind: 'av', mime: movie.mime, mode: 'segments', bytes: moov(video, audio) } as const

function segments (segment: Uint8Array, { afterInit = false, max = MAX, wraps }: { afterInit?: boolean, max?: number, wraps?: number[] } = {}) {
  const moofBox = requiredBox(boxOf('segment', segment), 'moof')
  const { at } = moofBox
  const leading = at === 0 ? undefined : readLeading(segment.subarray(0, at), movie)
  return segmentsOf({ current: { init, movie }, fragment: readFragment(moofBox, movie), at, leading, afterInit, wraps }, ByteQueue.of([segment]), max)
}

const names = [0x61, 0, 0x62, 0]
const emsg = (...fields: number[]) => fullBox('emsg', 0, 0, names, u32(...fields))
const prft = (trackId: number, time: number) => fullBox('prft', 0, 24, u32(trackId, 4e9, 0, time))
const LAST = box('styp', fourcc('msdh'), u32(0), fourcc('lmsg'))
const CAPTURED = (4e9 - 2_208_988_800) * 1000

t.test('a fragment is one segment, with what its moof says and nothing else', async t => {
  const whole = bytes(moof(traf({ time: 1000 })), box('mdat', zeros(4)))
  const [segment, ...more] = segments(whole)
  t.strictSame(more, [])
  t.strictSame(Object.keys(segment!).sort(), ['bytes', 'duration', 'ends', 'init', 'join', 'shift', 'start', 'starts'])
  t.match(segment, { init, start: 1, duration: 0.04, join: true, starts: new Map([[1, 1]]), ends: new Map([[1, 1.04]]) })
  t.strictSame(segment!.bytes, whole)
})

t.test('what stands before the moof is told', async t => {
  const whole = bytes(LAST, prft(1, 1000), emsg(10, 15, 20, 7), fullBox('emsg', 1, 0, u32(10), u64(77), u32(0, 8), names), moof(traf({ time: 1500 })), box('mdat', zeros(4)))
  const [segment] = segments(whole, { afterInit: true })
  t.match(segment, { afterInit: true, captured: CAPTURED + 500, last: true })
  t.strictSame(segment!.events, [
    { scheme: 'a', value: 'b', id: 7, start: 3, duration: 2, bytes: new Uint8Array(0) },
    { scheme: 'a', value: 'b', id: 8, start: 7.7, duration: 0, bytes: new Uint8Array(0) }
  ])
  t.strictSame(segment!.bytes, whole, 'and stays in band')
})

t.test('the capture time is that of the first picture presented, of the track that it names', async t => {
  const bFrames = box('traf', fullBox('tfhd', 0, 0x20038, u32(1, 40, 4, SYNC)), fullBox('tfdt', 1, 0, u64(1000)), fullBox('trun', 1, 0x801, u32(2, 0, 80, 0)))
  const captured = (...leading: Uint8Array[]) => segments(bytes(...leading, moof(bFrames), box('mdat', zeros(8))))[0]!.captured
  t.equal(captured(prft(1, 1040)), CAPTURED)
  t.equal(captured(prft(1, 2040)), CAPTURED - 1000)
  t.equal(captured(prft(2, 0)), undefined, 'the fragment has nothing of its track')
  t.equal(captured(fullBox('prft', 0, 24, u32(1, 0, 0, 1040))), undefined, 'a producer that does not know')
  t.equal(captured(box('styp')), undefined)
})

const frames = (flags: number[], payload: number) => moof(box('traf', fullBox('tfhd', 0, 0x20018, u32(1, 40, 100)), fullBox('tfdt', 1, 0, u64(1000)), fullBox('trun', 0, 0x401, u32(flags.length, payload, ...flags))))
const group = (...flags: number[]) => bytes(frames(flags, frames(flags, 0).length + 8), box('mdat', zeros(100 * flags.length)))

t.test('a fragment with a key frame in its middle is two segments, and the second a join point', async t => {
  const [before, after, ...more] = segments(bytes(LAST, prft(1, 1000), emsg(10, 0, 0, 7), group(NON_SYNC, NON_SYNC, SYNC)), { afterInit: true })
  t.strictSame(more, [])
  t.match(before, { init, start: 1, duration: 0.08, join: false, starts: new Map([[1, 1]]), ends: new Map([[1, 1.08]]), afterInit: true, captured: CAPTURED, events: [{ id: 7, start: 1 }] })
  t.match(after, { init, start: 1.08, duration: 0.04, join: true, starts: new Map([[1, 1.08]]), ends: new Map([[1, 1.12]]), captured: CAPTURED + 80, last: true })
  t.notOk(before!.last)
  t.notOk(after!.afterInit ?? after!.events)
})

t.test('a fragment that begins with a key frame stays whole, and so does one whose part would be too large', async t => {
  t.equal(segments(group(SYNC, NON_SYNC, SYNC)).length, 1)
  const whole = group(NON_SYNC, SYNC, SYNC)
  const largest = Math.max(...segments(whole).map(({ bytes }) => bytes.length))
  t.equal(segments(whole, { max: largest }).length, 2)
  t.match(segments(whole, { max: largest - 1 }), [{ bytes: whole, join: false }])
})

t.test('what cannot be split stays whole, and is no join point', async t => {
  const moofBytes = (payload: number) => bytes(frames([NON_SYNC, SYNC], payload).subarray(8), box('uuid'))
  const whole = bytes(box('moof', moofBytes(box('moof', moofBytes(0)).length + 8)), box('mdat', zeros(200)))
  t.match(segments(whole), [{ bytes: whole, join: false }])
})

const unmarked = (nal: number, dataOffset?: number) => {
  const written = (payload: number) => moof(box('traf', fullBox('tfhd', 0, 0x20038, u32(1, 40, 8, 0)), fullBox('tfdt', 1, 0, u64(0)), fullBox('trun', 0, 0x1, u32(1, payload))))
  return bytes(LAST, written(dataOffset ?? written(0).length + 8), box('mdat', u32(4), [nal, 1, 2, 3]))
}

t.test('without sample flags, the NAL units of the first picture tell whether it is a join point', async t => {
  t.equal(segments(unmarked(0x65))[0]!.join, true)
  t.equal(segments(unmarked(0x41))[0]!.join, false)
  t.throws(() => segments(unmarked(0x65, 5)), { code: 'INVALID_SEGMENT', message: /not in its mdat/ })
})

t.test('a segment can be laid elsewhere, also the parts of one', async t => {
  const [before, after] = segments(group(NON_SYNC, SYNC))
  const times = [before!, after!].map(({ bytes, shift }) => {
    const shifted = shift!(2)
    t.equal(shifted, bytes)
    return readFragment(requiredBox(boxOf('segment', shifted), 'moof'), movie).start
  })
  t.strictSame(times, [3, 3.04])
})

const narrow = (id: number, time: number) => box('traf', fullBox('tfhd', 0, 0x20038, u32(id, 40, 4, SYNC)), fullBox('tfdt', 0, 0, u32(time)), fullBox('trun', 0, 0, u32(1)))

t.test('decode times that have begun at 0 again are told in full, and so is when it was captured', async t => {
  const told = (...leading: Uint8Array[]) => segments(bytes(...leading, moof(narrow(1, 5), narrow(2, 0xffffff00)), box('mdat', zeros(8))), { wraps: [1, 0], afterInit: true })[0]!
  const full = told()
  t.match(full, { start: 0xffffff00 / 1000, afterInit: true, starts: new Map([[1, (2 ** 32 + 5) / 1000], [2, 0xffffff00 / 1000]]) })
  t.strictSame(readFragment(requiredBox(boxOf('segment', full.bytes), 'moof'), movie).tracks.map(({ decodeTime }) => decodeTime), [2n ** 32n + 5n, 0xffffff00n])
  t.equal(told(prft(1, 5)).captured, CAPTURED)
  t.equal(told(prft(1, 0xfffffff5)).captured, CAPTURED + 16, 'of a time before')
  t.equal(told(fullBox('prft', 1, 24, u32(1, 4e9, 0), u64(2n ** 32n + 4n))).captured, CAPTURED + 1, 'of 64 bits')
  t.equal(told(prft(3, 5)).captured, undefined)
  t.strictSame(told(emsg(10, 15, 20, 7)).events!.map(({ start }) => start), [0xffffff00 / 1000 + 1.5])
})
