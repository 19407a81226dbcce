// Group by group: a viewer is handed what is complete, begins where that is kept, and is moved on where it is not.
import t from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { WholeReading } from '../../lib/reading/whole-reading.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

const AUDIO = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) } as const

interface Publishing { readonly track?: string, readonly init?: typeof VIDEO, readonly bytes?: Uint8Array }

/** Segments of a second each: `K` can be joined at, `-` cannot. The init segment is of no container that is looked into. */
function publish (live: LiveBroadcast, pattern: string, { track = 'main', init = VIDEO, bytes = new Uint8Array(10) }: Publishing = {}): void {
  for (const kind of pattern) live.publish(track, 'p', media({ init, bytes, start: live.window.next - 1, duration: 1, join: kind === 'K' }))
}

interface Asked { readonly lastEventId?: string, readonly secondsBehind?: number, readonly tracks?: readonly string[] }

function read (live: LiveBroadcast, { lastEventId, secondsBehind = 0, tracks }: Asked = {}): WholeReading {
  return new WholeReading(live, { lastEventId, secondsBehind, tracks: tracks === undefined ? undefined : new Set(tracks) })
}

t.test('a viewer begins with the newest complete group, or while there is none with the one that has begun', async t => {
  const live = runningLife()
  t.equal(read(live).place(), undefined)
  publish(live, '-')
  t.equal(read(live).place(), undefined)
  publish(live, 'K-')
  t.strictSame(read(live).place(), { cursor: 2, gap: undefined })
  t.equal(read(live).isCommon, false, 'and never with those who read segment by segment')
  t.equal(read(live).item(2), undefined, 'for which it waits')
  publish(live, 'K-K-')
  t.strictSame(read(live).place(), { cursor: 4, gap: undefined })
  t.strictSame(read(live, { secondsBehind: Infinity }).place(), { cursor: 2, gap: undefined })
  live.end()
  t.strictSame(read(live).place(), { cursor: 6, gap: undefined }, 'the last is complete with the end')
})

t.test('a viewer may begin so many seconds behind', async t => {
  const live = runningLife()
  publish(live, 'K-K-K-K')
  for (const [sequence, ago] of [[1, 60], [3, 20], [5, 10]] as const) {
    const segment = live.window.get(sequence)!
    Object.assign(segment, { receivedAt: segment.receivedAt - ago * 1000 })
  }
  t.strictSame([5, 15, 30, 1000].map(secondsBehind => read(live, { secondsBehind }).place()?.cursor), [5, 3, 1, 1])
})

t.test('a viewer that comes back goes on with the next whole group', async t => {
  const live = runningLife()
  publish(live, 'K--K--K-')
  const cursors = Array.from({ length: 9 }, (_, sequence) => read(live, { lastEventId: `1000-${sequence}` }).place()?.cursor)
  t.strictSame(cursors, [1, 4, 4, 4, 7, 7, 7, 9, 9])
  t.match(read(live, { lastEventId: '999-3' }).place(), { cursor: 4, gap: { reason: 'restart', to: '1000-3', segments: null } })
})

t.test('an id that is no longer kept is a gap up to the newest complete group', async t => {
  const full = runningLife()
  const bytes = new Uint8Array(3000)
  publish(full, 'K-K-K-', { bytes })
  const live = runningLife({ bytes: full.window.bytes + 2900 })
  publish(live, 'K-K-K-K-K', { bytes })
  t.equal(live.window.first, 4)
  t.match(read(live, { lastEventId: '1000-1' }).place(), { cursor: 7, gap: { reason: 'expired', from: '1000-2', to: '1000-6', segments: null } })
})

t.test('what is due is a complete group, the same for all, of which one event can be made', async t => {
  const live = runningLife()
  publish(live, 'K--K-')
  const [one, other] = [read(live), read(live)]
  const due = one.item(1)
  const group = live.groups('main')[0]!
  const since = live.window.get(4)!.receivedAt
  t.match(group, { first: 1, last: 3 })
  t.strictSame(due, { kind: 'file', group, sequence: 1, next: 4, segments: 3, since, end: 3, life: 1 })
  t.strictSame([due?.group === group, other.item(1)?.group === group], [true, true])
  t.equal(one.item(4), undefined)
  one.sent()
  t.equal(one.init(), undefined)
  t.strictSame(one.fork().item(1), due)
})

