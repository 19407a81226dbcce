import t from 'tap'
import { IsoBmffSplitter, isIsoBmff } from '../../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { NON_SYNC, SYNC, audio, box, bytes, fourcc, fullBox, moof, moov, traf, u32, u64, video, wideBox, zeros } from './build-box.js'

const MAX = 100_000
const ftyp = box('ftyp', fourcc('iso6'), u32(0))
const av = bytes(ftyp, moov(video, audio))
const fragment = bytes(moof(traf()), box('mdat', zeros(4)))

const splitter = (maxSegmentBytes = MAX) => new IsoBmffSplitter({ maxSegmentBytes })
const same = (t: { ok: (value: unknown) => boolean }, segment: MediaSegment | undefined, expected: Uint8Array) => t.ok(segment !== undefined && Buffer.from(expected).equals(segment.bytes))

t.test('a body is known by its first box header', async t => {
  for (const type of ['ftyp', 'styp', 'moov', 'moof', 'sidx', 'prft', 'emsg', 'mdat', 'free', 'skip']) t.ok(isIsoBmff(box(type)), type)
  t.ok(isIsoBmff(wideBox('mdat')))
  t.notOk(isIsoBmff(bytes(u32(8), fourcc('ftyp')).subarray(0, 7)))
  t.notOk(isIsoBmff(bytes(u32(7), fourcc('ftyp'))))
  t.notOk(isIsoBmff(bytes(u32(0x1a45dfa3), u32(0x9f428681))))
})

t.test('init and segments come out of a body, each with its last byte', async t => {
  const split = splitter()
  t.equal(split.init, undefined)
  t.strictSame(split.push(av.subarray(0, -1)), [])
  t.equal(split.init, undefined)
  t.ok(split.held >= av.length - 1, `it holds ${split.held} bytes`)
  t.strictSame(split.push(av.subarray(-1)), [])
  t.match(split.init, { kind: 'av', mime: 'video/mp4; codecs="avc1.64001f,opus"', mode: 'segments', width: 320, height: 180 })
  t.ok(Buffer.from(av).equals(split.init!.bytes!))
  t.strictSame(split.push(fragment.subarray(0, -1)), [])
  const [segment] = split.push(fragment.subarray(-1))
  same(t, segment, fragment)
  t.match(segment, { start: 0, duration: 0.04, join: true })
  t.equal(segment?.init, split.init)
  split.end()
})

t.test('sound alone has no picture size', async t => {
  const split = splitter()
  split.push(moov(audio))
  t.strictSame(Object.keys(split.init!), ['bytes', 'kind', 'mime', 'mode'])
})

t.test('what stands just before a fragment belongs to it; what no player needs is dropped', async t => {
  const prft = fullBox('prft', 1, 24, u32(1, 4e9, 0), u64(1000))
  const emsg = fullBox('emsg', 0, 0, [0x61, 0, 0], u32(1, 0, 0, 7))
  const lead = bytes(box('styp', fourcc('lmsg')), prft, emsg, box('sidx', [4]))
  const split = splitter()
  const first = split.push(bytes(box('free', [9]), av, box('uuid', [9]), lead, box('free', [9]), fragment, box('mfra', [9])))
  t.equal(first.length, 1)
  same(t, first[0], bytes(lead, fragment))
  t.match(first[0], { captured: (4e9 - 2_208_988_800 - 1) * 1000, events: [{ scheme: 'a', id: 7 }], last: true })
  same(t, split.push(fragment)[0], fragment)
  split.end()
})

t.test('dropped boxes of any size pass without being held', async t => {
  const split = splitter(1000)
  split.push(bytes(av, u32(1), fourcc('skip'), u64(16 + 50_000_000)))
  for (let mebibytes = 0; mebibytes < 50; mebibytes++) split.push(zeros(1_000_000))
  same(t, split.push(fragment)[0], fragment)
})

