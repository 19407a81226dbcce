// What viewers share of an item: a segment with its bytes, or by reference where it is larger than the limit; and a file.
import t from 'tap'
import { INLINE, itemFrame } from '../../lib/delivery/item-frame.js'
import { WholeReading } from '../../lib/reading/whole-reading.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

t.test('a segment goes with its bytes, or by reference where it is larger than the limit', async t => {
  const live = runningLife()
  const { due, frame, reference } = live.publish('main', 'p', media({ bytes: new Uint8Array(100) }))
  const sent = (inlineBytes: number, base = '') => itemFrame(due, live, { inlineBytes, base })
  t.strictSame([sent(Infinity), sent(100), itemFrame(due, live, INLINE)], [frame, frame, frame])
  t.strictSame([sent(99), sent(-1)], [reference, reference])
  t.equal(sent(99, 'live/'), reference.from('live/'))
})

t.test('a file is the same for all', async t => {
  const live = runningLife()
  for (const start of [0, 1]) live.publish('main', 'p', media({ init: VIDEO, start, duration: 1 }))
  const item = new WholeReading(live, { lastEventId: undefined, secondsBehind: Infinity, tracks: undefined }).item(1)!
  t.equal(itemFrame(item, live, INLINE), live.window.file(1))
})
