// What encoders really send is split the same however it is cut.
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { PUBLISHABLE, fixture, topLevelBoxes } from '../fixture.js'

const MAX = 1 << 20
const WITH_SPLITS = ['fmp4/fragdur.mp4', 'fmp4/prft.mp4']

function split (...pieces: Uint8Array[]): MediaSegment[] {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX })
  const segments = pieces.flatMap(piece => splitter.push(piece))
  splitter.end()
  return segments
}

function isSame (one: MediaSegment[], other: MediaSegment[]): boolean {
  return one.length === other.length && one.every(({ bytes, init, starts, ends, shift, ...said }, index) => {
    const { bytes: otherBytes, init: otherInit, starts: otherStarts, ends: otherEnds, shift: otherShift, ...otherSaid } = other[index]!
    return Buffer.compare(bytes, otherBytes) === 0 && init.mime === otherInit.mime &&
      String([...starts!, ...ends!]) === String([...otherStarts!, ...otherEnds!]) && JSON.stringify(said) === JSON.stringify(otherSaid)
  })
}

const mdatEnds = (body: Buffer) => topLevelBoxes(body).filter(({ type }) => type === 'mdat').map(({ offset, bytes }) => offset + bytes.length)

/** The first few fragments, so that a body of hundreds can be cut at thousands of offsets. */
function shortened (body: Buffer): Buffer {
  return body.subarray(0, mdatEnds(body)[9] ?? body.length)
}

/** Every offset at which something is decided: all but the middle of the mdat boxes, of which every 211th. */
function cutsOf (body: Buffer): number[] {
  return topLevelBoxes(body).flatMap(({ type, offset, bytes: { length } }) => {
    const inside = Array.from({ length }, (_, index) => index)
    return inside.filter(index => type !== 'mdat' || index < 40 || index > length - 40 || index % 211 === 0).map(index => offset + index)
  })
}

for (const name of PUBLISHABLE) {
  t.test(`${name}: init and segments are the whole body but for what is dropped, and for what is split`, async t => {
    const body = fixture(name)
    const segments = split(body)
    const kept = topLevelBoxes(body).filter(({ type }) => type !== 'mfra')
    if (!WITH_SPLITS.includes(name)) {
      t.equal(segments.length, kept.filter(({ type }) => type === 'moof').length)
      t.ok(Buffer.concat([segments[0]!.init.bytes!, ...segments.map(({ bytes }) => bytes)]).equals(Buffer.concat(kept.map(({ bytes }) => bytes))))
    }
    t.ok(segments.every(({ init }) => init === segments[0]!.init))
    t.strictSame(segments.map(({ afterInit }) => afterInit), segments.map((_, index) => index === 0 ? true : undefined))
  })

  t.test(`${name}: byte by byte it gives the same segments, each by its own last byte`, async t => {
    const body = fixture(name)
    const expected = split(body)
    const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX })
    const got: MediaSegment[] = []
    const ends: number[] = []
    for (let offset = 0; offset < body.length; offset++) {
      const segments = splitter.push(body.subarray(offset, offset + 1))
      if (segments.length === 0) continue
      got.push(...segments)
      ends.push(offset + 1)
    }
    splitter.end()
    t.ok(isSame(got, expected))
    t.strictSame(ends, mdatEnds(body))
  })

  t.test(`${name}: cut in two anywhere it gives the same segments`, async t => {
    const body = shortened(fixture(name))
    const expected = split(body)
    const different = cutsOf(body).filter(cut => !isSame(split(body.subarray(0, cut), body.subarray(cut)), expected))
    t.strictSame(different, [])
  })
}

const types = (name: string) => {
  const { init: { bytes, ...init } } = split(fixture(name))[0]!
  return init
}

