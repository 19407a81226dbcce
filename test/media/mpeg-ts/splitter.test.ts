import t from 'tap'
import { MpegTsSplitter, isMpegTs } from '../../../lib/media/mpeg-ts/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { AUDIO, PMT, VIDEO, adts, bytes, keyPicture, packet, packets, patSection, pes, picture, pmtSection, table, tables } from './build-ts.js'
import { MAX, body, cut, packetsOf, pidOf, shown, split } from './streams.js'

const FRAME = 3600
const VIDEO_TABLES = tables([0x1b, VIDEO])
const AV_TABLES = tables([0x1b, VIDEO], [0x0f, AUDIO])

const videoAt = (frame: number, { key = false, size = 20 } = {}) => bytes(...packets(VIDEO, pes({ pts: frame * FRAME, es: key ? keyPicture(size) : picture(size) }), { clock: frame * FRAME }))
const audioAt = (frame: number, size = 20) => bytes(...packets(AUDIO, pes({ id: 0xc0, pts: frame * FRAME, es: adts(2, size), bounded: true })))
/** Pictures of 40 ms, the first one a key picture. */
const group = (from: number, count = 5) => bytes(...Array.from({ length: count }, (_, index) => videoAt(from + index, { key: index === 0 })))
const starts = (segments: readonly MediaSegment[]) => segments.map(({ start }) => Math.round(start! * 25))

t.test('a body is known by three packets', async t => {
  const three = body('av').subarray(0, 377)
  t.equal(isMpegTs(three), true)
  for (const length of [0, 1, 188, 189, 376]) t.equal(isMpegTs(three.subarray(0, length)), undefined, `${length} bytes`)
  for (const at of [0, 188, 376]) t.equal(isMpegTs(three.map((byte, index) => index === at ? 0x46 : byte)), false)
  t.equal(isMpegTs(Buffer.from('\0\0\0\x20ftyp')), false)
})

t.test('init and segments come out of a body', async t => {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  t.strictSame(splitter.push(bytes(VIDEO_TABLES, group(0))), [])
  t.equal(splitter.init, undefined)
  const [segment] = splitter.push(group(5))
  t.equal(splitter.init, segment!.init)
  t.match(segment, { start: 0, duration: 0.2, join: true, afterInit: true, init: { kind: 'video', mime: 'video/mp2t; codecs="avc1.42c01f"', mode: 'segments', width: 64, height: 48 } })
  t.ok(Buffer.concat([VIDEO_TABLES, group(0)]).equals(segment!.bytes))
  t.strictSame(starts(splitter.end()), [5])
  t.strictSame(splitter.end(), [], 'there is nothing more')
  t.strictSame(splitter.push(bytes(group(10), group(15))).map(({ afterInit }) => afterInit), [undefined], 'the stream may go on')
})

t.test('segments are as long as they are asked to be', async t => {
  t.strictSame(starts(split([VIDEO_TABLES, group(0, 20)])), [0, 7, 14])
  t.strictSame(starts(split([VIDEO_TABLES, group(0, 20)], { segmentDuration: 0.4 })), [0, 10])
})

t.test('the same tables again change nothing; an earlier init segment is used again', async t => {
  const segments = split([VIDEO_TABLES, group(0), VIDEO_TABLES, group(5)])
  t.strictSame(segments.map(({ afterInit }) => afterInit), [true, undefined])
  const { init } = segments[0]!
  t.equal(split([VIDEO_TABLES, group(0)], { init })[0]!.init, init)
})

t.test('other tables end what they followed, and make another init segment', async t => {
  const segments = split([VIDEO_TABLES, group(0), AV_TABLES, audioAt(5), group(5)])
  t.strictSame(segments.map(({ init, afterInit }) => [init.kind, afterInit]), [['video', true], ['av', true]])
  const moved = bytes(table(0, patSection([1, PMT + 1])), table(PMT + 1, pmtSection([[0x1b, VIDEO]])))
  t.strictSame(split([VIDEO_TABLES, group(0), moved, group(5)]).map(({ init }) => init.mime), Array(2).fill('video/mp2t; codecs="avc1.42c01f"'))
})

