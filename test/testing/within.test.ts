// A wait ends with its promise, or by name.
import t from 'tap'
import { LONG, within } from '../../lib/testing/within.js'

t.test('what comes in time is handed on, and what fails too', async t => {
  t.equal(await within(Promise.resolve(1), 'one'), 1)
  await t.rejects(within(Promise.reject(new Error('broken')), 'one'), { message: 'broken' })
  t.ok(LONG > 1000)
})

t.test('what does not come fails by its name, which is asked for only then', async t => {
  const never = new Promise<never>(() => {})
  await t.rejects(within(never, 'the train', 10), { message: 'Not within 0.01 s: the train' })
  await t.rejects(within(never, () => 'the bus', 10), { message: 'Not within 0.01 s: the bus' })
  await within(Promise.resolve(), () => { throw new Error('asked too early') })
})
