// A viewer lags when it has fallen behind by more than the limit since it began, not when it began far back.
import t from 'tap'
import { Lag } from '../../lib/reading/lag.js'

t.test('a viewer at the live edge may fall behind by the limit, and no more', async t => {
  const lag = new Lag(5)
  lag.begin(0)
  t.notOk(lag.needsPolicy(0))
  t.notOk(lag.needsPolicy(5000), 'the limit itself is within it')
  t.ok(lag.needsPolicy(5001))
})

t.test('what is decided once is not asked again, until the viewer has caught up', async t => {
  const lag = new Lag(5)
  lag.begin(0)
  t.ok(lag.needsPolicy(6000))
  lag.policy = 'wait'
  t.notOk(lag.needsPolicy(7000))
  t.equal(lag.policy, 'wait')
  t.notOk(lag.needsPolicy(4000))
  t.equal(lag.policy, undefined, 'within the limit nothing is done any more')
  t.ok(lag.needsPolicy(6000), 'and the next time is another time')
})

t.test('who has once been at the live edge is not behind by its own choice', async t => {
  const lag = new Lag(5)
  lag.begin(3000)
  t.equal(lag.isBehind, true)
  lag.passed(1000)
  t.equal(lag.isBehind, true)
  lag.passed(0)
  t.equal(lag.isBehind, false)
})

t.test('whoever began further back is allowed that much more', async t => {
  const lag = new Lag(5)
  lag.begin(20_000)
  t.notOk(lag.needsPolicy(25_000))
  t.ok(lag.needsPolicy(25_001))
})

t.test('what it has caught up it may not fall behind again', async t => {
  const lag = new Lag(5)
  lag.begin(20_000)
  lag.passed(12_000)
  lag.passed(1000)
  lag.passed(3000)
  t.notOk(lag.needsPolicy(6000))
  t.ok(lag.needsPolicy(6001))
})

t.test('whoever is moved begins anew', async t => {
  const lag = new Lag(5)
  lag.begin(0)
  t.ok(lag.needsPolicy(9000))
  lag.policy = 'skip'
  lag.begin(2000)
  t.equal(lag.policy, undefined)
  t.notOk(lag.needsPolicy(7000))
  t.ok(lag.needsPolicy(7001))
})