t.test('the cursor passes all but the beginnings of groups', async t => {
  const live = runningLife()
  publish(live, '-K--K-')
  t.strictSame([1, 2, 3, 5, 6, 7].map(cursor => read(live).pass(cursor)), [2, 2, 5, 5, 7, 7])
})

t.test('of several tracks it reads the first with video, or of those it asked for', async t => {
  const live = runningLife()
  publish(live, 'K', { track: 'audio', init: AUDIO as unknown as typeof VIDEO })
  const any = read(live)
  t.strictSame([[...any.tracks], any.place()?.cursor, any.item(1)?.next], [['audio'], 1, 2], 'sound, while there is nothing else')
  publish(live, 'K-', { track: 'video' })
  publish(live, 'KK', { track: 'second' })
  publish(live, 'K', { track: 'video' })
  t.strictSame([[...any.tracks], any.pass(2), any.item(2)?.next], [['video'], 2, 4], 'then on with the video')
  t.strictSame([...read(live, { tracks: ['second'] }).tracks], ['second'])
  t.strictSame([...read(live, { tracks: ['second', 'video', 'audio'] }).tracks], ['video'])
  t.strictSame([...read(live, { tracks: ['captions', 'audio'] }).tracks], ['audio'])
  const none = read(live, { tracks: ['captions'] })
  t.strictSame([[...none.tracks], none.place(), none.newest(), none.pass(2)], [[], undefined, undefined, live.window.next])
})

t.test('sound is handed over segment by segment, also beside video', async t => {
  const live = runningLife()
  publish(live, 'K', { track: 'video' })
  publish(live, 'KK', { track: 'audio', init: AUDIO as unknown as typeof VIDEO })
  const sound = read(live, { tracks: ['audio'] })
  t.strictSame([sound.place()?.cursor, sound.item(2)?.next, sound.item(3)?.next], [3, 3, 4])
})

t.test('a viewer whose group was given up while it grew waits for the next complete one', async t => {
  const full = runningLife()
  publish(full, 'K--')
  const live = runningLife({ bytes: full.window.bytes + 3000 })
  publish(live, 'K--')
  const reading = read(live)
  t.equal(reading.beyondLoss(1), undefined)
  const large = { bytes: new Uint8Array(4000) }
  publish(live, '-', large)
  t.ok(live.window.first > 1)
  t.equal(reading.pass(1), 1)
  t.equal(reading.beyondLoss(1), undefined, 'there is nothing to go on with')
  publish(live, 'K')
  t.equal(reading.beyondLoss(1), undefined, 'not yet')
  const begun = live.window.next - 1
  publish(live, 'K')
  t.equal(reading.beyondLoss(1), begun)
})

t.test('it waits until the end, if nothing comes that can be handed over', async t => {
  const live = runningLife({ bytes: 1 })
  publish(live, 'K--')
  const reading = read(live)
  t.equal(reading.beyondLoss(1), undefined)
  live.end()
  t.equal(reading.beyondLoss(1), 4)
})

t.test('a group that is kept whole can be given, however large its file would be beside what else is kept', async t => {
  const bytes = new Uint8Array(6000)
  const sizes = runningLife()
  publish(sizes, 'K-KK', { bytes })
  const live = runningLife({ bytes: sizes.window.bytes })
  publish(live, 'K-KK', { bytes })
  const reading = read(live, { secondsBehind: Infinity })
  t.strictSame([live.window.first, reading.place()?.cursor], [1, 1])
  t.match([reading.item(1), reading.item(3)], [{ sequence: 1, next: 3 }, { sequence: 3, next: 4 }])
  t.strictSame([reading.newest(), reading.beyondLoss(1), reading.item(4)], [3, undefined, undefined])
  publish(live, '-', { bytes })
  t.equal(live.window.first, 2)
  t.strictSame([reading.beyondLoss(1), reading.beyondLoss(2), reading.pass(2)], [3, undefined, 3], 'until its first segment has gone')
  live.end()
  t.match([reading.newest(), reading.item(4)], [4, { next: 6 }], 'the last is complete with the end')
})

t.test('the first file of another life of the publisher comes behind its pause', async t => {
  const live = runningLife()
  publish(live, 'K')
  live.publish('main', 'another', media({ init: VIDEO, start: 0, duration: 1, afterInit: true }))
  live.end()
  const { pause } = live.window.get(2)!
  t.ok(pause)
  const reading = read(live)
  t.notOk('pause' in reading.item(1)!)
  t.strictSame([reading.item(2)?.pause, reading.item(2)?.life], [pause, 2])
})
