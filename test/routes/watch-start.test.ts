// A watch request's wishes are read or ignored, and its header wins; of an ended broadcast there may be nothing for it.
import t from 'tap'
import { owesNothing, watchReading, watchStart } from '../../lib/routes/watch-start.js'
import type { WatchQuery } from '../../lib/routes/watch-start.js'
import { SegmentReading } from '../../lib/reading/segment-reading.js'
import { WholeReading } from '../../lib/reading/whole-reading.js'
import { INLINE } from '../../lib/delivery/delivery.js'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

t.test('the header wins over lastEventId, which wins over from', async t => {
  t.strictSame(watchStart('1-1', { lastEventId: '1-2', from: 'start' }), { lastEventId: '1-1', secondsBehind: Infinity, tracks: undefined })
  t.strictSame(watchStart(undefined, { lastEventId: '1-2', from: 'start' }), { lastEventId: '1-2', secondsBehind: Infinity, tracks: undefined })
  t.strictSame(watchStart('', { lastEventId: '1-2' }), { lastEventId: '1-2', secondsBehind: 0, tracks: undefined })
  t.strictSame(watchStart('', { lastEventId: '' }), { lastEventId: undefined, secondsBehind: 0, tracks: undefined })
  t.strictSame(watchStart(['1-1', '1-2'], {}), { lastEventId: undefined, secondsBehind: 0, tracks: undefined })
  t.throws(() => watchStart(undefined, { lastEventId: ['1-1', '1-2'] as unknown as string }), { code: 'FST_MEDIA_SSE_INVALID_QUERY' }, 'a query may repeat a field')
})

t.test('from is the live edge, the start, or seconds behind, or refused', async t => {
  const behind = (from?: string) => watchStart(undefined, from === undefined ? {} : { from }).secondsBehind
  t.equal(behind('start'), Infinity)
  t.equal(behind('-10'), 10)
  t.equal(behind('-0.5'), 0.5)
  t.equal(behind('-999999999.5'), 999999999.5)
  for (const live of [undefined, 'live']) t.equal(behind(live), 0)
  for (const other of ['', '10', '+10', '-', '--1', '-1e9', '-Infinity', '-1.', '-.5', '-1234567890', '-1\n', 'Start']) t.throws(() => behind(other), { code: 'FST_MEDIA_SSE_INVALID_QUERY', statusCode: 400 }, JSON.stringify(other))
  t.throws(() => watchStart(undefined, { from: ['-1', '-2'] as unknown as string }), { code: 'FST_MEDIA_SSE_INVALID_QUERY' }, 'a query may repeat a field')
})

t.test('tracks are named one by one, and a name that is none is refused', async t => {
  const tracks = (tracks?: string) => watchStart(undefined, tracks === undefined ? {} : { tracks }).tracks
  t.equal(tracks(), undefined, 'all')
  t.strictSame([...tracks('video')!], ['video'])
  t.strictSame([...tracks('video,audio,video')!], ['video', 'audio'])
  t.strictSame([...tracks(['video', 'audio'] as unknown as string)!], ['video', 'audio'], 'a query may repeat a field')
  t.strictSame([...tracks('')!], ['main'], 'as a path without a track')
  for (const none of ['-a', 'a b', 'a,-b', '../a']) t.throws(() => tracks(none), { code: 'FST_MEDIA_SSE_INVALID_NAME' }, none)
})

