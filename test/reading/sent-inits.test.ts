// A viewer is sent each init segment before what needs it, once, and all of them before any media.
import t from 'tap'
import type { InitSegment } from '../../lib/media/segment.js'
import { SentInits } from '../../lib/reading/sent-inits.js'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import type { Init, WindowSegment } from '../../lib/broadcast/window-segment.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

const AUDIO: InitSegment = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) }
const LARGER: InitSegment = { ...VIDEO, width: 640, bytes: Uint8Array.of(5) }
const all = () => true

/** What is lacking, which is sent then. */
function next (inits: SentInits, live: LiveBroadcast, segment: WindowSegment | undefined, wants: (track: string) => boolean): Init | undefined {
  const init = inits.lacking(live, segment, wants)
  t.equal(inits.lacking(live, segment, wants), init, 'it is lacking until it is sent')
  if (init !== undefined) inits.sent(init)
  return init
}

t.test('the segment\'s own comes first, then those of the other tracks, each once', async t => {
  const live = runningLife()
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  const audio = live.publish('audio', 'p', media({ init: AUDIO }))
  const inits = new SentInits()
  t.equal(next(inits, live, audio, all), audio.init)
  t.equal(next(inits, live, audio, all), video.init)
  t.equal(next(inits, live, audio, all), undefined)
  t.equal(next(inits, live, video, all), undefined)
  t.equal(next(inits, live, audio, all), undefined)
})

t.test('it comes again when it has changed, and when it has changed back', async t => {
  const live = runningLife()
  const segments = [VIDEO, LARGER, VIDEO].map(init => live.publish('video', 'p', media({ init })))
  const inits = new SentInits()
  t.strictSame(segments.map(segment => [next(inits, live, segment, all)?.version, next(inits, live, segment, all)]), [[1, undefined], [2, undefined], [3, undefined]])
})

t.test('of another track it is the one that its next segment needs, not the newest', async t => {
  const live = runningLife()
  const audio = live.publish('audio', 'p', media({ init: AUDIO }))
  live.publish('audio', 'p', media({ init: AUDIO }))
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  const larger = live.publish('video', 'p', media({ init: LARGER }))
  const inits = new SentInits()
  t.equal(next(inits, live, audio, all), audio.init)
  t.equal(next(inits, live, audio, all), video.init)
  t.equal(next(inits, live, audio, all), undefined)
  t.equal(next(inits, live, larger, all), larger.init)
})

t.test('a track without a segment to come has its newest, also at the live edge', async t => {
  const live = runningLife()
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  const audio = live.setInit('audio', AUDIO)
  const inits = new SentInits()
  t.equal(next(inits, live, video, all), video.init)
  t.equal(next(inits, live, video, all), audio)
  const atEdge = new SentInits()
  t.strictSame([1, 2, 3].map(() => next(atEdge, live, undefined, all)), [video.init, audio, undefined])
})

t.test('a track that is not watched has none to send, and one that comes later is sent then', async t => {
  const live = runningLife()
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  live.publish('audio', 'p', media({ init: AUDIO }))
  const inits = new SentInits()
  const wants = (track: string) => track !== 'audio'
  t.equal(next(inits, live, video, wants), video.init)
  t.equal(next(inits, live, video, wants), undefined)
  const captions = live.publish('captions', 'p', media({ init: { ...AUDIO, kind: 'other' } }))
  t.equal(next(inits, live, undefined, wants), captions.init)
})

t.test('they are complete while those of all tracks were sent as they are', async t => {
  const live = runningLife()
  const inits = new SentInits()
  t.ok(inits.areComplete(live), 'of no track')
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  t.notOk(inits.areComplete(live))
  next(inits, live, video, all)
  t.ok(inits.areComplete(live))
  live.setInit('audio', AUDIO)
  t.notOk(inits.areComplete(live))
  next(inits, live, undefined, all)
  t.ok(inits.areComplete(live))
  live.setInit('video', LARGER)
  t.notOk(inits.areComplete(live))
})

t.test('a fork was sent the same, and goes on by itself', async t => {
  const live = runningLife()
  const video = live.publish('video', 'p', media({ init: VIDEO }))
  const inits = new SentInits()
  const before = inits.fork()
  next(inits, live, video, all)
  t.ok(inits.fork().areComplete(live))
  t.notOk(before.areComplete(live))
})
