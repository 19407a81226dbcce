import t from 'tap'
import { JoinWait } from '../../../lib/media/join-wait.js'
import { PATIENCE, Segmenter } from '../../../lib/media/mpeg-ts/segmenter.js'
import type { Draft } from '../../../lib/media/mpeg-ts/segmenter.js'
import { TICKS } from '../../../lib/media/mpeg-ts/pes.js'
import type { Unit } from '../../../lib/media/mpeg-ts/units.js'

const VIDEO = 1
const AUDIO = 2
const PACKET = new Uint8Array(188)
const PICTURE = { codec: 'avc1.42c01f', width: 64, height: 48 }
const FRAME = 0.04

/** Feeds a segmenter with units by their time in seconds. */
class Feed {
  readonly drafts: Draft[] = []
  readonly segmenter: Segmenter
  #open: Unit | undefined

  constructor ({ video = true, audio = true, maxSegmentBytes = 1e6 } = {}) {
    const program = {
      clockPid: VIDEO,
      video: video ? { pid: VIDEO, coding: 'h264' as const } : undefined,
      audio: audio ? { pid: AUDIO, coding: 'adts' as const } : undefined
    }
    this.segmenter = new Segmenter({ maxSegmentBytes, segmentDuration: 0.25, program, joins: new JoinWait('none'), publish: draft => { this.drafts.push(draft) } })
  }

