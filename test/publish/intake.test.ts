import t from 'tap'
import type { Outcome } from '../../lib/publish/intake.js'
import * as intake from '../../lib/publish/intake.js'

t.test('what a body on its way is to a store, is types only', async t => {
  const outcome: Outcome = { kind: 'nothing' }
  t.equal(outcome.kind, 'nothing')
  t.strictSame(Object.keys(intake), [])
})