t.test('a box with a 64-bit size is understood everywhere', async t => {
  const wide = bytes(wideBox('moof', moof(traf()).subarray(8)), wideBox('mdat', zeros(4)))
  const split = splitter()
  same(t, split.push(bytes(ftyp, wideBox('free'), moov(video), wide))[0], wide)
  for (let index = 0; index < wide.length - 1; index++) t.equal(split.push(wide.subarray(index, index + 1)).length, 0)
  same(t, split.push(wide.subarray(-1))[0], wide)
})

t.test('a fragment goes on over several mdat boxes until all of its samples have come', async t => {
  const long = bytes(moof(traf({ sizes: [6] }), traf({ id: 2, sizes: [4] })), box('mdat', zeros(6)), box('free', [1]), box('mdat', zeros(4)))
  const split = splitter()
  const segments = split.push(bytes(av, long, fragment))
  t.equal(segments.length, 2)
  same(t, segments[0], long)
  same(t, segments[1], fragment)
})

t.test('an mdat may be larger than its samples', async t => {
  const padded = bytes(moof(traf()), box('mdat', zeros(40)))
  same(t, splitter().push(bytes(av, padded))[0], padded)
})

t.test('the same init again keeps its object; another one makes a new object', async t => {
  const split = splitter()
  const first = split.push(bytes(av, fragment))[0]?.init
  t.equal(split.push(bytes(av, fragment))[0]?.init, first)
  const other = split.push(bytes(ftyp, moov(video), fragment))[0]?.init
  t.equal(other?.mime, 'video/mp4; codecs="avc1.64001f"')
  t.equal(split.init, other)
  const sameLength = bytes(ftyp, moov(video))
  sameLength[ftyp.length - 1] = 1
  t.not(split.push(bytes(sameLength, fragment))[0]?.init, other)
})

t.test('the first segment after an init segment says so, the same one again or another', async t => {
  const marks = (split: IsoBmffSplitter, ...body: Uint8Array[]) => split.push(bytes(...body)).map(({ afterInit }) => afterInit)
  const split = splitter()
  t.strictSame(marks(split, av, fragment, fragment), [true, undefined])
  t.strictSame(marks(split, av, fragment, fragment, box('styp'), ftyp, moov(video), fragment), [true, undefined, true])
  t.strictSame(marks(new IsoBmffSplitter({ maxSegmentBytes: MAX, init: split.init }), fragment), [undefined], 'an earlier body had it')
})

t.test('a fragment with a key frame in its middle is two segments', async t => {
  const frames = (dataOffset: number) => moof(box('traf', fullBox('tfhd', 0, 0x20018, u32(1, 40, 100)), fullBox('tfdt', 1, 0, u64(0)), fullBox('trun', 0, 0x401, u32(2, dataOffset, NON_SYNC, SYNC))))
  const segments = splitter().push(bytes(av, frames(frames(0).length + 8), box('mdat', zeros(200)), fragment))
  t.strictSame(segments.map(({ start, join, afterInit }) => [start, join, afterInit]), [[0, false, true], [0.04, true, undefined], [0, true, undefined]])
})

t.test("a body that begins with a fragment is understood with an earlier splitter's init", async t => {
  const first = splitter()
  first.push(av)
  const split = new IsoBmffSplitter({ maxSegmentBytes: MAX, init: first.init })
  t.equal(split.init, first.init)
  t.match(split.push(fragment)[0], { start: 0, join: true, init: first.init })
  t.equal(split.push(bytes(av, fragment))[0]?.init, first.init)
})

t.test('an init of another container, or without bytes, is not used', async t => {
  for (const init of [{ bytes: bytes(u32(0x1a45dfa3, 0)), kind: 'av', mime: 'video/webm', mode: 'segments' }, { kind: 'image', mime: 'image/jpeg', mode: 'sequence' }] as const) {
    const split = new IsoBmffSplitter({ maxSegmentBytes: MAX, init })
    t.equal(split.init, undefined)
    t.throws(() => split.push(fragment), { code: 'INIT_REQUIRED' })
  }
})

