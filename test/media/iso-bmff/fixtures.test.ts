// What encoders really send is split the same however it is cut.
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { PUBLISHABLE, fixture, seeded, topLevelBoxes } from '../fixture.js'

const MAX = 1 << 20

function split (...pieces: Uint8Array[]): MediaSegment[] {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX })
  const segments = pieces.flatMap(piece => splitter.push(piece))
  splitter.end()
  return segments
}

function isSame (one: MediaSegment[], other: MediaSegment[]): boolean {
  return one.length === other.length && one.every(({ bytes, init, ...times }, index) => {
    const { bytes: otherBytes, init: otherInit, ...otherTimes } = other[index]!
    return Buffer.compare(bytes, otherBytes) === 0 && init.mime === otherInit.mime && JSON.stringify(times) === JSON.stringify(otherTimes)
  })
}

for (const name of PUBLISHABLE) {
  t.test(`${name}: init and segments are the whole body but for what is dropped`, async t => {
    const body = fixture(name)
    const segments = split(body)
    const kept = topLevelBoxes(body).filter(({ type }) => type !== 'mfra')
    t.equal(segments.length, kept.filter(({ type }) => type === 'moof').length)
    t.ok(Buffer.concat([segments[0]!.init.bytes!, ...segments.map(({ bytes }) => bytes)]).equals(Buffer.concat(kept.map(({ bytes }) => bytes))))
    t.ok(segments.every(({ init }) => init === segments[0]!.init))
  })

  t.test(`${name}: byte by byte it gives the same segments, each by its own last byte`, async t => {
    const body = fixture(name)
    const expected = split(body)
    const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX })
    const got: MediaSegment[] = []
    const ends: number[] = []
    for (let offset = 0; offset < body.length; offset++) {
      const [segment] = splitter.push(body.subarray(offset, offset + 1))
      if (segment === undefined) continue
      got.push(segment)
      ends.push(offset + 1)
    }
    splitter.end()
    t.ok(isSame(got, expected))
    t.strictSame(ends, topLevelBoxes(body).filter(({ type }) => type === 'mdat').map(({ offset, bytes }) => offset + bytes.length))
  })

  t.test(`${name}: cut in two anywhere it gives the same segments`, async t => {
    const body = fixture(name)
    const expected = split(body)
    const random = seeded(14496)
    const cuts = topLevelBoxes(body).slice(0, 60).flatMap(({ offset }) => [offset - 1, offset, offset + 1, offset + 8, offset + random(body.length - offset)])
    const different = cuts.filter(cut => cut >= 0 && !isSame(split(body.subarray(0, cut), body.subarray(cut)), expected))
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
})

const joins = (name: string) => split(fixture(name)).map(({ join }) => Number(join)).join('')

t.test('join points are the fragments whose first video sample is a sync sample', async t => {
  t.equal(joins('fmp4/cmaf.mp4'), '111')
  t.equal(joins('fmp4/fragdur.mp4'), '1000000', 'a key frame in the middle of a fragment makes no join point')
  t.equal(joins('fmp4/sepmoof.mp4'), '101010', 'sound alone is none')
  t.equal(joins('fmp4/everyframe.mp4').match(/1/g)?.length, 3)
  t.equal(joins('gstreamer-mp4mux/'), '101010')
  t.equal(joins('mediarecorder-mp4-vp9/'), '1111111')
})

t.test('one object per request: later bodies begin with a fragment', async t => {
  const body = fixture('fmp4/cmaf.mp4')
  const first = new IsoBmffSplitter({ maxSegmentBytes: MAX })
  const moov = topLevelBoxes(body)[1]!
  const border = moov.offset + moov.bytes.length
  first.push(body.subarray(0, border))
  const later = new IsoBmffSplitter({ maxSegmentBytes: MAX, init: first.init! })
  t.ok(isSame(later.push(body.subarray(border)), split(body)))
})

t.test('nodefbase.mp4: a base data offset is refused with the flag that helps', async t => {
  t.throws(() => split(fixture('fmp4/nodefbase.mp4')), { code: 'UNSUPPORTED_MEDIA', message: /add -movflags default_base_moof/ })
})
