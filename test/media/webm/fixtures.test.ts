// What encoders really send is split the same however it is cut, and its blocks come out as they went in.
import t from 'tap'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { WebmSplitter } from '../../../lib/media/webm/splitter.js'
import { fixture } from '../fixture.js'
import { blocksOf, clusterTimes } from './build-webm.js'

const MAX = 1 << 20

/** What is whole of it: the captured body goes on. */
function mediaRecorder (body = fixture('mediarecorder-vp8/')): Buffer {
  for (let end = body.length; ; end--) if (endsWell(body.subarray(0, end))) return body.subarray(0, end)
}

function endsWell (body: Buffer): boolean {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX })
  try {
    splitter.push(body)
    splitter.end()
    return true
  } catch {
    return false
  }
}

const BODIES = {
  'mediarecorder-vp8/': { mime: 'video/webm; codecs="vp8,opus"', joins: [0], segments: 12 },
  'webm/vp8-opus.webm': { mime: 'video/webm; codecs="vp8,opus"', joins: [0, 1.007, 2.007], segments: 12 },
  'webm/vp9-opus.webm': { mime: 'video/webm; codecs="vp9,opus"', joins: [0, 1.007, 2.007], segments: 12 },
  'webm/vp9-opus.mkv': { mime: 'video/webm; codecs="vp9,opus"', joins: [0, 1.007], segments: 8 },
  'webm/opus.webm': { mime: 'audio/webm; codecs="opus"', joins: undefined, segments: 8 },
  'webm/av1.webm': { mime: 'video/webm; codecs="av01.0.00M.08"', joins: [0], segments: 4 },
  'webm/gstreamer-vp8-opus.webm': { mime: 'video/webm; codecs="vp8,opus"', joins: [0, 1], segments: 8 }
}

const bodyOf = (name: string) => name === 'mediarecorder-vp8/' ? mediaRecorder() : fixture(name)

function split (pieces: Iterable<Uint8Array>): MediaSegment[] {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX })
  const segments: MediaSegment[] = []
  for (const piece of pieces) segments.push(...splitter.push(piece))
  return [...segments, ...splitter.end()]
}

function isSame (one: MediaSegment[], other: MediaSegment[]): boolean {
  return one.length === other.length && one.every(({ bytes, init, starts, ends, ...said }, index) => {
    const { bytes: otherBytes, init: otherInit, starts: otherStarts, ends: otherEnds, ...otherSaid } = other[index]!
    return Buffer.compare(bytes, otherBytes) === 0 && Buffer.compare(init.bytes!, otherInit.bytes!) === 0 &&
      String([...starts!]) === String([...otherStarts!]) && String([...ends!]) === String([...otherEnds!]) && JSON.stringify(said) === JSON.stringify(otherSaid)
  })
}

for (const [name, { mime, joins, segments: count }] of Object.entries(BODIES)) {
  t.test(name, async t => {
    const body = bodyOf(name)
    const segments = split([body])

    t.equal(segments[0]?.init.mime, mime)
    t.equal(segments.length, count)
    t.strictSame(segments.filter(({ join }) => join).map(({ start }) => start), joins ?? segments.map(({ start }) => start))
    t.strictSame(segments.map(({ afterInit }) => afterInit === true), segments.map((_, index) => index === 0))
    for (const { join, bytes } of segments) t.equal(clusterTimes(bytes).length, join ? 1 : 0, 'a join point begins a cluster, and nothing else does')

    const plain = ({ track, time, key, frames }: ReturnType<typeof blocksOf>[number]) => [track, time, key, frames]
    t.strictSame(blocksOf(segments.map(({ bytes }) => bytes)).map(plain), blocksOf([body]).map(plain))
  })

  t.test(`${name} byte by byte, and cut in two in its head`, async t => {
    const body = bodyOf(name)
    const whole = split([body])
    t.ok(isSame(split(Array.from(body, byte => Uint8Array.of(byte))), whole))
    const different = []
    for (let at = 0; at <= 1200; at++) if (!isSame(split([body.subarray(0, at), body.subarray(at)]), whole)) different.push(at)
    t.strictSame(different, [])
  })
}

for (const [name, body] of [['webm/opus.webm', fixture('webm/opus.webm')], ['mediarecorder-vp8/vp8_00.bin', mediaRecorder(fixture('mediarecorder-vp8/vp8_00.bin'))]] as const) {
  t.test(`${name} cut in two at every offset`, async t => {
    const whole = split([body])
    const different = []
    for (let at = 0; at <= body.length; at++) if (!isSame(split([body.subarray(0, at), body.subarray(at)]), whole)) different.push(at)
    t.ok(body.length > 7000)
    t.strictSame(different, [])
  })
}

t.test("MediaRecorder's blobs are split as one body", async t => {
  const body = mediaRecorder()
  const blobs = []
  for (let at = 0; at < body.length; at += 20_000) blobs.push(body.subarray(at, at + 20_000))
  t.ok(isSame(split(blobs), split([body])))
})

t.test('H.264 in Matroska is refused', async t => {
  t.throws(() => split([fixture('webm/h264.mkv')]), { code: 'UNSUPPORTED_MEDIA', message: /^Browsers do not play "V_MPEG4\/ISO\/AVC" in WebM/ })
})