t.test('what belongs to no stream of the programme is dropped; its clock is kept', async t => {
  const clocked = bytes(table(0, patSection([1, PMT])), table(PMT, pmtSection([[0x1b, VIDEO]], 0x90)))
  const noise = bytes(packet(0x1fff, { payload: [1] }), packet(0x90, { payload: [1] }), packet(0x44, { starts: true, payload: pes({ pts: 1 }) }))
  const clock = packet(0x90, { clock: 8 })
  const empty = packet(VIDEO, {})
  const [segment] = split([noise, clocked, group(0, 1), noise, clock, videoAt(1), empty, noise, group(2)])
  t.ok(Buffer.concat([clocked, group(0, 1), clock, videoAt(1), empty]).equals(segment!.bytes))
})

t.test('packets that cannot be, and sections that are not valid, are passed over', async t => {
  const long = packet(VIDEO, { payload: [1] })
  long[4] = 255
  const broken = VIDEO_TABLES.slice()
  broken[16] = broken[16 + 188] = 0x55
  const network = table(0, patSection([0, 0x10]))
  const other = table(PMT, patSection([1, PMT]))
  t.strictSame(starts(split([broken, network, VIDEO_TABLES, other, network, long, group(0), broken, group(5)])), [0, 5])
})

t.test('a damaged packet costs its PES packet', async t => {
  const damaged = packet(VIDEO, { damaged: true, payload: [1] })
  const elsewhere = packet(0x77, { damaged: true, payload: [1] })
  const [segment] = split([VIDEO_TABLES, group(0, 2), videoAt(2, { size: 300 }), damaged, elsewhere, videoAt(3), group(4)])
  t.ok(Buffer.concat([VIDEO_TABLES, group(0, 2), videoAt(3)]).equals(segment!.bytes))
})

t.test('extra bytes are dropped, and cost at most the PES packet before them', async t => {
  const first = group(0)
  const second = bytes(group(5), group(10))
  for (const extra of [1, 5, 187, 188, 500, 20_000]) {
    const noise = new Uint8Array(extra).fill(0x11)
    for (const pieces of [[VIDEO_TABLES, first, noise, second], Array.from(bytes(VIDEO_TABLES, first, noise, second), byte => Uint8Array.of(byte))]) {
      const segments = split(pieces)
      t.strictSame(starts(segments), [0, 5, 10], `${extra} bytes`)
      t.ok(Buffer.concat([VIDEO_TABLES, first.subarray(0, -188)]).equals(segments[0]!.bytes))
    }
  }
})

t.test('lost bytes cost no more than the PES packets that they were of', async t => {
  const whole = body('av')
  const media = packetsOf(whole).length
  for (const lost of [1, 100, 187]) {
    for (const at of [10_000, 30_000, 50_007]) {
      const segments = split([whole.subarray(0, at), whole.subarray(at + lost)])
      const rest = segments.flatMap(({ bytes }) => packetsOf(bytes)).filter(packet => pidOf(packet) >= 256 && pidOf(packet) < 0x1000)
      const known = new Set(packetsOf(whole).map(packet => Buffer.from(packet).toString('latin1')))
      t.ok(rest.every(packet => known.has(Buffer.from(packet).toString('latin1'))), 'nothing damaged is published')
      t.ok(rest.length > media - 120)
      t.ok(segments.length >= 11)
    }
  }
})

t.test('bytes that hold no packet are refused', async t => {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  t.equal(splitter.push(bytes(VIDEO_TABLES, group(0), group(5), new Uint8Array(70_000))).length, 1)
  const refusal = { name: 'MediaError', code: 'INVALID_SEGMENT', message: "There is no transport packet in 65536 bytes: send the muxer's bytes in order, in packets of 188 bytes" }
  t.throws(() => splitter.push(new Uint8Array(0)), refusal)
  t.throws(() => splitter.end(), refusal)
  t.throws(() => split([new Uint8Array(70_000)]), refusal)
})

t.test('a body that ends inside a packet is refused', async t => {
  const refusal = { code: 'INVALID_SEGMENT', message: 'The body ends inside a transport packet: send it to its end, in whole packets of 188 bytes' }
  t.throws(() => split([bytes(VIDEO_TABLES, group(0)).subarray(0, -1)]), refusal)
  t.throws(() => split([bytes(VIDEO_TABLES, group(0), [0x47])]), refusal)
  t.strictSame(split([]), [])
})

t.test('a body without tables is refused', async t => {
  const refusal = (bytes: number) => ({ code: 'INVALID_SEGMENT', message: new RegExp(`^There is no PAT with a PMT in ${bytes} bytes of the transport stream: send both`) })
  t.throws(() => split([group(0)]), refusal(5 * 188))
  t.throws(() => split([group(0, 60)], { maxSegmentBytes: 10_000 }), refusal(10_152))
  t.throws(() => split([VIDEO_TABLES.subarray(188), group(0)]), refusal(6 * 188))
})

