// A kept segment is plain values, which readers are given as they are; users' code is given a copy of what the contract promises, and nothing else.
import t from 'tap'
import type { Entry } from '../../lib/broadcast/entry.js'
import { KeptSegment, segmentOf } from '../../lib/broadcast/kept-segment.js'
import { JPEG, VIDEO } from './lives.js'

const ENTRY: Entry = {
  id: '1000-3',
  sequence: 3,
  message: { broadcast: 'demo', track: 'main', init: 1, start: 1.5, duration: 0.5, join: true, received: 5 },
  start: 1.50000004,
  duration: 0.5,
  decodable: true,
  life: 2,
  events: [],
  shift: 0.25,
  bytes: Uint8Array.of(1, 2, 3)
}

t.test('it is what was composed, with what it needs and when it was received, and nothing is copied', async t => {
  const init = { track: 'main', version: 1, media: JPEG }
  const segment = new KeptSegment(ENTRY, init, 10)
  t.strictSame({ ...segment }, { ...ENTRY, kind: 'segment', init, receivedAt: 10 })
  for (const name of ['message', 'bytes', 'events'] as const) t.equal(segment[name], ENTRY[name], name)
  t.equal(segment.init, init)
  t.notOk('ends' in segment || 'pause' in segment)
})

t.test('it is what a reader is given: one segment, after which the reader goes on with the next', async t => {
  const segment = new KeptSegment(ENTRY, { track: 'main', version: 1, media: JPEG }, 10)
  t.strictSame([segment.kind, segment.track, segment.join], ['segment', 'main', true])
  t.strictSame([segment.sequence, segment.next, segment.segments, segment.since, segment.end, segment.life], [3, 4, 1, 10, ENTRY.start + 0.5, 2])
})

t.test('what only some have is its own too', async t => {
  const ends = new Map([[1, 2]])
  const pause = { before: '1000-2', seconds: 3 }
  const segment = new KeptSegment({ ...ENTRY, ends, pause }, { track: 'main', version: 1, media: VIDEO }, 10)
  t.equal(segment.ends, ends)
  t.equal(segment.pause, pause)
})

t.test('users\' code is given a segment with the init segment that it needs, where there is one', async t => {
  const segment = { id: '1000-3', track: 'main', bytes: ENTRY.bytes, start: ENTRY.start, duration: 0.5, join: true, received: 5 }
  t.strictSame(segmentOf(ENTRY, JPEG), { ...segment, mime: 'image/jpeg' })
  t.strictSame(segmentOf(ENTRY, VIDEO), { ...segment, mime: VIDEO.mime, initSegment: VIDEO.bytes })
  const kept = new KeptSegment({ ...ENTRY, ends: new Map([[1, 2]]), pause: { before: '1000-2', seconds: 3 } }, { track: 'main', version: 1, media: VIDEO }, 10)
  const given = segmentOf(kept, kept.init.media)
  t.strictSame(given, segmentOf(ENTRY, VIDEO), 'the same of a kept one')
  t.equal(given.bytes, ENTRY.bytes)
  t.equal(given.initSegment, VIDEO.bytes)
})
