// Segment by segment: those of other tracks are passed, inits come first, and what is no longer kept is left behind.
import t from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { SegmentReading } from '../../lib/reading/segment-reading.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

const AUDIO = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) } as const

/** Video and sound in turn, of a second each. */
function filled (bytes?: number): LiveBroadcast {
  const live = runningLife(bytes === undefined ? {} : { bytes })
  for (let second = 0; second < 3; second++) {
    live.publish('video', 'p', media({ init: VIDEO, start: second, duration: 1, join: second === 0 }))
    live.publish('audio', 'p', media({ init: AUDIO, start: second, duration: 1 }))
  }
  return live
}

const reading = (live: LiveBroadcast, tracks?: string) =>
  new SegmentReading(live, { lastEventId: undefined, secondsBehind: 0, tracks: tracks === undefined ? undefined : new Set([tracks]) })

t.test('all tracks, one after the other', async t => {
  const live = filled()
  const all = reading(live)
  t.equal(all.tracks, undefined)
  t.strictSame([all.place(), all.newest()], [{ cursor: 1, gap: undefined }, 1])
  const segment = live.window.get(2)!
  t.equal(all.pass(2), 2)
  t.match(all.item(2), { kind: 'segment', next: 3, segments: 1, since: segment.receivedAt, end: 1, life: 1, pause: undefined })
  t.equal(all.item(2), segment, 'which is what is kept')
  t.equal(all.item(7), undefined)
})

t.test('one track, with its own init segment', async t => {
  const live = filled()
  const sound = reading(live, 'audio')
  t.strictSame([...sound.tracks!], ['audio'])
  t.strictSame([1, 2, 3, 6, 7].map(cursor => sound.pass(cursor)), [2, 2, 4, 6, 7])
  const { init } = live.window.get(2)!
  t.equal(sound.init(2), init)
  sound.sent(init)
  t.equal(sound.init(2), undefined)
  t.equal(sound.fork().init(2), undefined)
})

t.test('what is no longer kept is left behind: at the newest join point, or without one at the oldest segment', async t => {
  const few = filled(filled().window.bytes / 2)
  t.ok(few.window.first > 2)
  t.equal(reading(few).beyondLoss(few.window.first), undefined)
  t.equal(reading(few).beyondLoss(1), few.window.first)
  few.publish('video', 'p', media({ init: VIDEO, start: 3, duration: 1 }))
  t.equal(reading(few).beyondLoss(1), 7)
})

/** Sends all init segments that are lacking before a segment. */
function sendInits (reading: SegmentReading, cursor: number): void {
  for (let init = reading.init(cursor); init !== undefined; init = reading.init(cursor)) reading.sent(init)
}

t.test('a reader of all tracks that was sent their init segments is given what every other is', async t => {
  const live = filled()
  const all = reading(live)
  t.notOk(all.isCommon)
  sendInits(all, 2)
  t.ok(all.isCommon)
  live.setInit('audio', { ...AUDIO, bytes: Uint8Array.of(5) })
  t.notOk(all.isCommon)
  const sound = reading(live, 'audio')
  sendInits(sound, 7)
  t.notOk(sound.isCommon)
})

t.test('who has lost its place begins as one who comes back with it, whatever it had begun with', async t => {
  const live = filled()
  t.match(reading(live).place('1000-2'), { cursor: 3, gap: undefined })
  t.match(reading(live).place('5-2'), { cursor: 1, gap: { from: '5-3', to: '1000-0', segments: null, reason: 'restart' } })
})