t.test('bodies may follow each other in one splitter', async t => {
  const split = splitter()
  t.strictSame(split.end(), [])
  split.push(av)
  split.end()
  t.equal(split.push(fragment).length, 1)
  split.end()
})

const REFUSED = {
  'a moof before any moov': [fragment, 'INIT_REQUIRED', 'A moof box comes before any moov: send the init segment (ftyp and moov) first'],
  'an mdat before any moov': [bytes(ftyp, box('mdat')), 'UNSUPPORTED_MEDIA', /^An mdat box comes without its own moof, so the media is not fragmented: add -movflags cmaf\+frag_keyframe \(ffmpeg\) or mp4mux/],
  'an mdat between fragments': [bytes(av, fragment, box('mdat')), 'UNSUPPORTED_MEDIA', /not fragmented/],
  'a moov without mvex': [bytes(ftyp, box('moov')), 'UNSUPPORTED_MEDIA', /^The moov box has no mvex box, so the media is not fragmented/],
  'a size of 0': [bytes(av, u32(0), fourcc('mdat')), 'INVALID_SEGMENT', 'The mdat box gives its size as 0: in a live body each box needs its real size'],
  'a size of 7': [bytes(av, u32(7), fourcc('free')), 'INVALID_SEGMENT', /size as 7/],
  'a 64-bit size of 15': [bytes(av, u32(1), fourcc('free'), u64(15)), 'INVALID_SEGMENT', /size as 15/],
  'bytes that are no box': [bytes(av, zeros(8)), 'INVALID_SEGMENT', "There is no box where one must begin: send the encoder's bytes in order, with none left out"],
  'a moof after a moof': [bytes(av, moof(traf()), moof(traf())), 'INVALID_SEGMENT', 'A moof box comes where 4 bytes of samples are still missing: send each moof with all of its mdat'],
  'a moof after half of the samples': [bytes(av, moof(traf()), box('mdat', zeros(1)), moof(traf())), 'INVALID_SEGMENT', /^A moof box comes where 3 bytes/],
  'a malformed moof': [bytes(av, box('moof', box('traf'))), 'INVALID_SEGMENT', /no tfhd box/],
  'a malformed message': [bytes(av, box('emsg', [0]), fragment), 'INVALID_SEGMENT', /^The emsg box does not hold/],
  'a malformed moov': [box('moov', [1, 2, 3]), 'INVALID_SEGMENT', /^The moov box does not hold/]
} as const

t.test('what cannot be published is refused, by any cut of the body, and again by every later call', async t => {
  for (const [what, [body, code, message]] of Object.entries(REFUSED)) {
    t.test(what, async t => {
      const whole = splitter()
      const good = (() => { try { return whole.push(body).length } catch { return 0 } })()
      t.throws(() => whole.push(fragment), { name: 'MediaError', code, message })
      t.throws(() => whole.end(), { code })

      const cut = splitter()
      let published = 0
      t.throws(() => { for (const byte of body) published += cut.push(Uint8Array.of(byte)).length }, { code, message })
      t.equal(published, good)
    })
  }
})

t.test('segments that are whole are returned before the error behind them is thrown', async t => {
  const split = splitter()
  t.equal(split.push(bytes(av, fragment, fragment, zeros(8))).length, 2)
  t.throws(() => split.end(), { code: 'INVALID_SEGMENT' })
})

