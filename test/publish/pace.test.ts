// A publisher may send so many bytes a second, over all of its requests, and a second's worth at once after quiet.
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { Pace, Paces } from '../../lib/publish/pace.js'

/** A clock that the test sets. */
function withClock (t: Test): { now: number } {
  const clock = { now: 5000 }
  const mocked = mock.method(performance, 'now', () => clock.now)
  t.teardown(() => { mocked.mock.restore() })
  return clock
}

t.test('a second\'s worth is taken at once, what is more waits as long as it takes', async t => {
  const clock = withClock(t)
  const pace = new Pace(1000)
  t.equal(pace.take(600), 0)
  t.equal(pace.take(400), 0)
  t.equal(pace.take(500), 500)
  clock.now += 500
  t.equal(pace.take(0), 0)
  t.equal(pace.take(1), 1)
})

t.test('quiet gives back a second\'s worth, and no more', async t => {
  const clock = withClock(t)
  const pace = new Pace(1000)
  t.ok(pace.rested)
  pace.take(1000)
  clock.now += 500
  t.notOk(pace.rested)
  clock.now += 500
  t.ok(pace.rested)
  clock.now += 60_000
  t.equal(pace.take(1500), 500)
})

t.test('a publisher\'s requests share one pace, and publishers have their own', async t => {
  withClock(t)
  const paces = new Paces(1000)
  t.equal(paces.of('one').take(1000), 0)
  t.equal(paces.of('one').take(1000), 1000)
  t.equal(paces.of('other').take(1000), 0)
  t.equal(paces.size, 2)
})

t.test('publishers that have gone are forgotten when others come, those that have just sent are not', async t => {
  const clock = withClock(t)
  const paces = new Paces(1000)
  for (let index = 0; index < 10_000; index++) {
    clock.now += 100
    paces.of(`publisher ${index}`).take(500)
    t.ok(paces.size <= 65, `${paces.size}`)
  }
  for (let index = 0; index < 1000; index++) paces.of(`together ${index}`).take(1000)
  t.ok(paces.size >= 1000)
  t.equal(paces.of('together 0').take(1), 1)
  clock.now += 5000
  for (let index = 0; index < 2000; index++) paces.of(`later ${index}`)
  t.ok(paces.size < 2001, 'those together are gone')
})
