// The clock does not count what the event loop was blocked for, and counts all else.
import { mock } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { LoopClock } from '../../lib/sink/loop-clock.js'
import { block } from '../kit/block.js'

function running (t: Test): LoopClock {
  const clock = new LoopClock()
  clock.start()
  t.teardown(() => { clock.stop() })
  return clock
}

t.test('a block does not count, whether it is asked before the next tick or after it', async t => {
  const clock = running(t)
  const then = performance.now()
  block(2000)
  const during = clock.since(then)
  t.ok(during < 1000, `${Math.round(during)} of 2000 ms`)
  await setTimeout(300)
  const after = clock.since(then)
  t.ok(after >= during && after < performance.now() - then - 1500, `${Math.round(after)} ms after it`)
  block(1000)
  t.ok(clock.since(then) < performance.now() - then - 2300, 'one after the other')
})

t.test('a block before that time is none of its', async t => {
  const clock = running(t)
  block(500)
  const then = performance.now()
  t.ok(clock.since(then) >= 0)
  t.ok(clock.since(then) <= performance.now() - then)
})

t.test('of a block that began before that time the part after it does not count', async t => {
  const clock = running(t)
  block(1000)
  const then = performance.now()
  block(1000)
  const counted = clock.since(then)
  t.ok(counted >= -1 && counted < 200, `${counted} ms`)
})

t.test('without a block all counts', async t => {
  const clock = new LoopClock()
  const then = performance.now()
  block(300)
  t.ok(clock.since(then) >= 290, 'while the clock does not run it knows of none')
})

t.test('no more than the newest hundred blocks are remembered, and none once it has stopped', async t => {
  const set = { now: 5000 }
  const mocked = mock.method(performance, 'now', () => set.now)
  t.teardown(() => { mocked.mock.restore() })
  const clock = new LoopClock()
  clock.start()
  for (let count = 0; count < 150; count++) {
    set.now += 600
    clock.since(5000)
  }
  t.equal(clock.since(5000), 150 * 600 - 100 * 350)
  clock.stop()
  t.equal(clock.since(5000), 150 * 600)
})