t.test('whole=true reads file by file, whatever delivery says, and anything but true is ignored', async t => {
  const live = runningLife()
  const reading = (query: WatchQuery) => watchReading(watchStart(undefined, query), query, 99, 'live/')
  for (const query of [{ whole: 'true' }, { whole: 'true', delivery: 'reference' }]) {
    t.ok(reading(query).read(live) instanceof WholeReading)
    t.equal(reading(query).delivery, INLINE)
  }
  t.ok(reading({ whole: 'false' }).read(live) instanceof SegmentReading)
  for (const whole of ['', 'TRUE', '1', ['true', 'true'] as unknown as string]) t.throws(() => reading({ whole }), { code: 'FST_MEDIA_SSE_INVALID_QUERY' }, JSON.stringify(whole))
  const delivery = (delivery?: string) => reading(delivery === undefined ? {} : { delivery }).delivery
  for (const inline of [undefined, 'inline']) t.equal(delivery(inline), INLINE)
  t.throws(() => delivery('rubbish'), { code: 'FST_MEDIA_SSE_INVALID_QUERY' })
  t.strictSame([delivery('reference'), delivery('auto')], [{ inlineBytes: -1, base: 'live/' }, { inlineBytes: 99, base: 'live/' }])
})

/** Whether nothing is owed to a request; `place` is the sequence that it comes back with, in the epoch 1000, or a whole id. */
function isDone (live: LiveBroadcast | undefined, place?: number | string, query: WatchQuery = {}): boolean {
  const start = watchStart(typeof place === 'number' ? `1000-${place}` : place, query)
  return owesNothing(live, start, watchReading(start, query, 0))
}

/** Segments of a second each: `K` can be joined at, `-` cannot. */
function publish (live: LiveBroadcast, pattern: string, track = 'main', init = VIDEO): void {
  for (const kind of pattern) live.publish(track, 'p', media({ init, start: live.window.next - 1, duration: 1, join: kind === 'K' }))
}

t.test('an ended broadcast owes what the viewer has not got, and a running one always something', async t => {
  const live = runningLife()
  publish(live, 'K--K-')
  t.notOk(isDone(live))
  t.notOk(isDone(live, 5))
  t.notOk(isDone(undefined), 'nobody knows yet')
  live.end()
  t.strictSame([isDone(live), isDone(live, undefined, { from: '-5' }), isDone(live, 5), isDone(live, 4), isDone(live, '999-1')], [true, false, true, false, false])
  const empty = runningLife()
  empty.end()
  t.strictSame([isDone(empty), isDone(empty, 0), isDone(empty, '999-1')], [true, true, false], 'where nothing can be shown, it is told what is missing')
})

t.test('where an ended broadcast keeps nothing to join at, who comes back is owed the word that the rest is missing, once', async t => {
  const live = runningLife({ bytes: 1 })
  publish(live, 'K---')
  t.equal(live.window.first, 4)
  live.end()
  t.strictSame([1, 2, 3, 4].map(place => isDone(live, place)), [false, false, false, true])
  t.strictSame([1, 2, 3, 4].map(place => isDone(live, place, { whole: 'true' })), [false, false, true, true])
})

t.test('who watches some tracks is owed nothing where no segment of theirs is left', async t => {
  const live = runningLife()
  publish(live, 'K-K', 'video')
  publish(live, 'K', 'audio', { ...VIDEO, kind: 'audio', mime: 'audio/mp4; codecs="opus"' })
  live.end()
  const done = [[2, 'video'], [3, 'video'], [3, 'audio'], [4, 'audio'], [1, 'captions']] as const
  t.strictSame(done.map(([place, tracks]) => isDone(live, place, { tracks })), [false, true, false, true, true])
})

t.test('who watches file by file is owed nothing where no group begins that it has not got', async t => {
  const live = runningLife()
  publish(live, 'K--K-')
  live.end()
  t.strictSame([0, 2, 3, 4, 5].map(place => isDone(live, place, { whole: 'true' })), [false, false, false, true, true])
  t.notOk(isDone(live, 4), 'segment by segment one is left')
})

t.test('more tracks than there can be are refused', async t => {
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `track${index}`).join(',')
  t.equal(watchStart(undefined, { tracks: names(32) }).tracks?.size, 32)
  t.throws(() => watchStart(undefined, { tracks: names(33) }), { code: 'FST_MEDIA_SSE_INVALID_NAME', statusCode: 400 })
  t.throws(() => watchStart(undefined, { tracks: names(5000) }), { code: 'FST_MEDIA_SSE_INVALID_NAME' })
})
