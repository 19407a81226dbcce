// Where a viewer begins: after what it has, if that is kept; else at a join point, and then it is told what it misses.
import t from 'tap'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'
import { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { weightOfInit, weightOfLife } from '../../lib/broadcast/weights.js'
import { gapBetween, joinedGap, newestJoin, place } from '../../lib/reading/join.js'
import type { Placement } from '../../lib/reading/join.js'
import type { GapReason } from '../../lib/wire.js'

const EPOCH = 1000
// A group of pictures of five seconds each, one second a segment.
const JOIN_POINTS = [1, 6, 11]

function filled (limits: { bytes?: number } = {}): LiveBroadcast {
  const live = runningLife({ ...limits, epoch: EPOCH })
  for (let sequence = 1; sequence <= 12; sequence++) {
    live.publish('main', 'p', media({ init: VIDEO, start: sequence - 1, duration: 1, join: JOIN_POINTS.includes(sequence) }))
  }
  return live
}

/** Bytes that keep the newest four of {@link filled}. */
function bytesOfFour (): number {
  const { window } = filled()
  const besides = weightOfInit(window.get(window.first)!.init) + weightOfLife(1, 0)
  return 4.5 * (window.bytes - besides) / window.size + besides
}

const AUDIO = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) } as const

function at (live: LiveBroadcast, lastEventId: string | undefined, secondsBehind = 0, tracks?: ReadonlySet<string>): Placement | undefined {
  return place(live, { lastEventId, secondsBehind, tracks })
}

t.test('without a wish a viewer begins at the newest join point', async t => {
  t.strictSame(at(filled(), undefined), { cursor: 11, gap: undefined })
})

t.test('a viewer may begin at the oldest join point, or so many seconds behind', async t => {
  const live = filled()
  t.strictSame(at(live, undefined, Infinity), { cursor: 1, gap: undefined })
  t.strictSame(at(live, undefined, 1000), { cursor: 1, gap: undefined }, 'as far as is kept')
  const middle = live.window.get(6)!
  Object.assign(middle, { receivedAt: middle.receivedAt - 10_000 })
  Object.assign(live.window.get(1)!, { receivedAt: middle.receivedAt - 10_000 })
  t.strictSame(at(live, undefined, 8), { cursor: 6, gap: undefined })
  t.strictSame(at(live, undefined, 15), { cursor: 1, gap: undefined })
})

t.test('a viewer that comes back gets exactly what it has missed', async t => {
  const live = filled()
  for (let sequence = 0; sequence <= 12; sequence++) t.strictSame(at(live, `${EPOCH}-${sequence}`), { cursor: sequence + 1, gap: undefined })
  t.strictSame(at(live, `${EPOCH}-3`, Infinity), { cursor: 4, gap: undefined }, 'wherever it had once begun')
})

t.test('what is no longer kept is a gap that is counted', async t => {
  const live = filled({ bytes: bytesOfFour() })
  t.equal(live.window.first, 9)
  t.strictSame(at(live, `${EPOCH}-3`), {
    cursor: 11,
    gap: { broadcast: 'demo', from: '1000-4', to: '1000-10', segments: 7, seconds: null, reason: 'expired' }
  })
  t.strictSame(at(live, `${EPOCH}-8`), { cursor: 9, gap: undefined }, 'the oldest that is kept is still whole')
  t.strictSame(at(live, `${EPOCH}-7`)?.gap?.from, '1000-8')
})

t.test('another life\'s id, and one that was never given, are a gap that nobody can count', async t => {
  const live = filled()
  const gap = { broadcast: 'demo', to: '1000-10', segments: null, seconds: null, reason: 'restart' }
  t.strictSame(at(live, '999-40'), { cursor: 11, gap: { ...gap, from: '999-41' } })
  t.strictSame(at(live, '1001-1'), { cursor: 11, gap: { ...gap, from: '1001-2' } })
  t.strictSame(at(live, '1000-13'), { cursor: 11, gap: { ...gap, from: '1000-14' } }, 'beyond the latest')
  t.strictSame(at(live, 'nonsense'), { cursor: 11, gap: { ...gap, from: '1000-1' } })
  t.strictSame(at(live, '999-40', Infinity)?.cursor, 11, 'to the live edge, wherever it had once begun')
})

t.test('while there is nothing to begin with a viewer has no place', async t => {
  const live = runningLife({ epoch: EPOCH })
  t.equal(at(live, undefined), undefined)
  t.equal(at(live, '999-1'), undefined)
  t.strictSame(at(live, `${EPOCH}-0`), { cursor: 1, gap: undefined }, 'but the one after the state it was told')
  live.publish('main', 'p', media({ init: VIDEO, start: 0, duration: 1, join: false }))
  t.equal(at(live, undefined), undefined, 'no join point yet')
})

