import t from 'tap'
import { MemoryStore } from '../../lib/broadcast/memory-store.js'
import type { NodeStore } from '../../lib/broadcast/store.js'
import * as store from '../../lib/broadcast/store.js'
import { broadcastsOf } from './lives.js'

t.test('the contract of stores is types only', async t => {
  const one: NodeStore = new MemoryStore(broadcastsOf())
  t.strictSame([...one.names], [])
  t.strictSame(Object.keys(store), [])
})
