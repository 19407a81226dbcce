// What a broadcast holds, as events: the messages of a segment first, without ids, and both forms of it alike but for the bytes.
import t from 'tap'
import type { Group } from '../../../lib/broadcast/groups.js'
import { KeptSegment } from '../../../lib/broadcast/kept-segment.js'
import type { Init, WindowSegment } from '../../../lib/broadcast/window-segment.js'
import { eventFrame } from '../../../lib/delivery/sse/frame.js'
import type { EventParts } from '../../../lib/delivery/sse/frame.js'
import { initEvent, pauseEvent, referenceEvents, segmentEvents, wholeEvent } from '../../../lib/delivery/sse/segment-events.js'
import type { EventMessage } from '../../../lib/media/segment.js'
import type { SegmentMessage } from '../../../lib/wire.js'
import { JPEG, VIDEO, eventOf } from '../../broadcast/lives.js'

const INIT: Init = { track: 'main', version: 1, media: VIDEO }
const message: SegmentMessage = { broadcast: 'demo', track: 'main', init: 1, start: 12, duration: 1, join: true, received: 5 }
const SEGMENT = `id: 1-2\ndata: ${JSON.stringify(message)}\n`
const URL = 'demo/segments/1-2'

const referenceBy = (url: string): string => `id: 1-2\ndata: ${JSON.stringify({ ...message, url })}\n\n`

function segmentOf ({ events = [], init = INIT, ...fields }: Partial<WindowSegment> = {}): KeptSegment {
  const entry = { id: '1-2', sequence: 2, message, start: 12, duration: 1, decodable: true, life: 1, events, shift: 10, bytes: Uint8Array.of(1, 2, 3), ...fields }
  return new KeptSegment(entry, init, 0)
}

const textOf = (events: readonly EventParts[]): string => eventFrame(events).plain.toString()
const told = (event: EventParts) => eventOf(eventFrame([event]))

t.test('a segment alone is one event, with its bytes or with its URL', async t => {
  t.equal(textOf(segmentEvents(segmentOf())), `${SEGMENT}data: AQID\n\n`)
  t.equal(textOf(referenceEvents(segmentOf(), '')), referenceBy(URL))
  t.strictSame(told(segmentEvents(segmentOf())[0]!).fields, { id: '1-2' })
})

t.test('a URL begins with how the path of the routes is reached', async t => {
  for (const base of ['live/', '../']) t.equal(textOf(referenceEvents(segmentOf(), base)), referenceBy(base + URL))
})

t.test('its messages go before it, without ids, on the broadcast\'s timeline', async t => {
  const events: EventMessage[] = [
    { scheme: 'urn:scte:scte35:2013:bin', value: '1001', id: 7, start: 2.3000000004, duration: 0.1 + 0.2, bytes: Uint8Array.of(0xfc, 0x30) },
    { scheme: 'urn:x', value: '', id: 8, start: 3, duration: undefined, bytes: new Uint8Array(0) }
  ]
  const before = 'event: emsg\ndata: {"broadcast":"demo","track":"main","scheme":"urn:scte:scte35:2013:bin","value":"1001","id":7,"start":12.3,"duration":0.3}\ndata: /DA=\n\n' +
    'event: emsg\ndata: {"broadcast":"demo","track":"main","scheme":"urn:x","value":"","id":8,"start":13,"duration":null}\n\n'
  const [inline, reference] = [segmentEvents(segmentOf({ events })), referenceEvents(segmentOf({ events }), '')]
  t.equal(textOf(inline), `${before}${SEGMENT}data: AQID\n\n`)
  t.equal(textOf(reference), before + referenceBy(URL))
  t.strictSame([eventFrame(inline).idAt, eventFrame(reference).idAt], [before.length, before.length], 'the id is the segment\'s')
})

t.test('an init segment is an event of its own, with bytes where it has any', async t => {
  const video = told(initEvent('demo', INIT))
  t.strictSame(video.fields, { event: 'init' })
  t.strictSame(video.json, { broadcast: 'demo', track: 'main', version: 1, kind: 'video', mime: VIDEO.mime, mode: 'segments', width: 320, height: 180 })
  t.equal(video.base64, 'AQID')
  const picture = told(initEvent('demo', { track: 'thumbnail', version: 3, media: JPEG }))
  t.strictSame(picture.json, { broadcast: 'demo', track: 'thumbnail', version: 3, kind: 'image', mime: 'image/jpeg', mode: 'sequence' })
  t.equal(picture.base64, undefined)
  t.match(picture.text, /\}\n\n$/)
})

t.test('the size of a picture is told whole or not at all', async t => {
  const sized = told(initEvent('demo', { ...INIT, media: { ...JPEG, width: 640 } })).json
  t.notOk('width' in sized || 'height' in sized)
  t.match(told(initEvent('demo', { ...INIT, media: { ...JPEG, width: 640, height: 360 } })).json, { width: 640, height: 360 })
})

t.test('a pause misses nothing, and its id is that of the segment before', async t => {
  const { fields, json } = told(pauseEvent('demo', { before: '1-2', seconds: 3.14159 }))
  t.strictSame(fields, { id: '1-2', event: 'gap' })
  t.strictSame(json, { broadcast: 'demo', from: '1-2', to: '1-2', segments: 0, seconds: 3.142, reason: 'publisher' })
})

const GROUP: Group = { first: 2, last: 3, segments: 2, start: 0.1 + 0.2, end: 2.3000000004, life: 1, pause: undefined, completeSince: 0 }

t.test('a whole file is one message with what its first and its last segment say, and its init segment before their bytes', async t => {
  const last = segmentOf({ id: '1-3', message: { ...message, received: 9, captured: 8, join: false }, bytes: Uint8Array.of(4) })
  const { text, fields, json, base64 } = told(wholeEvent('demo', GROUP, [segmentOf(), last]))
  t.strictSame(fields, { id: '1-3' })
  t.strictSame(json, {
    broadcast: 'demo', track: 'main', init: 1, start: 0.3, duration: 2, join: true, received: 9, whole: true, mime: VIDEO.mime
  })
  t.equal(base64, Buffer.of(1, 2, 3, 1, 2, 3, 4).toString('base64'))
  t.match(text, /^id: 1-3\ndata: \{.*\}\ndata: .*\n\n$/)
})

t.test('it says when it was captured, and that it is the first of another life, where that is so', async t => {
  const first = segmentOf({ message: { ...message, captured: 7 }, init: { ...INIT, media: JPEG } })
  const { json, base64 } = told(wholeEvent('demo', { ...GROUP, pause: { before: '1-1', seconds: 1 } }, [first]))
  t.match(json, { captured: 7, discontinuity: true, received: 5, mime: 'image/jpeg' })
  t.equal(base64, 'AQID', 'without an init segment it is what was published')
})
