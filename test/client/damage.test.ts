// What could not be played is left out up to the next join point; where none comes, the broadcast is joined again.
import t from 'tap'
import { Damage } from '../../lib/client/damage.js'
import type { SegmentMessage } from '../../lib/wire.js'

const segment = (id: string, join: boolean, at = 0): Parameters<Damage['judge']>[0] => {
  const message: SegmentMessage = { broadcast: 'demo', track: 'main', init: 1, start: 0, duration: 1, join, received: 0 }
  return { message, id, at }
}

t.test('up to the next join point, also when the last one comes again', async t => {
  const damage = new Damage()
  t.strictSame([segment('5-1', true), segment('5-2', false)].map(each => damage.judge(each)), ['shown', 'shown'])
  damage.failed()
  t.strictSame([segment('5-1', true), segment('5-2', false), segment('5-3', true), segment('5-4', false)].map(each => damage.judge(each)), ['left out', 'left out', 'shown', 'shown'])
})

t.test('another life of the broadcast begins with a join point', async t => {
  const damage = new Damage()
  damage.judge(segment('5-9', true))
  damage.failed()
  t.equal(damage.judge(segment('6-1', true)), 'shown')
})

t.test('where no join point comes for ten seconds, what there is is tried again', async t => {
  const damage = new Damage()
  damage.judge(segment('5-1', true))
  damage.failed()
  t.strictSame([1000, 10_999, 11_000, 11_001].map(at => damage.judge(segment('5-2', false, at))), ['left out', 'left out', 'rejoin', 'shown'])
})

t.test('what has no join points is shown', async t => {
  const damage = new Damage()
  damage.judge(segment('5-1', false))
  damage.failed()
  t.equal(damage.judge(segment('5-2', false)), 'shown')
})