  /** Begins a picture, which makes the one before whole. */
  video (time: number | undefined, { key = false, sps = key, late = 0 }: { key?: boolean, sps?: boolean, late?: number } = {}): Unit {
    const unit = unitOf(VIDEO, time, late)
    unit.isKey = key
    if (sps) unit.picture = PICTURE
    if (this.#open !== undefined) this.segmenter.finish(this.#open)
    this.#open = unit
    this.segmenter.beginVideo(unit)
    this.segmenter.add(unit, PACKET)
    this.segmenter.knowVideo(unit)
    return unit
  }

  pictures (from: number, count: number): void {
    for (let index = 0; index < count; index++) this.video(from + index * FRAME, { key: index === 0 })
  }

  openAudio (time: number | undefined): Unit {
    const unit = unitOf(AUDIO, time)
    this.segmenter.beginAudio(unit)
    if (unit.state === 'open') this.segmenter.add(unit, PACKET)
    return unit
  }

  audio (time: number | undefined, seconds: number | undefined = 0.1): Unit {
    const unit = this.openAudio(time)
    if (seconds > 0) unit.frames = { codec: 'mp4a.40.2', seconds }
    this.segmenter.finish(unit)
    return unit
  }

  end (): Draft[] {
    if (this.#open !== undefined) this.segmenter.finish(this.#open)
    this.segmenter.flush()
    return this.drafts
  }

  get times (): Array<[number, number, boolean]> {
    return this.end().map(({ start, duration, join }) => [round(start), round(duration), join])
  }
}

function unitOf (pid: number, time: number | undefined, late = 0): Unit {
  const dts = time === undefined ? undefined : Math.round(time * TICKS)
  return { pid, dts, pts: dts === undefined ? undefined : dts + Math.round(late * TICKS), packets: [], state: 'open', isKey: false }
}
const round = (seconds: number) => Math.round(seconds * 1000) / 1000
const pids = ({ units }: Draft) => units.map(({ pid }) => pid).join('')

t.test('segments begin at key pictures, and at the first picture after their duration', async t => {
  const feed = new Feed()
  feed.pictures(10, 12)
  feed.pictures(10.48, 3)
  t.strictSame(feed.times, [[10, 0.28, true], [10.28, 0.2, false], [10.48, 0.12, true]])
  t.strictSame(feed.drafts.map(({ ends }) => round(ends.get(VIDEO)!)), [10.28, 10.48, 10.6])
  t.strictSame(feed.drafts.map(({ starts }) => [...starts].map(([pid, time]) => [pid, round(time)])), [[[VIDEO, 10]], [[VIDEO, 10.28]], [[VIDEO, 10.48]]])
  t.strictSame(feed.drafts.map(({ afterInit, length }) => [afterInit, length]), [[true, 7 * 188], [false, 5 * 188], [false, 3 * 188]])
})

t.test('the earliest and the latest presentation count, not the first and the last', async t => {
  const feed = new Feed({ audio: false })
  feed.video(0, { key: true, late: 0.08 })
  feed.video(0.04, { late: 0.16 })
  feed.video(0.08, { late: -0.02 })
  const [draft] = feed.end()
  t.strictSame([draft?.start, draft?.starts.get(VIDEO), draft?.duration, draft?.ends.get(VIDEO)].map(time => round(time!)), [0.06, 0.06, 0.12, 0.24])
})

t.test('a single picture lasts until the next, and nothing at the end', async t => {
  const feed = new Feed({ audio: false })
  feed.video(0, { key: true })
  feed.video(0.5, { key: true })
  t.strictSame(feed.times, [[0, 0.5, true], [0.5, 0.5, true]])
  const alone = new Feed({ audio: false })
  alone.video(3, { key: true })
  t.strictSame(alone.times, [[3, 0, true]])
  t.equal(feed.drafts[0]?.ends.get(VIDEO), 0.5)
})

t.test('sound without video is cut by time', async t => {
  const feed = new Feed({ video: false })
  for (let index = 0; index < 7; index++) feed.audio(index / 10)
  t.strictSame(feed.times, [[0, 0.3, true], [0.3, 0.3, true], [0.6, 0.1, true]])
  t.equal(round(feed.drafts[0]!.ends.get(AUDIO)!), 0.3)
})

t.test('what cannot be decoded at the start is dropped, and the sound before it', async t => {
  const feed = new Feed()
  feed.audio(undefined)
  const open = feed.openAudio(0)
  feed.audio(0.1)
  feed.video(0)
  feed.video(0.04, { key: true, sps: false })
  feed.video(undefined, { key: true })
  feed.segmenter.finish(open)
  feed.segmenter.addClock(PACKET)
  feed.audio(0.2)
  feed.video(0.1, { key: true })
  feed.segmenter.addClock(PACKET)
  feed.video(undefined)
  feed.video(0.14)
  const [draft, ...more] = feed.end()
  t.same(more, [])
  t.equal(draft?.units.map(({ pid }) => pid).join(' '), '2 2 1 -1 1 1')
})

t.test('sound that is open goes with the segment in which it ends', async t => {
  const feed = new Feed()
  feed.pictures(0, 5)
  feed.audio(0)
  const open = feed.openAudio(0.1)
  feed.video(0.2, { key: true })
  feed.segmenter.add(open, PACKET)
  open.frames = { codec: 'mp4a.40.2', seconds: 0.1 }
  feed.segmenter.finish(open)
  const [first, second] = feed.end()
  t.strictSame([pids(first!), pids(second!)], ['111112', '21'])
  t.strictSame([first!, second!].map(({ starts }) => [VIDEO, AUDIO].map(pid => round(starts.get(pid)!))), [[0, 0], [0.2, 0.1]])
  t.equal(round(second!.start), 0.1)
  t.ok(second!.join)
})

t.test('sound of which no frame was found is dropped; later it is kept, and adds no time', async t => {
  const feed = new Feed()
  t.equal(feed.audio(0, 0).state, 'dropped')
  feed.pictures(0, 2)
  t.equal(feed.audio(0).state, 'whole')
  t.equal(feed.audio(0.1, 0).state, 'whole')
  t.equal(feed.end()[0]?.ends.get(AUDIO), 0.1)
})

t.test('times that begin anew begin a segment, with a key picture', async t => {
  const feed = new Feed({ audio: false })
  feed.pictures(100, 3)
  feed.video(99.5)
  feed.video(1)
  feed.pictures(1.04, 2)
  t.strictSame(feed.times, [[99.5, 0, true], [1.04, 0.08, true]])
  t.strictSame(feed.drafts.map(({ afterInit }) => afterInit), [true, true])
})

t.test('sound whose times begin anew before the video ends what was open', async t => {
  const feed = new Feed()
  feed.pictures(100, 3)
  feed.audio(100)
  const lost = feed.openAudio(1)
  t.equal(feed.drafts.length, 1)
  t.equal(pids(feed.drafts[0]!), '112', 'the open picture is not known to be whole')
  feed.video(1, { key: true })
  feed.segmenter.drop(lost)
  feed.end()
  t.strictSame(feed.drafts.map(({ start, afterInit }) => [start, afterInit]), [[100, true], [1, true]])
})

t.test('sound goes on where pictures stop', async t => {
  const feed = new Feed()
  feed.pictures(0, 2)
  for (let index = 0; index < 50; index++) feed.audio(index / 10)
  t.strictSame(feed.drafts.map(({ start, join }) => [round(start), join]), [[0, true], [2.1, false]])
  t.equal(pids(feed.drafts[0]!), '1' + '2'.repeat(21), 'the newest picture is not known to be whole')
  feed.video(5, { key: true })
  feed.video(5.04)
  t.strictSame(feed.times.slice(2), [[0.04, 4.96, false], [5, 0.08, true]])
  feed.audio(20)
  t.equal(feed.drafts.length, 4, 'after an end, sound alone is no reason to cut')
})

t.test('video that never comes is not waited for, and may come later', async t => {
  const feed = new Feed()
  let time = 0
  for (; time * TICKS <= PATIENCE + TICKS; time += 0.1) feed.audio(time)
  t.ok(feed.drafts.length >= 2)
  t.ok(feed.drafts.every(({ join }) => join))
  feed.video(time)
  feed.audio(time)
  feed.video(time + 0.04, { key: true })
  feed.audio(time + 0.1)
  feed.video(time + 0.08)
  const drafts = feed.end()
  t.equal(drafts.at(-1)!.units.filter(({ pid }) => pid === VIDEO).length, 2)
  t.ok(drafts.at(-1)!.join)
  t.equal(drafts.at(-2)!.ends.get(VIDEO), undefined)
})

t.test('a segment that has lost its key picture is no join point, and one with sound alone tells its time', async t => {
  const feed = new Feed()
  feed.pictures(0, 2)
  feed.segmenter.drop(feed.video(0.1, { key: true }))
  feed.audio(0.1)
  feed.segmenter.drop(feed.video(0.2, { key: true }))
  feed.segmenter.drop(feed.video(0.3, { key: true }))
  feed.video(0.4)
  t.strictSame(feed.times, [[0, 0.1, true], [0.1, 0.1, false], [0.4, 0.1, false]])
})

t.test('a published unit is not dropped any more', async t => {
  const feed = new Feed({ audio: false })
  const unit = feed.video(0, { key: true })
  feed.video(1, { key: true })
  feed.segmenter.drop(unit)
  t.equal(feed.drafts[0]?.units[0]?.packets.length, 1)
})

t.test('a segment above the limit is refused', async t => {
  const feed = new Feed({ maxSegmentBytes: 3 * 188 })
  const unit = feed.video(0, { key: true })
  feed.segmenter.add(unit, PACKET)
  feed.segmenter.add(unit, PACKET)
  t.throws(() => feed.segmenter.add(unit, PACKET), { code: 'SEGMENT_TOO_LARGE', message: 'A segment of at least 752 bytes is above the limit of 564: lower the bit rate (-b:v in ffmpeg), or raise maxSegmentBytes' })
})

t.test('without a key picture for ten seconds the body ends; a gap or a jump is no time', async t => {
  const seconds = (feed: Feed, from: number, until: number) => { for (let time = from; time < until; time += 0.5) feed.video(time) }
  const feed = new Feed()
  seconds(feed, 100, 110)
  t.throws(() => feed.video(110), { code: 'UNSUPPORTED_MEDIA', message: /^In 10 seconds of video there is none, so nobody/ })
  const jumping = new Feed()
  for (const from of [0, 3600, 7200, 50]) seconds(jumping, from, from + 1.5)
  jumping.video(undefined)
  const late = new Feed()
  seconds(late, 0, 10)
  late.video(10, { key: true })
  seconds(late, 10.5, 40)
  seconds(late, 0, 15)
  t.equal(late.end()[0]?.join, true, 'one that comes in time is fine, and what follows may be long')
})

t.test('where sound is published without the pictures, it goes on', async t => {
  const feed = new Feed()
  for (let index = 0; index < 30; index++) feed.audio(index / 10)
  for (let time = 3; time < 20; time += 0.5) {
    feed.video(time)
    feed.audio(time)
  }
  t.ok(feed.end().every(({ join }) => join))
})

t.test('packets of the clock stay where they came, those in a row together', async t => {
  const feed = new Feed({ audio: false })
  feed.segmenter.addClock(PACKET)
  feed.video(0, { key: true })
  feed.segmenter.addClock(PACKET)
  feed.segmenter.addClock(PACKET)
  feed.video(0.04)
  feed.segmenter.addClock(PACKET)
  const [draft] = feed.end()
  t.strictSame(draft?.units.map(({ packets }) => packets.length), [1, 2, 1, 1], 'before the first picture there is nothing to stay with')
  t.equal(draft?.length, 5 * 188)
})
