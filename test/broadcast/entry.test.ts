import t from 'tap'
import type { Entry } from '../../lib/broadcast/entry.js'
import * as entry from '../../lib/broadcast/entry.js'

t.test('what a composed segment is, is types only', async t => {
  const message = { broadcast: 'demo', track: 'main', init: 1, start: 0, duration: 0, join: true, received: 0 }
  const one: Entry = { id: '1-1', sequence: 1, message, start: 0, duration: 0, decodable: true, life: 1, events: [], shift: 0, bytes: new Uint8Array(1) }
  t.equal(one.message.track, 'main')
  t.strictSame(Object.keys(entry), [])
})
