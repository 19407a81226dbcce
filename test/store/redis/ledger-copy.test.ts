// What an append sends of a ledger is short, however much is remembered, and makes the one in Redis what the node's is.
import t from 'tap'
import { LedgerCopy } from '../../../lib/store/redis/ledger-copy.js'
import type { StoredLedger } from '../../../lib/store/redis/ledger-copy.js'
import { VIDEO, media } from '../../broadcast/lives.js'

/** Redis, as far as a ledger is concerned. */
class Stored implements StoredLedger {
  version = 0
  state = ''
  readonly memory = new Map<string, string>()

  take ({ change: { state, added, forgotten } }: LedgerCopy): void {
    this.version++
    this.state = state
    for (const object of forgotten) this.memory.delete(object)
    if (added !== undefined) this.memory.set(added.object, `${this.memory.get(added.object) ?? ''} ${added.key}`)
  }
}

function compose ({ ledger }: LedgerCopy, number: number, object: string): void {
  ledger.setInit('main', VIDEO)
  ledger.compose('main', 'p', media({ init: VIDEO, start: number, duration: 1, ends: new Map([[1, number + 1]]) }), 1000 * number, { object, key: `key${number}` })
}

function readBy (stored: StoredLedger): LedgerCopy {
  const copy = new LedgerCopy('demo')
  copy.read(5, stored)
  return copy
}

t.test('two nodes in turn remember what one would, and each key is sent once', async t => {
  const stored = new Stored()
  const alone = readBy(stored)
  const nodes = [readBy(stored), readBy(stored)]
  const states: number[] = []
  for (let number = 0; number < 3000; number++) {
    const node = nodes[Math.floor(number / 10) % 2]!
    // It was told that the other has written meanwhile.
    if (number % 10 === 0) node.read(5, stored)
    t.equal(node.version, number)
    for (const copy of [alone, node]) compose(copy, number, `object ${Math.floor(number / 300)}`)
    const { state, added } = node.change
    states.push(state.length)
    t.strictSame(added, { object: `main object ${Math.floor(number / 300)}`, key: `key${number}`, isFirst: number % 300 === 0 })
    stored.take(node)
    for (const copy of [alone, node]) copy.written()
  }
  const one = readBy(stored).ledger
  t.strictSame(one.objects, alone.ledger.objects)
  t.strictSame([...stored.memory.keys()].sort(), [...one.objects].sort(), 'what is forgotten is deleted')
  t.equal(one.remembered, alone.ledger.remembered)
  t.equal(one.remembered, 8 * 300)
  t.ok(Math.max(...states) < 1500, `${Math.max(...states)} characters at most`)
})

t.test('an object that goes on in a new life is remembered from there on, here and in Redis', async t => {
  const stored = new Stored()
  const node = readBy(stored)
  for (const number of [10, 11, 12, 0, 1]) {
    compose(node, number, 'object')
    stored.take(node)
    node.written()
  }
  t.equal(node.ledger.remembered, 2)
  t.strictSame([...stored.memory], [['main object', ' key0 key1']])
  t.equal(readBy(stored).ledger.remembered, 2)
})

t.test('where it is not known what Redis has, no version fits', async t => {
  const copy = readBy(new Stored())
  compose(copy, 0, 'object')
  copy.lose()
  t.equal(copy.version, -1)
  t.strictSame(copy.change.forgotten, [])
})
