// A segment's frames: its messages first, without ids, and both forms alike but for the bytes.
import t from 'tap'
import { atOnce } from '../../lib/event/frame.js'
import { ReferenceFrame, microseconds, pauseFrame, segmentFrames, segmentOf } from '../../lib/broadcast/segment-frames.js'
import type { EventMessage } from '../../lib/media/segment.js'
import type { SegmentMessage } from '../../lib/wire.js'
import { JPEG, VIDEO, eventOf } from './lives.js'

const message: SegmentMessage = { broadcast: 'demo', track: 'main', init: 1, start: 12, duration: 1, join: true, received: 5 }
const parts = { id: '1-2', message, bytes: Uint8Array.of(1, 2, 3), url: 'demo/segments/1-2', shift: 10 }
const SEGMENT = `id: 1-2\ndata: ${JSON.stringify(message)}\n`
const REFERENCE = `id: 1-2\ndata: ${JSON.stringify({ ...message, url: parts.url })}\n\n`

t.test('a segment alone is one event, with its bytes or with its URL', async t => {
  const { frame, reference } = segmentFrames({ ...parts, events: [] })
  t.equal(frame.plain.toString(), `${SEGMENT}data: AQID\n\n`)
  t.equal(reference.plain.toString(), REFERENCE)
})

t.test('its messages go before it, without ids, on the broadcast\'s timeline', async t => {
  const events: EventMessage[] = [
    { scheme: 'urn:scte:scte35:2013:bin', value: '1001', id: 7, start: 2.3000000004, duration: 0.1 + 0.2, bytes: Uint8Array.of(0xfc, 0x30) },
    { scheme: 'urn:x', value: '', id: 8, start: 3, duration: undefined, bytes: new Uint8Array(0) }
  ]
  const { frame, reference } = segmentFrames({ ...parts, events })
  const told = 'event: emsg\ndata: {"broadcast":"demo","track":"main","scheme":"urn:scte:scte35:2013:bin","value":"1001","id":7,"start":12.3,"duration":0.3}\ndata: /DA=\n\n' +
    'event: emsg\ndata: {"broadcast":"demo","track":"main","scheme":"urn:x","value":"","id":8,"start":13,"duration":null}\n\n'
  t.equal(frame.plain.toString(), `${told}${SEGMENT}data: AQID\n\n`)
  t.equal(reference.plain.toString(), told + REFERENCE)
  t.strictSame([frame.idAt, reference.idAt], [told.length, told.length], 'the id is the segment\'s')
})

t.test('a reference is encoded once for each way to reach it, and all its bytes are counted', async t => {
  const grown: number[] = []
  const { reference } = segmentFrames({ ...parts, events: [] }, { compresses: () => true, grew: bytes => { grown.push(bytes) }, ready: () => {}, work: steps => { atOnce(steps) } })
  t.type(reference, ReferenceFrame)
  t.equal(reference.from(''), reference)
  t.equal(reference.bytes, 0)
  const other = reference.from('live/')
  t.equal(reference.from('live/'), other)
  t.not(reference.from('../'), other)
  t.equal(other.plain.toString(), REFERENCE.replace('demo/segments', 'live/demo/segments'))
  t.equal(reference.plain.toString(), REFERENCE)
  t.equal(grown.length, 2)
  t.equal(reference.bytes, grown[0]! + grown[1]!)
})

t.test('a pause misses nothing, and its id is that of the segment before', async t => {
  const { fields, json } = eventOf(pauseFrame('demo', '1-2', 3.14159))
  t.strictSame(fields, { id: '1-2', event: 'gap' })
  t.strictSame(json, { broadcast: 'demo', from: '1-2', to: '1-2', segments: 0, seconds: 3.142, reason: 'publisher' })
})

t.test('seconds are told to the microsecond', async t => {
  t.strictSame([0.1 + 0.2, 1 / 3, 1_700_000_000.1234567, -0.5].map(microseconds), [0.3, 0.333333, 1_700_000_000.123457, -0.5])
})

t.test('users\' code is given a segment with the init segment that it needs, where there is one', async t => {
  const message = { broadcast: 'demo', track: 'main', init: 1, start: 1, duration: 2, join: true, received: 3 }
  const entry = { id: '5-1', sequence: 1, message, start: 1.00000004, duration: 2, decodable: true, life: 1, events: [], shift: 0, bytes: Uint8Array.of(1) }
  const segment = { id: '5-1', track: 'main', bytes: entry.bytes, start: entry.start, duration: 2, join: true, received: 3 }
  t.strictSame(segmentOf(entry, JPEG), { ...segment, mime: 'image/jpeg' })
  t.strictSame(segmentOf(entry, VIDEO), { ...segment, mime: VIDEO.mime, initSegment: VIDEO.bytes })
})
