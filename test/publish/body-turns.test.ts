// Work on bodies is done in steps: what is long goes on in later turns of the event loop, in order, beside all else.
import t from 'tap'
import { inTurns } from '../../lib/publish/body-turns.js'
import type { Steps } from '../../lib/publish/body-turns.js'

/** So many steps, each of which lasts that many milliseconds. */
function * steps (count: number, milliseconds: number, done: () => void = () => {}): Steps<number> {
  for (let step = 0; step < count; step++) {
    for (const until = performance.now() + milliseconds; performance.now() < until;);
    done()
    yield
  }
  return count
}

t.test('what is short is done at once where code runs anyhow, and what is long later', async t => {
  t.equal(inTurns(steps(10, 1), true), 10)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(await inTurns(steps(200, 0), true), 200, 'also where nothing else has a turn')
})

t.test("what users' code publishes, and is long, goes on where nothing else is under way", { timeout: 20_000 }, async t => {
  for (let round = 0; round < 3; round++) {
    t.equal(await inTurns(steps(100, 0.1), true), 100)
    await new Promise(resolve => setImmediate(resolve))
  }
})

t.test('what is long lets all else have its turns', async t => {
  let turns = 0
  let over = false
  const turn = (): void => {
    turns++
    if (!over) setImmediate(turn)
  }
  setImmediate(turn)
  const order: string[] = []
  const all = await Promise.all([inTurns(steps(30, 2, () => { order.push('one') })), inTurns(steps(30, 2, () => { order.push('other') }))])
  over = true
  t.strictSame(all, [30, 30])
  t.ok(turns > 10, `${turns} turns of others`)
  t.ok(order.indexOf('other') < order.lastIndexOf('one'), 'and one body does not wait for the whole of another')
})

t.test('what a step throws is thrown, or rejects', async t => {
  function * failing (before: number): Steps<void> {
    yield * steps(before, 2)
    throw new RangeError('a step')
  }
  t.throws(() => inTurns(failing(0), true), RangeError)
  await t.rejects(async () => await inTurns(failing(20)), RangeError)
})
