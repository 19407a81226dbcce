// A watch request's wishes are read or ignored, and its header wins.
import t from 'tap'
import { watchReading, watchStart } from '../../lib/routes/watch-start.js'
import type { WatchQuery } from '../../lib/routes/watch-start.js'
import { SegmentReading } from '../../lib/viewer/segment-reading.js'
import { WholeReading } from '../../lib/viewer/whole-reading.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

t.test('the header wins over lastEventId, which wins over from', async t => {
  t.strictSame(watchStart('1-1', { lastEventId: '1-2', from: 'start' }), { lastEventId: '1-1', secondsBehind: Infinity, tracks: undefined })
  t.strictSame(watchStart(undefined, { lastEventId: '1-2', from: 'start' }), { lastEventId: '1-2', secondsBehind: Infinity, tracks: undefined })
  t.strictSame(watchStart('', { lastEventId: '1-2' }), { lastEventId: '1-2', secondsBehind: 0, tracks: undefined })
  t.strictSame(watchStart('', { lastEventId: '' }), { lastEventId: undefined, secondsBehind: 0, tracks: undefined })
  t.strictSame(watchStart(['1-1', '1-2'], {}), { lastEventId: undefined, secondsBehind: 0, tracks: undefined })
  t.strictSame(watchStart(undefined, { lastEventId: ['1-1', '1-2'] as unknown as string }), { lastEventId: undefined, secondsBehind: 0, tracks: undefined }, 'a query may repeat a field')
})

t.test('from is the start, or seconds behind, or ignored', async t => {
  const behind = (from?: string) => watchStart(undefined, from === undefined ? {} : { from }).secondsBehind
  t.equal(behind('start'), Infinity)
  t.equal(behind('-10'), 10)
  t.equal(behind('-0.5'), 0.5)
  t.equal(behind('-999999999.5'), 999999999.5)
  for (const other of [undefined, 'live', '', '10', '+10', '-', '--1', '-1e9', '-Infinity', '-1.', '-.5', '-1234567890', '-1\n', 'Start']) t.equal(behind(other), 0, JSON.stringify(other))
  t.equal(watchStart(undefined, { from: ['-1', '-2'] as unknown as string }).secondsBehind, 0, 'a query may repeat a field')
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
  const segment = live.publish('main', 'p', media({ init: VIDEO, bytes: new Uint8Array(100) }))
  const reading = (query: WatchQuery) => watchReading(watchStart(undefined, query), query, 99)(live)
  for (const query of [{ whole: 'true' }, { whole: 'true', delivery: 'reference' }]) t.ok(reading(query) instanceof WholeReading)
  for (const whole of ['', 'false', 'TRUE', '1', ['true', 'true'] as unknown as string]) t.ok(reading({ whole }) instanceof SegmentReading, JSON.stringify(whole))
  const frame = (delivery?: string) => reading(delivery === undefined ? {} : { delivery }).due(1)?.frame()
  for (const delivery of [undefined, 'inline', 'rubbish']) t.equal(frame(delivery), segment.frame)
  for (const delivery of ['reference', 'auto']) t.equal(frame(delivery), segment.reference)
  const small = live.publish('main', 'p', media({ init: VIDEO, bytes: new Uint8Array(99), join: false }))
  t.equal(reading({ delivery: 'auto' }).due(2)?.frame(), small.frame)
})
