// Whose time is over is ended, by one timer that runs only while it is needed.
import t from 'tap'
import { Expiry } from '../../lib/viewer/expiry.js'

t.test('each is ended once, when its time is over, and nobody before', async t => {
  const expiry = new Expiry()
  const ended: string[] = []
  const one = (name: string) => ({ expire: () => { ended.push(name) } })
  const [left, later] = [one('left'), one('later')]
  await new Promise<void>(resolve => {
    expiry.add(left, Date.now())
    expiry.add(later, Date.now() + 3_600_000)
    expiry.add(one('first'), Date.now())
    expiry.add({ expire: () => { ended.push('second'); resolve() } }, Date.now())
    expiry.delete(left)
    // The timer holds up no process.
    const hold = setTimeout(() => {}, 60_000)
    t.teardown(() => { clearTimeout(hold) })
  })
  t.strictSame(ended, ['first', 'second'])
  t.equal(expiry.size, 1)
  expiry.delete(later)
  expiry.delete(later)
  t.equal(expiry.size, 0)
})

t.test('after the last has gone it begins anew with the next', async t => {
  const expiry = new Expiry()
  const hold = setTimeout(() => {}, 60_000)
  t.teardown(() => { clearTimeout(hold) })
  for (let round = 0; round < 2; round++) await new Promise<void>(resolve => expiry.add({ expire: resolve }, Date.now()))
  t.equal(expiry.size, 0)
})