t.test('the init segments say what is in them', async t => {
  const avc = { kind: 'av', mime: 'video/mp4; codecs="avc1.64000c,mp4a.40.2"', mode: 'segments', width: 320, height: 180 }
  for (const name of PUBLISHABLE.slice(0, 4)) t.strictSame(types(name), avc, name)
  t.strictSame(types('gstreamer-mp4mux/'), { kind: 'video', mime: 'video/mp4; codecs="avc1.f4000d"', mode: 'segments', width: 320, height: 180 })
  t.strictSame(types('mediarecorder-mp4-vp9/'), { kind: 'av', mime: 'video/mp4; codecs="vp09.00.10.08,opus"', mode: 'segments', width: 640, height: 360 })
  t.strictSame(types('dash/'), { kind: 'video', mime: 'video/mp4; codecs="avc1.64000b"', mode: 'segments', width: 160, height: 90 })
})

const joins = (name: string) => split(fixture(name)).map(({ join }) => Number(join)).join('')

t.test('join points are the segments whose first video sample is a sync sample', async t => {
  t.equal(joins('fmp4/cmaf.mp4'), '111')
  t.equal(joins('fmp4/fragdur.mp4'), '101001000', 'a key frame in the middle of a fragment makes two segments of it')
  t.equal(joins('fmp4/prft.mp4'), '100000010000001000')
  t.equal(joins('fmp4/sepmoof.mp4'), '101010', 'sound alone is none')
  t.equal(joins('fmp4/everyframe.mp4').match(/1/g)?.length, 3)
  t.equal(joins('gstreamer-mp4mux/'), '101010')
  t.equal(joins('mediarecorder-mp4-vp9/'), '1111111')
  t.equal(joins('dash/'), '111')
})

t.test('segments end where those of the next one begin, track by track', async t => {
  const segments = split(fixture('fmp4/sepmoof.mp4'))
  t.strictSame(segments.map(({ ends }) => [...ends!.keys()]), [[1], [2], [1], [2], [1], [2]])
  for (const [index, { ends }] of segments.slice(0, -2).entries()) {
    const [end] = ends!.values()
    t.ok(Math.abs(segments[index + 2]!.start! - end!) < 1e-6, `segment ${index}`)
  }
})

t.test('capture times run on with the media, through the middle of a fragment too', async t => {
  const segments = split(fixture('fmp4/prft.mp4'))
  const captured = segments.map(({ captured }) => captured)
  t.equal(captured.findIndex(time => time === undefined), segments.length - 1, 'the last fragment is sound alone, and has no prft')
  t.equal(new Date(captured[0]!).toISOString().slice(0, 10), '2026-11-23')
  const cut = segments.findIndex(({ join }, index) => join && index > 0)
  t.equal(Math.round(captured[cut]! - captured[cut - 1]!), 120, 'three frames after the first picture of the fragment')
})

t.test('the same file again begins anew', async t => {
  const body = fixture('fmp4/cmaf.mp4')
  const segments = split(body, body)
  t.strictSame(segments.map(({ afterInit }) => afterInit), [true, undefined, undefined, true, undefined, undefined])
  t.equal(segments[5]!.init, segments[0]!.init)
})

t.test('one object per request: later bodies begin with a fragment', async t => {
  const body = fixture('fmp4/cmaf.mp4')
  const first = new IsoBmffSplitter({ maxSegmentBytes: MAX })
  const moov = topLevelBoxes(body)[1]!
  const border = moov.offset + moov.bytes.length
  first.push(body.subarray(0, border))
  const later = new IsoBmffSplitter({ maxSegmentBytes: MAX, init: first.init })
  const [renewed, ...others] = split(body)
  t.ok(isSame(later.push(body.subarray(border)), [withoutMark(renewed!), ...others]))
})

function withoutMark ({ afterInit, ...segment }: MediaSegment): MediaSegment {
  return segment
}

t.test('nodefbase.mp4: a base data offset is refused with the flag that helps', async t => {
  t.throws(() => split(fixture('fmp4/nodefbase.mp4')), { code: 'UNSUPPORTED_MEDIA', message: /add -movflags default_base_moof/ })
})
