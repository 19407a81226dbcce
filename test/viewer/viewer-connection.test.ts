import t from 'tap'
import type { ViewerOptions } from '../../lib/viewer/viewer-connection.js'
import * as contract from '../../lib/viewer/viewer-connection.js'
import { SegmentReading } from '../../lib/viewer/segment-reading.js'

t.test('the contract of viewers and connections is types only', async t => {
  const start = { lastEventId: undefined, secondsBehind: 0, tracks: undefined }
  const options: ViewerOptions = { id: '1', name: 'demo', lastEventId: undefined, read: live => new SegmentReading(live, start, 0) }
  t.equal(options.name, 'demo')
  t.strictSame(Object.keys(contract), [])
})
