import t from 'tap'
import { Announcer } from '../../../lib/media/mpeg-ts/announcer.js'
import type { Draft } from '../../../lib/media/mpeg-ts/segmenter.js'
import type { ProgramMap } from '../../../lib/media/mpeg-ts/tables.js'
import type { Unit } from '../../../lib/media/mpeg-ts/units.js'
import type { InitSegment, MediaSegment } from '../../../lib/media/segment.js'
import { AUDIO, VIDEO, packet, pes, tables } from './build-ts.js'

const BOTH = tables([0x1b, VIDEO], [0x0f, AUDIO])
const SMALL = { codec: 'avc1.42c01f', width: 64, height: 48 }
const LARGE = { codec: 'avc1.64001f', width: 1280, height: 720 }
const MIMES = { av: 'video/mp2t; codecs="avc1.42c01f,mp4a.40.2"', video: 'video/mp2t; codecs="avc1.42c01f"', audio: 'video/mp2t; codecs="mp4a.40.2"' }

function announce ({ video = true, audio = true, known = undefined as InitSegment | undefined, maxWaiting = 1e6 } = {}) {
  const program: ProgramMap = {
    clockPid: VIDEO,
    video: video ? { pid: VIDEO, coding: 'h264' } : undefined,
    audio: audio ? { pid: AUDIO, coding: 'adts' } : undefined
  }
  const published: MediaSegment[] = []
  return { published, announcer: new Announcer({ program, tables: BOTH, maxWaiting, known, publish: segment => { published.push(segment) } }) }
}

function draft (start: number, { picture, sound = false, join = picture !== undefined }: { picture?: Unit['picture'], sound?: boolean, join?: boolean } = {}): Draft {
  const ticks = start * 90_000
  const unit = (pid: number, more: Partial<Unit>): Unit => ({
    pid, pts: ticks, dts: ticks, state: 'published', isKey: false, packets: [packet(pid, { starts: true, payload: pes({ pts: ticks }) })], ...more
  })
  const units = [unit(VIDEO, picture === undefined ? {} : { picture }), ...sound ? [unit(AUDIO, { frames: { codec: 'mp4a.40.2', seconds: 0.1 } })] : []]
  return { units, length: units.length * 188, held: units.length * 300, join, afterInit: start === 0, start, duration: 0.5, starts: new Map(units.map(({ pid }) => [pid, start])), ends: new Map(units.map(({ pid }) => [pid, start + 0.5])) }
}

t.test('segments wait until every stream has come', async t => {
  const { announcer, published } = announce()
  announcer.add(draft(0, { picture: SMALL }))
  t.strictSame(published, [])
  announcer.add(draft(0.5, { sound: true }))
  t.strictSame(published.map(({ start, duration, join, afterInit }) => [start, duration, join, afterInit]), [[0, 0.5, true, true], [0.5, 0.5, false, undefined]])
  t.strictSame(published[0]!.init, { bytes: BOTH, kind: 'av', mime: MIMES.av, mode: 'segments', width: 64, height: 48 })
  t.equal(published[1]!.init, published[0]!.init)
  t.strictSame(published.map(({ starts, ends }) => [[...starts!], [...ends!]]), [[[[VIDEO, 0]], [[VIDEO, 0.5]]], [[[VIDEO, 0.5], [AUDIO, 0.5]], [[VIDEO, 1], [AUDIO, 1]]]])
  t.strictSame(published.map(({ bytes }) => bytes.length), [BOTH.length + 188, 2 * 188])
  t.ok(Buffer.from(published[0]!.bytes).subarray(0, BOTH.length).equals(BOTH))
})

t.test('one that does not come is waited for two seconds, and told with the next join point when it does', async t => {
  const { announcer, published } = announce()
  for (const time of [0, 0.5, 1]) announcer.add(draft(time, time === 0 ? { picture: SMALL } : {}))
  t.equal(published.length, 0)
  announcer.add(draft(1.5))
  t.equal(published.length, 4)
  announcer.add(draft(2, { sound: true }))
  announcer.add(draft(2.5, { picture: SMALL, sound: true }))
  t.strictSame(published.map(({ init }) => init.mime), [...Array(5).fill(MIMES.video), MIMES.av])
  t.equal(published[0]!.init.kind, 'video')
})

t.test('nobody waits above the limit of bytes, or at the end', async t => {
  const limited = announce({ maxWaiting: 188 })
  limited.announcer.add(draft(0, { picture: SMALL }))
  t.equal(limited.published.length, 0)
  limited.announcer.add(draft(0.5))
  t.equal(limited.published.length, 2)
  const ended = announce()
  ended.announcer.add(draft(0, { picture: SMALL }))
  ended.announcer.flush()
  ended.announcer.flush()
  t.equal(ended.published.length, 1)
})

t.test('sound alone has no picture size', async t => {
  const { announcer, published } = announce({ video: false })
  const alone = draft(0, { sound: true, join: true })
  announcer.add({ ...alone, units: alone.units.slice(1) })
  t.strictSame(published[0]!.init, { bytes: BOTH, kind: 'audio', mime: MIMES.audio, mode: 'segments' })
})

t.test('another picture size is another init segment; the same one keeps its object', async t => {
  const { announcer, published } = announce({ audio: false })
  for (const [index, picture] of [SMALL, SMALL, LARGE, undefined].entries()) announcer.add(draft(index, picture === undefined ? {} : { picture }))
  const [one, two, three, four] = published.map(({ init }) => init)
  t.equal(two, one)
  t.match(three, { mime: 'video/mp2t; codecs="avc1.64001f"', width: 1280, height: 720 })
  t.equal(four, three)
})

t.test("an earlier splitter's init segment is used again where it is the same", async t => {
  const first = announce({ audio: false })
  first.announcer.add(draft(0, { picture: SMALL }))
  const known = first.published[0]!.init
  const initWith = (init: InitSegment) => {
    const { announcer, published } = announce({ audio: false, known: init })
    announcer.add(draft(0, { picture: SMALL }))
    return published[0]!.init
  }
  t.equal(initWith(known), known)
  const { bytes, ...type } = known
  for (const other of [{ ...known, width: 65 }, { ...known, bytes: BOTH.subarray(1) }, { ...known, bytes: BOTH.map(byte => byte ^ 1) }, type]) t.strictSame(initWith(other), known)
})

t.test('a shift reaches the streams of the programme', async t => {
  const { announcer, published } = announce()
  announcer.add(draft(1, { picture: SMALL, sound: true }))
  const [segment] = published
  const wanted = [tables([0x1b, VIDEO], [0x0f, AUDIO]), ...[VIDEO, AUDIO].map(pid => packet(pid, { starts: true, payload: pes({ pts: 3 * 90_000 }) }))]
  t.equal(segment!.shift!(2), segment!.bytes)
  t.ok(Buffer.concat(wanted).equals(segment!.bytes))
  const video = announce({ audio: false })
  video.announcer.add(draft(1, { picture: SMALL, sound: true }))
  t.ok(Buffer.concat([wanted[0]!, wanted[1]!, packet(AUDIO, { starts: true, payload: pes({ pts: 90_000 }) })]).equals(video.published[0]!.shift!(2)))
})

t.test('what waits is held, until it is published', async t => {
  const { announcer } = announce()
  const drafts = [draft(0, { picture: SMALL }), draft(0.5)]
  for (const waiting of drafts) announcer.add(waiting)
  t.equal(announcer.held, drafts.reduce((sum, { held }) => sum + held, 0))
  announcer.add(draft(1, { sound: true }))
  t.equal(announcer.held, 0)
})
