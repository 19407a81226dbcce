// What is written in Redis comes back as it was.
import t from 'tap'
import type { Entry } from '../../../lib/broadcast/entry.js'
import { initField, parseInitField, restoredEntry, restoredInit, restoredInits, storedEntry, storedInit } from '../../../lib/store/redis/stored.js'
import { JPEG, VIDEO } from '../../broadcast/lives.js'

const MESSAGE = { broadcast: 'demo', track: 'main', init: 1, start: 1.5, duration: 0.5, join: true, received: 1 }
const SMALL: Entry = { id: '5-7', sequence: 7, message: MESSAGE, start: 1.5, duration: 0.5, decodable: true, life: 1, events: [], shift: 0, bytes: Uint8Array.of(1, 2) }
const LARGE: Entry = {
  ...SMALL,
  ends: new Map([[1, 2], [2, 2.1]]),
  pause: { before: '5-6', seconds: 2.5 },
  shift: 0.1,
  events: [{ scheme: 'urn:x', value: '', id: 3, start: 1, duration: undefined, bytes: Uint8Array.of(9) }, { scheme: 'urn:y', value: 'v', id: 4, start: 1, duration: 2, bytes: new Uint8Array(0) }]
}

function fieldsOf (entry: Entry): Buffer[] {
  const { entry: said, bytes, events } = storedEntry(entry)
  return ['t', '123', 'e', said, 'b', bytes, ...events.flatMap(event => ['m', event])].map(value => Buffer.from(value))
}

t.test('a segment', async t => {
  for (const entry of [SMALL, LARGE]) {
    const { at, entry: restored } = restoredEntry({ epoch: 5, sequence: 7 }, fieldsOf(entry))
    t.equal(at, 123)
    t.strictSame({ ...restored, bytes: [...restored.bytes], events: restored.events.map(event => ({ ...event, bytes: [...event.bytes] })) },
      { ...entry, bytes: [...entry.bytes], events: entry.events.map(event => ({ ...event, bytes: [...event.bytes] })) })
  }
  t.strictSame(storedEntry(undefined), { entry: '', bytes: Buffer.alloc(0), events: [] })
})

t.test('an init segment, with bytes and without', async t => {
  for (const init of [JPEG, VIDEO, { ...VIDEO, bytes: Uint8Array.of(10, 10, 1) }]) {
    const restored = restoredInit(storedInit(init))
    t.strictSame({ ...restored, bytes: restored.bytes && [...restored.bytes] }, { ...init, bytes: init.bytes && [...init.bytes] })
  }
  t.strictSame(parseInitField(initField('a.b', 12)), { track: 'a.b', version: 12 })
  t.strictSame(['state', 'done:x', 'init:x'].map(parseInitField), [undefined, undefined, undefined])
})

t.test('of all that is kept of a life its init segments come older ones first', async t => {
  const stored = { [initField('main', 10)]: storedInit(VIDEO), next: Buffer.from('5'), [initField('main', 9)]: storedInit(JPEG), [initField('sound', 1)]: storedInit(JPEG) }
  t.match(restoredInits(stored), [{ track: 'sound', version: 1 }, { track: 'main', version: 9, media: JPEG }, { track: 'main', version: 10, media: { mime: VIDEO.mime } }])
  t.equal(restoredInits(stored).length, 3)
})
