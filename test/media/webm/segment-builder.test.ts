// Where segments are cut, and what is said of them. Driven through the splitter, as the builder has no bytes of its own to read.
import t from 'tap'
import { ByteQueue } from '../../../lib/media/byte-queue.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { SegmentBuilder } from '../../../lib/media/webm/segment-builder.js'
import { WebmSplitter } from '../../../lib/media/webm/splitter.js'
import { readProgramme } from '../../../lib/media/webm/tracks.js'
import { audio, block, blocksOf, bytes, cluster, clusterTimes, ebml, el, group, head, info, key, openCluster, simple, tracks, u64, video } from './build-webm.js'

const MAX = 100_000
const av = head(video(), audio())
const everyFrame = (duration: number) => el(0x23e383, u64(duration * 1e6))

function split (...body: Uint8Array[]): MediaSegment[] {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX })
  return [...splitter.push(bytes(...body)), ...splitter.end()]
}

/** Track and time of each block, by segment. */
function layout (segments: MediaSegment[]): string[] {
  const seen = blocksOf(segments.map(({ bytes }) => bytes)).map(({ track, time }) => `${track}@${time}`)
  return segments.map(({ bytes }) => seen.splice(0, [...bytesOfBlocks(bytes)].length).join(' '))
}
const bytesOfBlocks = (piece: Uint8Array) => blocksOf([openCluster(0), piece])

t.test('a keyframe of video begins a segment that is a join point, and a cluster', async t => {
  const segments = split(av, openCluster(0, key(1, 0), key(2, 3), simple(1, 40), key(2, 23), key(1, 80), key(2, 43)), openCluster(120, simple(1, 0), key(2, 10)))
  t.strictSame(layout(segments), ['1@0 2@3 1@40 2@23', '1@80 2@43 1@120 2@130'])
  t.strictSame(segments.map(({ join }) => join), [true, true])
  t.equal(segments[0]?.afterInit, true)
  t.notOk('afterInit' in segments[1]!)
  t.equal(clusterTimes(segments[1]!.bytes)[0], 80)
})

t.test('without a keyframe a segment is cut before the first video that is segmentDuration behind its start, and goes on in the same cluster', async t => {
  const segments = split(av, cluster(0, key(1, 0), key(2, 249), key(2, 250), simple(1, 249), simple(1, 250)), cluster(400, simple(1, 0), simple(1, 99), simple(1, 100), simple(1, 200)))
  t.strictSame(layout(segments).map(blocks => blocks.split(' ')[0]), ['1@0', '1@250', '1@500'])
  t.strictSame(segments.map(({ join }) => join), [true, false, false])
  t.strictSame(segments.map(({ bytes }) => clusterTimes(bytes).length), [2, 0, 0])
})

t.test('the duration that is asked for is used', async t => {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX, segmentDuration: 0.1 })
  const segments = splitter.push(bytes(av, cluster(0, key(1, 0), simple(1, 99), simple(1, 100), simple(1, 199), simple(1, 200))))
  t.strictSame(segments.map(({ start }) => start), [0, 0.1])
})

t.test('sound alone is cut anywhere, each segment a join point with a cluster of its own', async t => {
  const segments = split(head(audio(1)), cluster(0, simple(1, 0), simple(1, 100), simple(1, 240), simple(1, 250), simple(1, 350)))
  t.strictSame(layout(segments), ['1@0 1@100 1@240', '1@250 1@350'])
  t.strictSame(segments.map(({ join, bytes }) => [join, clusterTimes(bytes)]), [[true, [0]], [true, [250]]])
  t.match(segments, [{ start: 0, duration: 0.38 }, { start: 0.25, duration: 0.2 }])
})

t.test('where times stand still, or go back, a segment has a thousand blocks at most', async t => {
  const blocks = Array.from({ length: 2100 }, (_, index) => simple(1, index % 2))
  for (const [init, block] of [[av, blocks], [head(audio(1)), blocks]] as const) {
    t.strictSame(split(init, openCluster(0, ...block)).map(({ bytes }) => blocksOf([openCluster(0), bytes]).length), [1024, 1024, 52])
  }
})