t.test('a body that ends too early is refused', async t => {
  const ending = (...body: Uint8Array[]) => {
    const split = splitter()
    split.push(bytes(...body))
    return () => split.end()
  }
  const refusal = (where: string) => ({ code: 'INVALID_SEGMENT', message: `The body ends ${where}: send it to its end` })
  t.throws(ending(av, fragment.subarray(0, 3)), refusal('inside a box header'))
  t.throws(ending(av, fragment.subarray(0, 20)), refusal('inside a moof'))
  t.throws(ending(av, fragment.subarray(0, -1)), refusal('inside a mdat'))
  t.throws(ending(av, box('free', [1]).subarray(0, 8)), refusal('inside a free'))
  t.throws(ending(av, moof(traf())), refusal('in an unfinished fragment'))
  t.throws(ending(av, box('styp')), refusal('in an unfinished fragment'))
  t.throws(ending(ftyp), refusal('before the moov that belongs to its ftyp'))
})

t.test('too large an init or segment is refused by the header that tells, before it is held', async t => {
  const refusal = (total: number, limit: number) => ({
    code: 'SEGMENT_TOO_LARGE',
    message: `A segment of at least ${total} bytes is above the limit of ${limit}: make fragments shorter (-g or -frag_duration in ffmpeg, fragment-duration in GStreamer), or raise maxSegmentBytes`
  })
  const max = Math.max(av.length, fragment.length)
  t.throws(() => splitter(max).push(bytes(u32(max + 1), fourcc('moov'))), refusal(max + 1, max))
  t.throws(() => splitter(max).push(bytes(ftyp, u32(max), fourcc('moov'))), refusal(max + ftyp.length, max))
  t.throws(() => splitter(max).push(bytes(av, u32(max + 1), fourcc('moof'))), refusal(max + 1, max))
  t.throws(() => splitter(max).push(bytes(av, box('styp', [1]), u32(max), fourcc('emsg'))), refusal(max + 9, max))
  const start = moof(traf({ sizes: [max] }))
  t.throws(() => splitter(max).push(bytes(av, start, u32(max), fourcc('mdat'))), refusal(start.length + max, max))
  t.throws(() => splitter(max).push(bytes(av, start, u32(1), fourcc('mdat'), u64(-1))), { code: 'SEGMENT_TOO_LARGE' })
  const exact = bytes(moof(traf()), box('mdat', zeros(max - moof(traf()).length - 8)))
  t.equal(splitter(max).push(bytes(av, exact))[0]?.bytes.length, max)
})

t.test('audio beside video, and video that begins with no sync sample, are no join points', async t => {
  const mdat = box('mdat', zeros(4))
  const segments = splitter().push(bytes(av, moof(traf({ id: 2 })), mdat, moof(traf({ flags: NON_SYNC, time: 40 })), mdat))
  t.strictSame(segments.map(({ start, join }) => [start, join]), [[0, false], [0.04, false]])
})

t.test('ten seconds of video without a sync sample end a body that begins with its init segment', async t => {
  const second = (time: number, flags = NON_SYNC, id = 1) => bytes(moof(traf({ id, time: time * 1000, sizes: Array.from({ length: 25 }, () => 4), flags })), box('mdat', zeros(100)))
  const seconds = (from: number, count: number, flags = NON_SYNC, id = 1) => bytes(...Array.from({ length: count }, (_, index) => second(from + index, flags, id)))
  const body = bytes(av, seconds(0, 10))
  const split = splitter()
  t.equal(split.push(body).length, 9, 'what came before is handed out')
  t.throws(() => split.push(body), { code: 'UNSUPPORTED_MEDIA', message: /^In 10 seconds of video there is no fragment that begins with a sync sample, so nobody.*-g 50 -flags \+cgop/ })
  const late = splitter()
  t.equal(late.push(bytes(av, seconds(0, 9), second(9, SYNC), seconds(10, 30))).length, 40)
  const { init } = late
  t.equal(new IsoBmffSplitter({ maxSegmentBytes: MAX, init }).push(seconds(0, 30)).length, 30, 'an object goes on with what its viewers have')
  t.equal(splitter().push(bytes(av, seconds(0, 30, NON_SYNC, 2))).length, 30, 'sound that comes first is no picture')
  t.equal(splitter().push(bytes(ftyp, moov(audio), seconds(0, 30, NON_SYNC, 2))).length, 30, 'and sound alone needs none')
})

