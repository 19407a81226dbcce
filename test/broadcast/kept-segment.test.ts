// A kept segment costs little until somebody asks for what viewers are handed of it.
import t from 'tap'
import type { Entry } from '../../lib/broadcast/entry.js'
import { KeptSegment } from '../../lib/broadcast/kept-segment.js'
import { pauseFrame, segmentFrames } from '../../lib/broadcast/segment-frames.js'
import { SharedFrame } from '../../lib/event/shared-frame.js'
import { JPEG, VIDEO } from './lives.js'

const ENTRY: Entry = {
  id: '1000-3',
  sequence: 3,
  message: { broadcast: 'demo', track: 'main', init: 1, start: 1.5, duration: 0.5, join: true, received: 5 },
  start: 1.5,
  duration: 0.5,
  decodable: true,
  life: 2,
  events: [],
  shift: 0.25,
  bytes: Uint8Array.of(1, 2, 3)
}

t.test('its frames are made when they are asked for, and once', async t => {
  let made = 0
  const maker = {
    frames: ({ id, message, bytes, events, shift }: KeptSegment) => {
      made++
      return segmentFrames({ id, message, bytes, url: 'demo', events, shift })
    }
  }
  const segment = new KeptSegment(ENTRY, { track: 'main', version: 1, media: JPEG, frame: new SharedFrame(() => []) }, 10, undefined, maker)
  t.match(segment.due, { kind: 'segment', next: 4, segments: 1, since: 10, end: 2, life: 2, pause: undefined })
  t.equal(segment.due.segment, segment)
  t.equal(segment.due, segment.due)
  t.equal(made, 0)
  t.equal(segment.frame, segment.frame)
  t.ok(segment.reference.plain.includes('"url":"demo"'))
  t.equal(made, 1)
  t.notOk('initSegment' in segment || 'ends' in segment || 'captured' in segment || 'pause' in segment)
})

t.test('what only some have is its own too', async t => {
  const ends = new Map([[1, 2]])
  const pause = pauseFrame('demo', '1000-2', 3)
  const entry = { ...ENTRY, ends, message: { ...ENTRY.message, captured: 7 } }
  const segment = new KeptSegment(entry, { track: 'main', version: 1, media: VIDEO, frame: new SharedFrame(() => []) }, 10, pause, { frames: () => t.fail() as never })
  t.match(segment, { id: '1000-3', track: 'main', mime: VIDEO.mime, start: 1.5, duration: 0.5, join: true, received: 5, sequence: 3, decodable: true, life: 2, shift: 0.25 })
  t.equal(segment.initSegment, VIDEO.bytes)
  t.equal(segment.ends, ends)
  t.equal(segment.captured, 7)
  t.equal(segment.pause, pause)
  t.equal(segment.due.pause, pause)
})
