// Groups of pictures are found in the live window, once each, and only when somebody asks.
import t from 'tap'
import { Groups } from '../../lib/broadcast/groups.js'
import type { Group } from '../../lib/broadcast/groups.js'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import type { InitSegment } from '../../lib/media/segment.js'
import { weightOfInit, weightOfLife } from '../../lib/broadcast/weights.js'
import { JPEG, VIDEO, media, runningLife } from './lives.js'

const AUDIO: InitSegment = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) }
const LARGER: InitSegment = { ...VIDEO, width: 640, bytes: Uint8Array.of(5) }

/** Publishes segments of a second each: `K` can be joined at, `-` cannot. */
function publish (live: LiveBroadcast, pattern: string, { track = 'main', publisher = 'p', init = VIDEO } = {}): void {
  for (const kind of pattern) live.publish(track, publisher, media({ init, start: live.window.next - 1, duration: 1, join: kind === 'K' }))
}

const shown = (groups: readonly Group[]): string[] => groups.map(({ first, last, completeSince }) => `${first}-${last}${completeSince === undefined ? ' open' : ''}`)

t.test('a group goes from a join point up to before the next, and is complete when that has come', async t => {
  const live = runningLife()
  const groups = new Groups(live.window, 'main')
  t.strictSame(shown(groups.find(false)), [])
  publish(live, '--K--')
  t.strictSame(shown(groups.find(false)), ['3-5 open'], 'nothing before the first join point')
  publish(live, '-')
  t.strictSame(shown(groups.find(false)), ['3-6 open'])
  publish(live, 'K')
  t.strictSame(shown(groups.find(false)), ['3-6', '7-7 open'])
  const [first] = groups.find(false)
  t.match(first, { segments: 4, start: 2, end: 6, life: 1, pause: undefined, completeSince: live.window.get(7)!.receivedAt })
})

t.test('it is complete when nothing more will be published', async t => {
  const live = runningLife()
  publish(live, 'K-')
  const groups = new Groups(live.window, 'main')
  t.strictSame(shown(groups.find(true)), ['1-2'])
  const [{ completeSince } = {}] = groups.find(true)
  t.ok(completeSince! <= performance.now())
  t.equal(groups.find(true)[0]?.completeSince, completeSince, 'from then on')
})

t.test('the segments of other tracks are none of its own', async t => {
  const live = runningLife()
  for (const kind of 'K--K') {
    publish(live, kind, { track: 'video' })
    publish(live, 'K', { track: 'audio', init: AUDIO })
  }
  const video = new Groups(live.window, 'video').find(false)
  t.strictSame(shown(video), ['1-5', '7-7 open'])
  t.equal(video[0]?.segments, 3)
  t.strictSame(shown(new Groups(live.window, 'audio').find(false)), ['2-2', '4-4', '6-6', '8-8'], 'sound alone waits for nothing')
})

t.test('pictures stand alone, also as video that is one file a segment', async t => {
  for (const init of [JPEG, { ...JPEG, kind: 'video', mime: 'application/x-test' } as const]) {
    const live = runningLife()
    publish(live, 'KK', { init })
    t.strictSame(shown(new Groups(live.window, 'main').find(false)), ['1-1', '2-2'])
  }
})

t.test('another init segment ends it, and another publisher\'s life, whose pause is told with the first group that follows', async t => {
  const live = runningLife()
  const groups = new Groups(live.window, 'main')
  publish(live, 'K-')
  publish(live, '-', { init: LARGER })
  t.strictSame(shown(groups.find(false)), ['1-2'], 'it cannot be decoded from there')
  publish(live, 'K')
  publish(live, '-', { publisher: 'q' })
  publish(live, 'KK', { publisher: 'q' })
  const found = groups.find(false)
  t.strictSame(shown(found), ['1-2', '4-4', '6-6', '7-7 open'])
  t.strictSame(found.map(({ pause, life }) => [pause, life]), [[undefined, 1], [undefined, 1], [live.window.get(5)!.pause, 2], [undefined, 2]])
  t.ok(found[2]?.pause !== undefined)
})

t.test('start and end are those of all of its segments', async t => {
  const live = runningLife()
  live.publish('main', 'p', media({ init: VIDEO, start: 5, duration: 0.04 }))
  live.publish('main', 'p', media({ init: VIDEO, start: 4.9, duration: 0.3, join: false }))
  live.publish('main', 'p', media({ init: VIDEO, start: 5.04, duration: 0.04, join: false }))
  t.match(new Groups(live.window, 'main').find(true), [{ start: 4.9, end: 5.2 }])
})

t.test('one whose first segment is no longer kept is forgotten, also while it grew', async t => {
  const one = runningLife()
  publish(one, 'K')
  const { init } = one.window.get(1)!
  const carried = weightOfLife(1, 0) + weightOfInit(init)
  const live = runningLife({ bytes: 4.5 * (one.window.bytes - carried) + carried })
  const groups = new Groups(live.window, 'main')
  publish(live, 'K-K-')
  t.strictSame(shown(groups.find(false)), ['1-2', '3-4 open'])
  publish(live, '-')
  t.strictSame(shown(groups.find(false)), ['3-5 open'])
  publish(live, '--')
  t.strictSame(shown(groups.find(false)), [])
  publish(live, '-K-')
  t.strictSame(shown(groups.find(false)), ['9-10 open'])
  publish(live, '-----K-')
  t.strictSame(shown(groups.find(false)), ['16-17 open'], 'what came and went between two questions was never seen')
})
