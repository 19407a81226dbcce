import t from 'tap'
import type { InitSegment, MediaSegment, Splitter } from '../../lib/media/segment.js'
import * as segment from '../../lib/media/segment.js'

t.test('the contract of splitters is types only, so that a browser loads nothing for it', async t => {
  const init: InitSegment = { kind: 'image', mime: 'image/jpeg', mode: 'sequence' }
  const picture: MediaSegment = { init, bytes: new Uint8Array(1), start: 0, duration: 0.04, join: true }
  const splitter: Splitter = { init, held: 0, push: () => [picture], end: () => [] }
  t.equal(splitter.push(picture.bytes)[0]?.init, init)
  t.strictSame(splitter.end(), [])
  t.strictSame(Object.keys(segment), [])
})
