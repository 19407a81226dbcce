import t from 'tap'
import type { InitSegment } from '../../../lib/media/segment.js'
import { WebmSplitter, beginsWithWebmInit, isWebm } from '../../../lib/media/webm/splitter.js'
import { audio, block, blocksOf, bytes, cluster, ebml, el, endless, group, head, info, key, openCluster, simple, tracks, u64, video } from './build-webm.js'

const MAX = 100_000
const av = head(video(), audio())
const gop = openCluster(0, key(1, 0), simple(1, 40))
const next = openCluster(80, key(1, 0), simple(1, 40))

const splitter = (maxSegmentBytes = MAX, init?: InitSegment) => new WebmSplitter({ maxSegmentBytes, init })
const times = (...pieces: Uint8Array[]) => blocksOf(pieces).map(({ time }) => time)

t.test('a body is known by its first four bytes', async t => {
  t.ok(isWebm(ebml()))
  t.ok(isWebm(endless(0x1f43b675)))
  t.notOk(isWebm(ebml().subarray(0, 3)))
  t.notOk(isWebm(Buffer.from('ftyp')))
  t.ok(beginsWithWebmInit(ebml()))
  t.notOk(beginsWithWebmInit(gop))
  t.notOk(beginsWithWebmInit(ebml().subarray(0, 3)))
})

t.test('a segment leaves when the block that begins the next one begins', async t => {
  const split = splitter()
  t.equal(split.init, undefined)
  t.strictSame(split.push(av), [])
  const body = bytes(gop, next)
  const leaves = gop.length + endless(0x1f43b675).length + el(0xe7, u64(80)).length + 9 + 4
  t.strictSame(split.push(body.subarray(0, leaves)), [])
  const [first] = split.push(body.subarray(leaves, leaves + 2))
  t.match(split.init, { kind: 'av', mime: 'video/webm; codecs="vp8,opus"', mode: 'segments', width: 320, height: 180 })
  t.match(first, { start: 0, duration: 0.08, join: true, afterInit: true })
  t.equal(first?.init, split.init)
  split.push(body.subarray(leaves + 2))
  const [last] = split.end()
  t.strictSame(times(first!.bytes, last!.bytes), [0, 40, 80, 120])
})

t.test('what no player needs is dropped, whatever its size', async t => {
  const extra = [el(0xec, Buffer.alloc(3 * MAX)), el(0x114d9b74, [1]), el(0x1254c367, [1]), el(0x1c53bb6b, [1]), el(0x1043a770), el(0x1941a469), el(0xbf, [1, 2, 3, 4])]
  const inner = [el(0xa7, [1]), el(0xab, [1]), el(0x5854), el(0xaf, [1]), el(0xec, Buffer.alloc(3 * MAX)), el(0xbf, [1, 2, 3, 4])]
  const split = splitter()
  const segments = [
    ...split.push(bytes(ebml(), ...extra, endless(0x18538067), ...extra, info(), ...extra, tracks(video(), audio()), ...extra)),
    ...split.push(bytes(endless(0x1f43b675), el(0xe7, [0]), ...inner, key(1, 0), ...inner, ...extra, cluster(40, ...inner, simple(1, 0), ...inner), ...extra)),
    ...split.end()
  ]
  t.equal(segments.length, 1)
  t.strictSame(times(segments[0]!.bytes), [0, 40])
})

t.test('Segment and clusters have a size or none', async t => {
  const known = bytes(ebml(), el(0x18538067, info(), tracks(video()), cluster(0, key(1, 0)), cluster(40), cluster(40, simple(1, 0))), ebml(), info(), tracks(video()), cluster(0, key(1, 0)))
  const split = splitter()
  const [first, second] = [...split.push(known), ...split.end()]
  t.strictSame(times(first!.bytes), [0, 40])
  t.match(second, { start: 0, afterInit: true, init: first!.init })
})

t.test('frames may hold the ID of a cluster', async t => {
  const split = splitter()
  const frames = endless(0x1f43b675)
  split.push(bytes(av, openCluster(0, key(1, 0, frames), simple(1, 40))))
  t.equal(blocksOf([split.end()[0]!.bytes])[0]?.frames, frames.toString('hex'))
})

t.test('blocks of tracks that are not kept are dropped', async t => {
  const split = splitter()
  split.push(bytes(av, cluster(0, key(1, 0), key(3, 5), simple(1, 40), el(0xa3, [0xff, 0, 0, 0, 1]), group(el(0xa1, block(7, 50, 0, [1]))))))
  t.strictSame(times(split.end()[0]!.bytes), [0, 40])
})

t.test('alpha that a group adds to its block is dropped', async t => {
  const split = splitter()
  split.push(bytes(head(video()), cluster(0, group(el(0xa1, block(1, 0, 0, [1])), el(0x75a1, [9, 9]), el(0x75a2, [1]), el(0x9b, [40])))))
  const [segment] = split.end()
  t.strictSame(blocksOf([segment!.bytes]), [{ track: 1, time: 0, key: true, duration: 40, frames: '01' }])
  t.ok(Buffer.from(segment!.bytes).includes(Buffer.from('75a281', 'hex')))
  t.notOk(Buffer.from(segment!.bytes).includes(Buffer.from('75a1', 'hex')))
})

