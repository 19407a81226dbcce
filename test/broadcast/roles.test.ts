import t from 'tap'
import type { Watcher } from '../../lib/broadcast/roles.js'
import * as roles from '../../lib/broadcast/roles.js'

t.test('what a broadcast knows of others, is types only', async t => {
  const woken: string[] = []
  const watcher: Watcher = { wake: () => { woken.push('it') } }
  watcher.wake()
  t.strictSame(woken, ['it'])
  t.strictSame(Object.keys(roles), [])
})
