// How segments are sent unless a viewer asks for something else.
import t from 'tap'
import { INLINE } from '../../lib/delivery/delivery.js'

t.test('inline, no segment is too large to go with its bytes, and the routes are where the stream is', async t => {
  t.ok(Number.MAX_SAFE_INTEGER < INLINE.inlineBytes)
  t.equal(INLINE.base, '')
})