t.test('sound just before the first keyframe belongs to its segment', async t => {
  const segments = split(av, cluster(0, key(2, 0), key(2, 20), key(1, 27), simple(1, 67)))
  t.strictSame(layout(segments), ['2@0 2@20 1@27 1@67'])
  t.match(segments, [{ start: 0, duration: 0.08, join: true }])
})

t.test('a body that begins between keyframes begins with no join point', async t => {
  const segments = split(av, cluster(0, key(2, 0), simple(1, 10), simple(1, 50), key(1, 90)))
  t.strictSame(segments.map(({ join }) => join), [false, true])
})

t.test('sound without a picture is held back for 30 seconds at most; the keyframe after it is a join point still', async t => {
  const segments = split(av, openCluster(0, key(1, 0)), ...[10_000, 20_000, 30_000, 30_010].map(time => openCluster(time, key(2, 0))), openCluster(30_020, key(1, 0)))
  t.strictSame(layout(segments), ['1@0 2@10000 2@20000', '2@30000 2@30010', '1@30020'])
  t.strictSame(segments.map(({ join }) => join), [true, false, true])
  t.strictSame(clusterTimes(segments[2]!.bytes), [30_020])
  t.equal(segments[1]?.duration.toFixed(3), '0.020')
})

t.test('times that go back begin another segment and another cluster', async t => {
  const segments = split(av, openCluster(5000, key(1, 0), simple(1, 40)), openCluster(0, simple(1, 0), simple(1, 40)))
  t.strictSame(layout(segments), ['1@5000 1@5040', '1@0 1@40'])
  t.match(segments, [{ start: 5 }, { start: 0, join: false }])
})

t.test('the last video block lasts until the next, and says so', async t => {
  const segments = split(av, openCluster(0, key(1, 0), simple(1, 40), key(2, 45), simple(1, 400), simple(1, 440)))
  t.equal(blocksOf([segments[0]!.bytes])[1]?.duration, 360)
  t.strictSame(segments.map(({ duration }) => duration), [0.4, 0.08])
  t.strictSame(segments.map(({ ends }) => [...ends!]), [[[1, 0.4], [2, 0.045]], [[1, 0.48]]])
  t.strictSame(segments.map(({ starts }) => [...starts!]), [[[1, 0], [2, 0.045]], [[1, 0.4]]])
})

t.test('a track starts with its earliest block, not with its first', async t => {
  const [segment] = split(av, cluster(0, key(1, 50), key(2, 60), key(2, 45), simple(1, 90)))
  t.strictSame([...segment!.starts!], [[1, 0.05], [2, 0.045]])
  t.equal(segment!.start, 0.045)
})

t.test('where a track ends is told by BlockDuration, else by DefaultDuration, else by its last distance', async t => {
  const ends = (entry: Uint8Array, ...blocks: Uint8Array[]) => split(head(entry), cluster(0, ...blocks))[0]?.ends?.get(1)
  t.equal(ends(audio(1), key(1, 0), key(1, 30)), 0.06)
  t.equal(ends(audio(1)), undefined)
  t.equal(ends(audio(1), key(1, 30)), 0.03)
  t.equal(ends(audio(1, 'A_OPUS', everyFrame(20)), key(1, 0), key(1, 30)), 0.05)
  t.equal(ends(audio(1, 'A_OPUS', everyFrame(20)), key(1, 0), simple(1, 60, 0x82)), 0.12)
  t.equal(ends(audio(1, 'A_OPUS', everyFrame(20)), group(el(0xa1, block(1, 10, 0, [1])), el(0x9b, [7]))), 0.017)
})

t.test('a group is a keyframe without ReferenceBlock', async t => {
  const reference = el(0xfb, [0xff])
  const segments = split(av, cluster(0, group(el(0xa1, block(1, 0, 0, [1]))), group(reference, el(0xa1, block(1, 40, 0, [2]))), group(el(0xa1, block(2, 41, 0, [3]))), group(el(0xa1, block(1, 80, 0, [4])))))
  t.strictSame(layout(segments), ['1@0 1@40 2@41', '1@80'])
  t.strictSame(segments.map(({ join }) => join), [true, true])
  t.strictSame(blocksOf(segments.map(({ bytes }) => bytes)).map(({ key }) => key), [true, false, true, true])
})