t.test('a body in which nothing can be decoded is refused', async t => {
  t.throws(() => split([VIDEO_TABLES, videoAt(0), videoAt(1)]), { code: 'UNSUPPORTED_MEDIA', message: /no key frame .*-g 50/ })
})

t.test('what browsers do not play is refused', async t => {
  t.throws(() => split([tables([0x24, VIDEO])]), { code: 'UNSUPPORTED_MEDIA', message: /HEVC/ })
  t.throws(() => split([VIDEO_TABLES, packet(VIDEO, { starts: true, scrambled: true, payload: [1] })]), { code: 'UNSUPPORTED_MEDIA', message: /encrypted/ })
})

t.test('a segment above the limit is refused when it is, and what was before it is not lost', async t => {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: 12 * 188 })
  t.strictSame(starts(splitter.push(bytes(VIDEO_TABLES, group(0), group(5, 1), videoAt(6, { size: 3000 })))), [0])
  t.throws(() => splitter.push(group(7)), { code: 'SEGMENT_TOO_LARGE', message: /above the limit of 1880/ })
  t.throws(() => splitter.end(), { code: 'SEGMENT_TOO_LARGE' })
})

t.test('sound that is announced and never comes does not hold the video back', async t => {
  const segments = split([AV_TABLES, ...Array.from({ length: 12 }, (_, index) => group(index * 5))])
  t.equal(segments.length, 12)
  t.ok(segments.every(({ init }) => init.kind === 'video'))
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  const counts = Array.from({ length: 13 }, (_, index) => splitter.push(bytes(index === 0 ? AV_TABLES : [], group(index * 5))).length)
  t.strictSame(counts, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 1])
})

t.test('a publisher that starts over in mid-body', async t => {
  const whole = body('av')
  const twice = bytes(whole, whole)
  const segments = split([twice])
  const again = segments.findIndex(({ afterInit }, index) => index > 0 && afterInit === true)
  t.ok(again > 10)
  t.ok(segments.every(({ init }) => init === segments[0]!.init))
  t.strictSame(segments.filter(({ join }) => join).map(({ start }) => start), [...split([whole]), ...split([whole])].filter(({ join }) => join).map(({ start }) => start))
  t.strictSame(shown(split(cut(twice, whole.length + 100))), shown(segments))
})

t.test('a body in which no key frame comes for ten seconds is told so, however it is cut', async t => {
  const pictures = (count: number) => bytes(...Array.from({ length: count }, (_, index) => videoAt(index)))
  const message = /^In 10 seconds of video there is no key frame \(an H.264 IDR picture.*-flags \+cgop/
  // What a picture is shows with the next.
  const last = pictures(252)
  t.throws(() => new MpegTsSplitter({ maxSegmentBytes: MAX }).push(bytes(VIDEO_TABLES, last)), { code: 'UNSUPPORTED_MEDIA', message })
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  t.throws(() => { for (const packet of packetsOf(bytes(VIDEO_TABLES, last))) splitter.push(packet) }, { code: 'UNSUPPORTED_MEDIA', message })
  t.equal(split([VIDEO_TABLES, pictures(250), group(250)]).length, 1)
  t.ok(split([VIDEO_TABLES, group(0, 750)]).length > 100, 'a group of 30 seconds is legal')
})

t.test('a segment is held until it leaves, also while it waits for the sound that is announced, and nothing after an error', async t => {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  t.equal(splitter.held, 0)
  const [first, second] = [group(0), group(5)]
  splitter.push(bytes(AV_TABLES, first.subarray(0, -188)))
  t.ok(splitter.held >= first.length - 188, `it holds ${splitter.held} bytes`)
  t.strictSame(splitter.push(bytes(first.subarray(-188), second)), [])
  t.ok(splitter.held >= first.length + second.length, `it holds ${splitter.held} bytes`)
  t.equal(splitter.end().length, 2)
  t.equal(splitter.held, 0)
  splitter.push(group(10))
  t.ok(splitter.held > 0)
  t.throws(() => splitter.push(new Uint8Array(70_000)), { code: 'INVALID_SEGMENT' })
  t.equal(splitter.held, 0)
})
