// What is shown at a time is as old as the server says of its segment.
import t from 'tap'
import { ShownTimes } from '../../lib/client/shown-times.js'
import type { SegmentMessage } from '../../lib/wire.js'

function message (start: number, duration: number, received: number, captured?: number): SegmentMessage {
  return { broadcast: 'demo', track: 'main', init: 1, start, duration, join: false, received, ...captured === undefined ? {} : { captured } }
}

t.test('received: its end is new when it arrives', async t => {
  const shown = new ShownTimes()
  t.equal(shown.latency(10, 5000), undefined)
  shown.add(message(10, 0.5, 5000))
  shown.add(message(10.5, 0.5, 5510))
  t.strictSame(shown.latency(10.5, 5600), { seconds: 0.59, from: 'received' })
  t.strictSame(shown.latency(10.25, 5600), { seconds: 0.85, from: 'received' })
  t.match(shown.latency(9, 5600), { seconds: 2.1 }, 'before all of them: counted from the first')
})

t.test('captured: its start', async t => {
  const shown = new ShownTimes()
  shown.add(message(10, 0.5, 5000, 4000))
  t.strictSame(shown.latency(10.25, 5000), { seconds: 0.75, from: 'captured' })
})

t.test('where the browser has put them is taken into account', async t => {
  const shown = new ShownTimes()
  shown.add(message(10, 0.5, 5000))
  shown.placement = 90
  t.strictSame(shown.latency(100.5, 5100), { seconds: 0.1, from: 'received' })
})

t.test('of a long broadcast only the last is kept', async t => {
  const shown = new ShownTimes()
  for (let index = 0; index < 5000; index++) shown.add(message(index, 1, index * 1000 + 1000))
  t.match(shown.latency(4999, 5_000_000), { seconds: 1 })
  t.match(shown.latency(4500, 5_000_000), { seconds: 500 })
})