t.test('times of another scale', async t => {
  const body = bytes(ebml(), info(100_000), tracks(video()), cluster(100_000, key(1, 0), simple(1, 400), simple(1, 2500)))
  const segments = split(body)
  t.match(segments, [{ start: 10, duration: 0.25 }, { start: 10.25 }])
  segments[0]!.shift!(-4.00004)
  t.strictSame(clusterTimes(segments[0]!.bytes), [60_000])
})

t.test('a shift counts from what the publisher wrote; a segment without a cluster of its own has nothing to shift', async t => {
  const [first, second] = split(av, cluster(1000, key(1, 0), simple(1, 300)))
  for (const [seconds, time] of [[3600, 3_601_000], [3600, 3_601_000], [0.0004, 1000], [-2, 0]] as const) {
    t.equal(first?.shift!(seconds), first?.bytes)
    t.strictSame(clusterTimes(first!.bytes), [time])
  }
  const before = Buffer.from(second!.bytes)
  t.ok(before.equals(second!.shift!(3600)))
})

t.test('after an error nothing is held', async t => {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX })
  t.throws(() => splitter.push(bytes(av, cluster(0, key(1, 0)), Buffer.alloc(8))), { code: 'INVALID_SEGMENT' })
  t.throws(() => splitter.end(), { code: 'INVALID_SEGMENT' })
  const builder = new SegmentBuilder(1, () => { t.fail('nothing is published') })
  const programme = readProgramme(new Uint8Array(0), tracks(audio(1)).subarray(12))
  builder.begin(programme, true)
  builder.simpleBlock(programme.tracks.get(1)!, { track: 1, time: 0, flags: 0 }, 0)
  t.ok(builder.length > 0)
  builder.release()
  t.equal(builder.length, 0)
  builder.end()
})

t.test('ten seconds of video without a keyframe end a body that begins with its init segment', async t => {
  const pictures = (from: number, until: number) => Array.from({ length: (until - from) / 100 }, (_, index) => openCluster(from + index * 100, simple(1, 0), key(2, 1)))
  const pushed = (splitter: WebmSplitter, ...body: Uint8Array[]) => { for (const piece of body) splitter.push(piece) }
  const message = /^In 10 seconds of video there is no key frame \(a block of video with the keyframe flag\)/
  t.throws(() => { pushed(new WebmSplitter({ maxSegmentBytes: MAX }), av, ...pictures(0, 10_600)) }, { code: 'UNSUPPORTED_MEDIA', message })
  pushed(new WebmSplitter({ maxSegmentBytes: MAX }), av, ...pictures(0, 9_900), openCluster(9_900, key(1, 0)), ...pictures(10_000, 40_000))
  const { init } = split(av, openCluster(0, key(1, 0)))[0]!
  pushed(new WebmSplitter({ maxSegmentBytes: MAX, init }), ...pictures(0, 20_000))
  pushed(new WebmSplitter({ maxSegmentBytes: MAX }), av, ...Array.from({ length: 100 }, (_, index) => openCluster(index * 1000, key(2, 0))))
  pushed(new WebmSplitter({ maxSegmentBytes: MAX }), head(audio(1)), ...Array.from({ length: 100 }, (_, index) => openCluster(index * 1000, simple(1, 0))))
})

t.test('the frames of a segment are held until it is published', async t => {
  const builder = new SegmentBuilder(1, () => {})
  const programme = readProgramme(new Uint8Array(0), tracks(audio(1)).subarray(12))
  builder.begin(programme, true)
  const empty = builder.held
  const frames = ByteQueue.of([new Uint8Array(500_000)])
  builder.simpleBlock(programme.tracks.get(1)!, { track: 1, time: 0, flags: 0 }, frames.length)
  builder.frames(frames, frames.length)
  const full = builder.held
  t.ok(full >= 500_000 + empty, `it holds ${full} bytes`)
  builder.end()
  t.ok(builder.held < full - 400_000, `but for the room that the next is written into: ${builder.held} bytes`)
})
