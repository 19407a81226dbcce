import t from 'tap'
import { UNKNOWN } from '../../lib/publish/body-state.js'

t.test('a body begins with nothing of it', async t => {
  t.match(UNKNOWN, { kind: 'unknown', head: { byteLength: 0 } })
})
