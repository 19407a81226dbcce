// A cursor tells what comes next, stays there until that is passed, and is moved where it must; forks of it go on by themselves.
import t from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { Cursor } from '../../lib/reading/cursor.js'
import type { CursorOptions, Step } from '../../lib/reading/cursor.js'
import { SegmentReading } from '../../lib/reading/segment-reading.js'
import { WholeReading } from '../../lib/reading/whole-reading.js'
import type { GapMessage } from '../../lib/wire.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

const AUDIO = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) } as const
const EPOCH = 1000

interface Asked extends CursorOptions { readonly tracks?: string, readonly secondsBehind?: number }

function cursorOf (live: LiveBroadcast, { tracks, secondsBehind = 0, ...options }: Asked = {}): Cursor {
  const start = { lastEventId: options.lastEventId, secondsBehind, tracks: tracks === undefined ? undefined : new Set([tracks]) }
  return new Cursor(live, new SegmentReading(live, start), options)
}

/** Segments of a second each: `K` can be joined at, `-` cannot. */
function publish (live: LiveBroadcast, pattern: string, bytes = 10): void {
  for (const kind of pattern) live.publish('main', 'p', media({ init: VIDEO, start: live.window.next - 1, duration: 1, join: kind === 'K', bytes: new Uint8Array(bytes) }))
}

/** A step in a word. */
function said (step: Step): string {
  if (step.kind === 'state') return step.state
  if (step.kind === 'gap') return `gap ${step.gap.reason} ${step.gap.from} to ${step.gap.to}`
  if (step.kind === 'init') return `init ${step.init.track} ${step.init.version}`
  if (step.kind === 'segment') return step.id
  if (step.kind === 'file') return `file to ${step.next - 1}`
  return step.kind
}

/** All that comes, until the cursor waits or has come to the end. */
function steps (cursor: Cursor): string[] {
  const all: string[] = []
  for (let step = cursor.next(); step !== undefined; step = cursor.next()) {
    all.push(said(step))
    if (step.kind === 'end') break
    cursor.pass(step)
  }
  return all
}

t.test('a step stays next until it is passed', async t => {
  const live = runningLife()
  publish(live, 'K')
  const cursor = cursorOf(live)
  for (const expected of ['live', 'init main 1', `${EPOCH}-1`]) {
    const step = cursor.next()!
    t.equal(said(step), expected)
    t.equal(said(cursor.next()!), expected)
    cursor.pass(step)
  }
  t.equal(cursor.next(), undefined)
  t.ok(cursor.isAtEdge && cursor.isCommon && cursor.isCurrent)
  t.equal(cursor.place, `${EPOCH}-1`)
})

t.test('a reader that comes before the publisher is told of both, and has the first segment', async t => {
  const live = runningLife({ epoch: 0 })
  const waiting = new Proxy(live, { get: (target, name) => name === 'state' ? 'waiting' : Reflect.get(target, name, target) })
  const cursor = cursorOf(waiting)
  t.strictSame(steps(cursor), ['waiting'])
  t.equal(cursor.place, undefined)
})

t.test('an item that was found stays next, also when it is no longer kept', async t => {
  const live = runningLife({ bytes: 2000 })
  publish(live, 'K')
  const cursor = cursorOf(live)
  cursor.pass(cursor.next()!)
  cursor.pass(cursor.next()!)
  const found = cursor.next()!
  publish(live, 'KKKKKK', 500)
  t.ok(live.window.first > 1)
  t.equal(cursor.next(), found)
  cursor.pass(found)
  t.match(steps(cursor), [/^gap expired 1000-2 to/, /^1000-/])
})

t.test('the end comes last, and a reader of an ended broadcast has all that is kept before it', async t => {
  const live = runningLife()
  publish(live, 'K-')
  live.end()
  t.strictSame(steps(cursorOf(live)), ['live', 'init main 1', `${EPOCH}-1`, `${EPOCH}-2`, 'end'])
})

t.test('what is lost is a gap, told once, also where the reader is moved on twice before it is told', async t => {
  const live = runningLife({ bytes: 1e5 })
  publish(live, 'K')
  const moves: GapMessage[] = []
  const cursor = cursorOf(live)
  cursor.reader = { movedOn: gap => { moves.push(gap) } }
  steps(cursor)
  publish(live, '-K-')
  cursor.skip()
  publish(live, '-K')
  const place = cursor.place
  cursor.skip()
  cursor.skip()
  t.strictSame([place, cursor.place], [`${EPOCH}-1`, `${EPOCH}-1`], 'until it is told, the reader comes back before the gap')
  t.match(moves, [{ from: '1000-2', to: '1000-2' }, { from: '1000-3', to: '1000-5' }])
  t.strictSame(steps(cursor), ['gap slow 1000-2 to 1000-5', `${EPOCH}-6`])
})