t.test('the same tracks again keep the init segment; others make a new one', async t => {
  const split = splitter()
  const segments = [...split.push(bytes(av, gop, next, av, gop, head(video()), gop)), ...split.end()]
  t.strictSame(segments.map(({ afterInit }) => afterInit === true), [true, false, true, true])
  t.equal(segments[2]?.init, segments[0]?.init)
  t.not(segments[3]?.init, segments[0]?.init)
  t.equal(segments[3]?.init.mime, 'video/webm; codecs="vp8"')
  const [different] = [...split.push(bytes(head(video(3)), openCluster(0, key(3, 0)))), ...split.end()]
  t.equal(different!.init.bytes!.length, segments[3]!.init.bytes!.length)
  t.not(different!.init, segments[3]!.init)
})

t.test("a body that begins with a cluster is understood with an earlier splitter's init", async t => {
  const earlier = splitter()
  earlier.push(av)
  t.strictSame(earlier.end(), [])
  const split = splitter(MAX, earlier.init)
  t.equal(split.init, earlier.init)
  split.push(gop)
  const [segment] = split.end()
  t.equal(segment?.init, earlier.init)
  t.notOk('afterInit' in segment!)
  split.push(bytes(av, gop))
  t.match(split.end(), [{ init: earlier.init, afterInit: true }])
})

t.test('an init of another container, or without bytes, is not used; a broken one is refused', async t => {
  for (const init of [{ bytes: Buffer.from('0000001c66747970', 'hex'), kind: 'av', mime: 'video/mp4', mode: 'segments' }, { kind: 'image', mime: 'image/jpeg', mode: 'sequence' }] as const) {
    const split = splitter(MAX, init)
    t.equal(split.init, undefined)
    t.throws(() => split.push(gop), { code: 'INIT_REQUIRED' })
  }
  t.throws(() => splitter(MAX, { bytes: ebml().subarray(0, 6), kind: 'av', mime: 'video/webm', mode: 'segments' }), { name: 'MediaError', code: 'INVALID_SEGMENT' })
})

t.test('bodies may follow each other in one splitter, each from a cluster of its own', async t => {
  const split = splitter()
  t.strictSame(split.end(), [])
  split.push(bytes(av, gop))
  const [first] = split.end()
  split.push(openCluster(80, simple(1, 0)))
  const [second] = split.end()
  t.strictSame(times(first!.bytes, second!.bytes), [0, 40, 80])
  t.match(second, { start: 0.08, duration: 0, join: false })
})