t.test('what is read in one step has bounds of its own, told by headers and counts, however large a segment may be', async t => {
  const MIB = 1024 * 1024
  const begun = () => {
    const split = new IsoBmffSplitter({ maxSegmentBytes: 16 * MIB })
    split.push(moov(video))
    return split
  }
  const header = (type: string, size: number) => bytes(u32(size), fourcc(type))
  t.doesNotThrow(() => begun().push(header('moov', MIB)))
  t.throws(() => begun().push(header('moov', MIB + 1)), { code: 'SEGMENT_TOO_LARGE', message: /^An init segment of 1048577 bytes/ })
  t.doesNotThrow(() => begun().push(header('moof', MIB)))
  t.throws(() => begun().push(header('moof', MIB + 1)), { code: 'SEGMENT_TOO_LARGE', message: /^A moof box of 1048577 bytes/ })
  const many = (type: string, count: number) => Buffer.concat(Array<Uint8Array>(count).fill(box(type)))
  const whole = begun().push(bytes(many('styp', 255), moof(traf()), box('mdat', zeros(4))))
  t.equal(whole.length, 1)
  t.throws(() => begun().push(many('styp', 257)), { code: 'INVALID_SEGMENT', message: /^More than 256 boxes/ })
  const inside = begun()
  inside.push(moof(traf()))
  t.throws(() => inside.push(many('free', 257)), { code: 'INVALID_SEGMENT', message: /^More than 256 boxes/ })
  t.throws(() => begun().push(header('emsg', MIB + 1)), { code: 'SEGMENT_TOO_LARGE', message: /^The boxes before a moof \(emsg, prft, sidx\) have 1048577 bytes/ })
  t.throws(() => begun().push(box('moof', many('free', 4097))), { code: 'INVALID_SEGMENT', message: /^There are more than 4096 boxes in the moof/ })
})

t.test('decode times of 32 bits go on where they begin at 0 again, in one track or in both, until another movie comes', async t => {
  const narrow = (id: number, time: number) => box('traf', fullBox('tfhd', 0, 0x20038, u32(id, 40, 4, SYNC)), fullBox('tfdt', 0, 0, u32(time)), fullBox('trun', 0, 0, u32(1)))
  const at = (time: number, sound = time) => bytes(moof(narrow(1, time % 2 ** 32), narrow(2, sound % 2 ** 32)), box('mdat', zeros(8)))
  const split = splitter()
  split.push(av)
  const times = [-80, -40, 0, 40, 80].map(offset => 2 ** 32 + offset)
  const segments = times.flatMap(time => split.push(at(time, time - 30)))
  t.strictSame(segments.map(({ start }) => start), times.map(time => (time - 30) / 1000))
  t.strictSame(segments.map(({ ends }) => ends!.get(1)), times.map(time => (time + 40) / 1000))
  const again = splitter()
  again.push(bytes(...segments.slice(2, 3).map(({ init, bytes: said }) => bytes(init.bytes!, said))))
  t.equal(again.push(segments[3]!.bytes)[0]!.start, (times[3]! - 30) / 1000, 'the bytes say it')
  split.push(bytes(av.subarray(0, ftyp.length), moov(video)))
  t.equal(split.push(bytes(moof(narrow(1, 80)), box('mdat', zeros(4))))[0]!.start, 0.08)
})

t.test('a fragment is held until it is whole, and the init segment beside it for as long as it is valid', async t => {
  const split = splitter()
  t.equal(split.held, 0)
  split.push(av)
  t.equal(split.held, av.length)
  split.push(fragment.subarray(0, -1))
  t.ok(split.held >= av.length + fragment.length - 1, `it holds ${split.held} bytes`)
  split.push(fragment.subarray(-1))
  t.equal(split.held, av.length)
})