t.test('a numbering that begins again is a loss, and its place is where the reader comes back', async t => {
  const live = runningLife()
  publish(live, 'K')
  const cursor = cursorOf(live)
  steps(cursor)
  live.start(EPOCH + 1)
  t.notOk(cursor.isCurrent)
  t.strictSame(steps(cursor), ['live'])
  t.equal(cursor.place, `${EPOCH}-1`)
  publish(live, 'K')
  t.strictSame(steps(cursor), ['gap restart 1000-2 to 1001-0', 'init main 1', '1001-1'])
})

t.test('a pause of the publisher is told once, with whichever track comes first; not to one that has just come, nor again to one that comes back', async t => {
  const live = runningLife()
  const both = (publisher: string): void => {
    live.publish('video', publisher, media({ init: VIDEO, start: 0, duration: 1, afterInit: true }))
    live.publish('audio', publisher, media({ init: AUDIO, start: 0, duration: 1, afterInit: true }))
  }
  both('one')
  const there = cursorOf(live)
  steps(there)
  live.publish('video', 'other', media({ init: VIDEO, start: 0, duration: 1, afterInit: true }))
  const fresh = cursorOf(live)
  const back = cursorOf(live, { lastEventId: `${EPOCH}-3` })
  live.publish('audio', 'other', media({ init: AUDIO, start: 0, duration: 1, afterInit: true }))
  const away = there.next()
  t.equal(there.next()?.kind, 'pause', 'until it is passed')
  t.strictSame(away, { kind: 'pause', pause: live.window.get(3)!.pause, life: 2 })
  t.strictSame(steps(there), ['pause', `${EPOCH}-3`, `${EPOCH}-4`])
  t.notOk(steps(fresh).includes('pause'))
  t.notOk(steps(back).includes('pause'))
  t.ok(steps(cursorOf(live, { lastEventId: `${EPOCH}-2` })).includes('pause'))
})

t.test('it may begin at a sequence, whatever there was before, and where nobody has published yet', async t => {
  const live = runningLife()
  publish(live, 'K')
  const cursor = cursorOf(live, { at: 2 })
  publish(live, '-')
  t.strictSame(steps(cursor), ['live', 'init main 1', `${EPOCH}-2`])
  const first = runningLife({ epoch: 0 })
  const early = cursorOf(first, { at: 1 })
  first.start(EPOCH)
  publish(first, '-')
  t.strictSame(steps(early).at(-1), `${EPOCH}-1`)
})

t.test('of some tracks it passes the others, and of whole files it gives groups', async t => {
  const live = runningLife()
  live.publish('video', 'p', media({ init: VIDEO, start: 0, duration: 1 }))
  live.publish('audio', 'p', media({ init: AUDIO, start: 0, duration: 1 }))
  live.publish('video', 'p', media({ init: VIDEO, start: 1, duration: 1 }))
  const sound = cursorOf(live, { tracks: 'audio' })
  t.strictSame(steps(sound), ['live', 'init audio 1', `${EPOCH}-2`])
  t.ok(sound.isAtEdge)
  t.equal(sound.place, `${EPOCH}-3`)
  t.notOk(sound.isCommon)
  const start = { lastEventId: undefined, secondsBehind: Infinity, tracks: undefined }
  t.strictSame(steps(new Cursor(live, new WholeReading(live, start))), ['live', 'file to 1'])
})

t.test('its age is that of what is under it, also of what is no longer kept, and none at the live edge', async t => {
  const live = runningLife({ bytes: 2000 })
  publish(live, 'K')
  const cursor = cursorOf(live, { lagSeconds: 1, clock: { since: () => 7 } })
  t.equal(cursor.age, 0, 'it has no place yet')
  steps(cursor)
  t.equal(cursor.age, 0)
  publish(live, '-')
  t.equal(cursor.age, 7)
  t.notOk(cursor.lag.isBehind)
  publish(live, '------', 500)
  t.equal(cursor.age, 7)
  const rewound = cursorOf(live, { secondsBehind: Infinity, lastEventId: `${EPOCH}-${live.window.first - 1}`, clock: { since: () => 7 } })
  rewound.pass(rewound.next()!)
  rewound.next()
  t.ok(rewound.lag.isBehind, 'by its own wish')
  t.ok(cursorOf(live, { at: live.window.first }).age >= 0, 'by the monotonic clock')
})

t.test('a fork goes on from the same place by itself, and two at the live edge are beside each other', async t => {
  const live = runningLife()
  publish(live, 'K')
  const [one, other] = [cursorOf(live), cursorOf(live)]
  steps(one)
  t.notOk(one.isBeside(other))
  steps(other)
  t.ok(one.isBeside(other))
  publish(live, '-')
  const fork = one.fork()
  t.strictSame(steps(fork), [`${EPOCH}-2`])
  t.notOk(one.isBeside(fork))
  t.strictSame(steps(one), [`${EPOCH}-2`])
  t.ok(one.isBeside(fork))
})

t.test('a place is what the reader says until it has one, if that can be one', async t => {
  const live = runningLife({ bytes: 1 })
  t.equal(cursorOf(live, { lastEventId: '5-6' }).place, '5-6')
  t.equal(cursorOf(live, { lastEventId: 'rubbish' }).place, undefined)
})