t.test('of what has ended, with nothing to join at, all that is missing is told', async t => {
  const live = runningLife({ bytes: 1, epoch: EPOCH })
  for (let start = 0; start < 4; start++) live.publish('main', 'p', media({ init: VIDEO, start, duration: 1, join: start === 0 }))
  t.equal(live.window.first, 4)
  t.equal(at(live, `${EPOCH}-1`), undefined, 'a join point may still come')
  live.end()
  const gap = { broadcast: 'demo', to: '1000-4', seconds: null }
  t.strictSame(at(live, `${EPOCH}-1`), { cursor: 5, gap: { ...gap, from: '1000-2', segments: 3, reason: 'expired' } })
  t.strictSame(at(live, '999-7'), { cursor: 5, gap: { ...gap, from: '999-8', segments: null, reason: 'restart' } })
  t.strictSame(at(live, `${EPOCH}-3`), { cursor: 4, gap: undefined }, 'what is kept is given')
  t.equal(at(live, undefined), undefined, 'who has come for nothing yet misses nothing')
})

t.test('a gap\'s seconds are those of the timeline, where it is known', async t => {
  const live = filled()
  const gap = { broadcast: 'demo', from: '1000-3', to: '1000-10', segments: 8, reason: 'slow' } as const
  const between = (to: number, position: number | undefined, reason: GapReason = 'slow') => gapBetween(live, { reason, from: 3, to, position })
  t.strictSame(between(11, 2), { ...gap, seconds: 8 })
  t.strictSame(between(11, 2.00049), { ...gap, seconds: 8 }, 'in milliseconds')
  t.strictSame(between(11, undefined), { ...gap, seconds: null })
  t.strictSame(between(11, 99), { ...gap, seconds: 0 }, 'never less than none')
  t.strictSame(between(14, 2, 'expired'), { ...gap, to: '1000-13', segments: 11, seconds: null, reason: 'expired' }, 'nothing is known of where it leads')
})

/** Video and sound in turn, six segments each, of a second each; the video can be joined at its first and fourth. */
function twoTracks (limits: { bytes?: number } = {}): LiveBroadcast {
  const live = runningLife({ ...limits, epoch: EPOCH })
  for (let second = 0; second < 6; second++) {
    live.publish('video', 'p', media({ init: VIDEO, start: second, duration: 1, join: second % 3 === 0 }))
    live.publish('audio', 'p', media({ init: AUDIO, start: second, duration: 1 }))
  }
  return live
}

const tracks = (...names: string[]) => new Set(names)

t.test('who watches some tracks begins at a join point of theirs', async t => {
  const live = twoTracks()
  t.equal(newestJoin(live, undefined), 7)
  t.equal(newestJoin(live, tracks('video')), 7)
  t.equal(newestJoin(live, tracks('video', 'audio')), 7)
  t.equal(newestJoin(live, tracks('audio')), 12, 'without the video, sound alone is enough')
  t.equal(newestJoin(live, tracks('audio'), -Infinity), 2)
  t.equal(newestJoin(live, tracks('captions')), undefined)
  t.strictSame(at(live, undefined, 0, tracks('audio')), { cursor: 12, gap: undefined })
  t.strictSame(at(live, `${EPOCH}-3`, 0, tracks('audio')), { cursor: 4, gap: undefined })
  t.equal(at(live, undefined, 0, tracks('captions')), undefined)
})

t.test('a gap counts the segments of the tracks that are watched, where they are still known', async t => {
  const live = twoTracks()
  const missing = { reason: 'slow', from: 2, to: 7 } as const
  t.equal(gapBetween(live, missing).segments, 5)
  t.equal(gapBetween(live, { ...missing, tracks: tracks('audio') }).segments, 3)
  t.equal(gapBetween(live, { ...missing, tracks: tracks('video') }).segments, 2)
  const few = twoTracks({ bytes: live.window.bytes / 3 })
  t.ok(few.window.first > 2)
  t.match(at(few, `${EPOCH}-1`, 0, tracks('audio')), { cursor: 12, gap: { from: '1000-2', to: '1000-11', segments: null, reason: 'expired' } })
})

t.test('two gaps that follow one another are one', async t => {
  const first = { broadcast: 'demo', from: '1000-2', to: '1000-4', segments: 3, seconds: 1.1, reason: 'slow' } as const
  const second = { broadcast: 'demo', from: '1000-5', to: '1000-9', segments: 5, seconds: 2.2, reason: 'expired' } as const
  t.strictSame(joinedGap(first, second), { broadcast: 'demo', from: '1000-2', to: '1000-9', segments: 8, seconds: 3.3, reason: 'slow' })
  t.match(joinedGap({ ...first, segments: null }, { ...second, seconds: null }), { segments: null, seconds: null })
  t.match(joinedGap({ ...first, seconds: null }, { ...second, segments: null }), { segments: null, seconds: null })
})