const REFUSED = {
  'a cluster before any tracks': [gop, 'INIT_REQUIRED', 'A cluster comes before any tracks: send the body from its first byte (the EBML header)'],
  'a cluster instead of the tracks': [bytes(ebml(), info(), gop), 'INVALID_SEGMENT', /^There are no Tracks behind the EBML header: send the encoder's bytes in order/],
  'tracks without an EBML header': [bytes(av, gop, tracks(video())), 'INVALID_SEGMENT', /^Info or Tracks come without an EBML header/],
  'another DocType': [ebml('avi'), 'UNSUPPORTED_MEDIA', /DocType "avi"/],
  'H.264': [bytes(head(video(1, 'V_MPEG4/ISO/AVC')), gop), 'UNSUPPORTED_MEDIA', /send fragmented MP4 instead/],
  'bytes that are no element': [bytes(av, Buffer.alloc(12)), 'INVALID_SEGMENT', /^There is no element where one must begin/],
  'an element that WebM does not have': [bytes(av, el(0x81, [1])), 'INVALID_SEGMENT', /^There is no element of WebM/],
  'an element that a cluster does not have': [bytes(av, openCluster(0, el(0x81, [1]))), 'INVALID_SEGMENT', /^There is no element of a cluster/],
  'tracks of unknown size': [bytes(ebml(), endless(0x1654ae6b)), 'INVALID_SEGMENT', /has no size/],
  'a block of unknown size': [bytes(av, openCluster(0), endless(0xa3)), 'INVALID_SEGMENT', /does not end where its cluster does/],
  'a block longer than its cluster': [bytes(av, el(0x1f43b675, el(0xe7, [0]), bytes([0xa3, 0x90]))), 'INVALID_SEGMENT', /does not end where its cluster does/],
  'a block before the Timestamp': [bytes(av, endless(0x1f43b675), key(1, 0)), 'INVALID_SEGMENT', /before the Timestamp/],
  'a block of no bytes': [bytes(av, openCluster(0, el(0xa3))), 'INVALID_SEGMENT', /too short/],
  'a block of three bytes': [bytes(av, openCluster(0, el(0xa3, [0x81, 0, 0]))), 'INVALID_SEGMENT', /too short/],
  'a group without a block': [bytes(av, openCluster(0, group(el(0x9b, [1])))), 'INVALID_SEGMENT', /no Block in it/],
  'a malformed group': [bytes(av, openCluster(0, group([0xa1, 0x85]))), 'INVALID_SEGMENT', /does not hold/],
  'a time that no number holds': [bytes(av, endless(0x1f43b675), el(0xe7, Buffer.alloc(8, 255))), 'INVALID_SEGMENT', /above 2\^53/]
} as const

t.test('what cannot be published is refused, by any cut of the body, and again by every later call', async t => {
  for (const [what, [body, code, message]] of Object.entries(REFUSED)) {
    t.test(what, async t => {
      const whole = splitter()
      const good = (() => { try { return whole.push(body).length } catch { return 0 } })()
      t.throws(() => whole.push(gop), { name: 'MediaError', code, message })
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
  t.equal(split.push(bytes(av, gop, next, next, Buffer.alloc(8))).length, 2)
  t.throws(() => split.end(), { code: 'INVALID_SEGMENT' })
})

t.test('a body that ends too early is refused, and nothing that is not whole comes out', async t => {
  const ending = (...body: Uint8Array[]) => {
    const split = splitter()
    split.push(bytes(...body))
    return () => split.end()
  }
  const inElement = { code: 'INVALID_SEGMENT', message: /^The body ends inside an element/ }
  t.throws(ending(av, gop.subarray(0, -1)), inElement)
  t.throws(ending(av, gop.subarray(0, -2)), inElement)
  t.throws(ending(av, openCluster(0, group(el(0xa1, block(1, 0, 0, [1])))).subarray(0, -1)), inElement)
  t.throws(ending(av, el(0xec, [1]).subarray(0, 9)), inElement)
  t.throws(ending(av.subarray(0, 3)), inElement)
  t.throws(ending(av, cluster(0, key(1, 0), simple(1, 40)).subarray(0, -simple(1, 40).length)), { code: 'INVALID_SEGMENT', message: /^The body ends inside a cluster/ })
  t.throws(ending(ebml()), { code: 'INVALID_SEGMENT', message: /no Tracks/ })
})

t.test('too large an init or segment is refused by the header that tells, before it is held', async t => {
  const refusal = { code: 'SEGMENT_TOO_LARGE', message: /^A segment of at least \d+ bytes is above the limit of \d+: send keyframes more often \(ffmpeg: -g; MediaRecorder: videoKeyFrameIntervalDuration\)/ }
  const large = el(0x1654ae6b, Buffer.alloc(1000))
  t.throws(() => splitter(999).push(bytes(ebml(), large.subarray(0, 12))), refusal)
  const huge = bytes(Uint8Array.of(0x16, 0x54, 0xae, 0x6b, 0x10, 0x10, 0, 1))
  t.throws(() => splitter(2 ** 24).push(bytes(ebml(), huge)), { code: 'SEGMENT_TOO_LARGE', message: /^Info and Tracks may have 1048576 bytes each, and have 1048577/ })
  t.throws(() => splitter(999).push(bytes(av, openCluster(0, el(0xe7, Buffer.alloc(9))))), { code: 'INVALID_SEGMENT', message: /more than 8 bytes/ })
  const ahead = (element: Uint8Array) => element.subarray(0, 30)
  t.throws(() => splitter(999).push(bytes(av, openCluster(0), ahead(key(1, 0, Buffer.alloc(1000))))), refusal)
  t.throws(() => splitter(999).push(bytes(av, openCluster(0), ahead(group(Buffer.alloc(1000))))), refusal)
  t.throws(() => splitter(999).push(bytes(av, openCluster(0, key(1, 0, Buffer.alloc(500))), ahead(simple(1, 40, 0, Buffer.alloc(500))))), refusal)
  const half = el(0xa1, block(2, 1, 0, Buffer.alloc(500)))
  t.throws(() => splitter(999).push(bytes(av, openCluster(0, key(1, 0, Buffer.alloc(500)), group(half)))), refusal)
  t.doesNotThrow(() => splitter(999).push(bytes(av, openCluster(0, key(1, 0, Buffer.alloc(500)), key(1, 40, Buffer.alloc(500))))))
})

t.test('a segment is held until it leaves, the init segment for as long as it is valid', async t => {
  const split = splitter(1_000_000)
  const empty = split.held
  const entries = bytes(video(), audio())
  split.push(av)
  t.ok(split.held >= empty + entries.length, 'the tracks, before the first cluster makes an init segment of them')
  split.push(openCluster(0, key(1, 0, Buffer.alloc(500_000))))
  const full = split.held
  const { length } = split.init!.bytes!
  t.ok(full >= 500_000 + length, `it holds ${full} bytes`)
  t.equal(split.end().length, 1)
  t.ok(split.held < full - 400_000, `but for the room that the next is written into: ${split.held} bytes`)
  t.ok(split.held >= empty + length)
  t.throws(() => split.push(Buffer.alloc(12)), { code: 'INVALID_SEGMENT' })
  t.ok(split.held <= empty + length, `after an error: ${split.held} bytes`)
})
