import t from 'tap'
import type { SinkOwner } from '../../lib/sink/sink-owner.js'
import * as contract from '../../lib/sink/sink-owner.js'

t.test('the contract of sinks and their owners is types only', async t => {
  const told: string[] = []
  const owner: SinkOwner = { sinkLooks: () => {}, sinkDrained: () => { told.push('drained') }, sinkStalled: () => {}, sinkClosed: () => {} }
  owner.sinkDrained()
  t.strictSame(told, ['drained'])
  t.strictSame(Object.keys(contract), [])
})
