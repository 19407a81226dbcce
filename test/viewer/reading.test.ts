import t from 'tap'
import { textFrame } from '../../lib/event/frame.js'
import type { Due, Reading } from '../../lib/viewer/reading.js'
import * as reading from '../../lib/viewer/reading.js'

t.test('the contract of readings is types only', async t => {
  const frame = textFrame('data: 1\n\n')
  const due: Due = { next: 2, segments: 1, since: 0, end: 1, life: 1, pause: undefined, frame: () => frame }
  const one: Reading = { tracks: undefined, place: () => ({ cursor: 1, gap: undefined }), pass: cursor => cursor, due: () => due, init: () => undefined, newest: () => 1, beyondLoss: () => undefined }
  t.equal(one.due(1)?.frame(), frame)
  t.strictSame([one.place()?.cursor, one.pass(3), one.init(1), one.newest(), one.beyondLoss(1)], [1, 3, undefined, 1, undefined])
  t.strictSame(Object.keys(reading), [])
})
