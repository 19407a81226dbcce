// Where a viewer begins: after what it has, if that is kept; else at a join point, and then it is told what it misses.
import t from 'tap'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'
import { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { gapBetween, place } from '../../lib/viewer/place.js'
import type { Placement } from '../../lib/viewer/place.js'

const EPOCH = 1000
// A group of pictures of five seconds each, one second a segment.
const JOIN_POINTS = [1, 6, 11]

function filled (limits: { bytes?: number } = {}): LiveBroadcast {
  const live = runningLife({ ...limits, epoch: EPOCH })
  for (let sequence = 1; sequence <= 12; sequence++) {
    live.publish('main', media({ init: VIDEO, start: sequence - 1, duration: 1, join: JOIN_POINTS.includes(sequence) }))
  }
  return live
}

/** Bytes that keep the newest four of {@link filled}. */
function bytesOfFour (): number {
  const { window } = filled()
  return 4 * (window.bytes / window.size) + 100
}

const at = (live: LiveBroadcast, lastEventId: string | undefined, secondsBehind = 0): Placement | undefined => place(live, { lastEventId, secondsBehind })

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
  live.publish('main', media({ init: VIDEO, start: 0, duration: 1, join: false }))
  t.equal(at(live, undefined), undefined, 'no join point yet')
})

t.test('a gap\'s seconds are those of the timeline, where it is known', async t => {
  const live = filled()
  const gap = { broadcast: 'demo', from: '1000-3', to: '1000-10', segments: 8, reason: 'slow' }
  t.strictSame(gapBetween(live, 'slow', 3, 11, 2), { ...gap, seconds: 8 })
  t.strictSame(gapBetween(live, 'slow', 3, 11, 2.00049), { ...gap, seconds: 8 }, 'in milliseconds')
  t.strictSame(gapBetween(live, 'slow', 3, 11, undefined), { ...gap, seconds: null })
  t.strictSame(gapBetween(live, 'slow', 3, 11, 99), { ...gap, seconds: 0 }, 'never less than none')
  t.strictSame(gapBetween(live, 'expired', 3, 14, 2), { ...gap, to: '1000-13', segments: 11, seconds: null, reason: 'expired' }, 'nothing is known of where it leads')
})
