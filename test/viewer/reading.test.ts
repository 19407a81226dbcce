import t from 'tap'
import { SharedFrame } from '../../lib/event/shared-frame.js'
import type { Reading } from '../../lib/viewer/reading.js'
import * as reading from '../../lib/viewer/reading.js'

t.test('the contract of readings is types only', async t => {
  const frame = new SharedFrame(() => [{ head: 'data: 1\n\n' }])
  const due = { next: 2, segments: 1, since: 0, end: 1, life: 1, pause: undefined }
  const one: Reading = {
    tracks: undefined,
    edge: Infinity,
    place: () => ({ cursor: 1, gap: undefined }),
    pass: cursor => cursor,
    due: () => due,
    frame: () => frame,
    init: () => undefined,
    newest: () => 1,
    beyondLoss: () => undefined
  }
  t.strictSame([one.due(1), one.frame(1)], [due, frame])
  t.strictSame([one.place()?.cursor, one.pass(3), one.init(1), one.newest(), one.beyondLoss(1)], [1, 3, undefined, 1, undefined])
  t.strictSame(Object.keys(reading), [])
})
