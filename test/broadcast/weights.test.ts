// What counts in the window: bytes, and the price of each object.
import t from 'tap'
import { PRICES } from '../../lib/broadcast/prices.js'
import { weightOf, weightOfInit, weightOfLife } from '../../lib/broadcast/weights.js'

t.test('a segment counts with its bytes, its messages, its tracks\' ends and its pause', async t => {
  const bytes = new Uint8Array(4)
  t.equal(weightOf({ bytes }), PRICES.segment + 4)
  t.equal(weightOf({ bytes, ends: new Map([[1, 1], [2, 1]]) }), PRICES.segment + 4 + 2 * PRICES.end)
  t.equal(weightOf({ bytes, events: [{ bytes }, { bytes: new Uint8Array(0) }] }), PRICES.segment + 8 + 2 * PRICES.event)
  t.equal(weightOf({ bytes, pause: {} }), PRICES.segment + 4 + PRICES.pause)
})

t.test('a life counts with its tracks, and with what is remembered', async t => {
  t.equal(weightOfLife(0, 0), PRICES.broadcast)
  t.equal(weightOfLife(2, 3), PRICES.broadcast + 2 * PRICES.track + 3 * PRICES.remembered)
})

t.test('an init segment counts with its bytes, if it has any, as they are and as base64', async t => {
  t.equal(weightOfInit({ media: {} }), PRICES.init)
  for (const length of [0, 1, 2, 3, 7]) {
    const bytes = Buffer.alloc(length)
    t.equal(weightOfInit({ media: { bytes } }), PRICES.init + length + bytes.toString('base64').length, `${length} bytes`)
  }
})
