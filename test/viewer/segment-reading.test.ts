// Segment by segment: those of other tracks are passed, inits come first, and what is no longer kept is left behind.
import t from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { SegmentReading } from '../../lib/viewer/segment-reading.js'
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

const reading = (live: LiveBroadcast, tracks?: string, inlineBytes = Infinity) =>
  new SegmentReading(live, { lastEventId: undefined, secondsBehind: 0, tracks: tracks === undefined ? undefined : new Set([tracks]) }, inlineBytes)

t.test('all tracks, one after the other', async t => {
  const live = filled()
  const all = reading(live)
  t.equal(all.tracks, undefined)
  t.strictSame([all.place(), all.newest()], [{ cursor: 1, gap: undefined }, 1])
  const { frame, receivedAt, reference } = live.window.get(2)!
  t.equal(all.pass(2), 2)
  t.match(all.due(2), { next: 3, segments: 1, since: receivedAt, end: 1, life: 1, pause: undefined })
  t.equal(all.frame(2), frame)
  t.equal(reading(live, undefined, 9).frame(2), reference.from(''))
  t.equal(all.due(7), undefined)
})

t.test('one track, with its own init segment', async t => {
  const live = filled()
  const sound = reading(live, 'audio')
  t.strictSame([...sound.tracks!], ['audio'])
  t.strictSame([1, 2, 3, 6, 7].map(cursor => sound.pass(cursor)), [2, 2, 4, 6, 7])
  t.equal(sound.init(2), live.window.get(2)!.init.frame)
  t.equal(sound.init(2), undefined)
})

t.test('what is no longer kept is left behind: at the newest join point, or without one at the oldest segment', async t => {
  const few = filled(filled().window.bytes / 2)
  t.ok(few.window.first > 2)
  t.equal(reading(few).beyondLoss(few.window.first), undefined)
  t.equal(reading(few).beyondLoss(1), few.window.first)
  few.publish('video', 'p', media({ init: VIDEO, start: 3, duration: 1 }))
  t.equal(reading(few).beyondLoss(1), 7)
})

t.test('who reads all tracks, and has been sent their init segments, is given what others are', async t => {
  const live = filled()
  const all = reading(live, undefined, 9)
  t.equal(all.edge, undefined)
  while (all.init(2) !== undefined);
  t.equal(all.edge, 9)
  live.setInit('audio', { ...AUDIO, bytes: Uint8Array.of(5) })
  t.equal(all.edge, undefined)
  const sound = reading(live, 'audio')
  while (sound.init(7) !== undefined);
  t.equal(sound.edge, undefined)
})

t.test('who has lost its place begins as one who comes back with it, whatever it had begun with', async t => {
  const live = filled()
  t.match(reading(live).place('1000-2'), { cursor: 3, gap: undefined })
  t.match(reading(live).place('5-2'), { cursor: 1, gap: { from: '5-3', to: '1000-0', segments: null, reason: 'restart' } })
})
