// One timer looks after all sinks, and runs only while there is one.
import t from 'tap'
import { Sinks } from '../../lib/sink/sinks.js'
import { block } from '../kit/block.js'

t.test('all members are looked after on one beat, until the last has left', async t => {
  const sinks = new Sinks({ heartbeat: 80, stallTimeout: 1000 })
  t.equal(sinks.beat, 5, 'often enough for the shorter of the two times')
  const looks: string[] = []
  let done: () => void = () => {}
  const enough = new Promise<void>(resolve => { done = resolve })
  const first = { lookAfter: (now: number) => { looks.push(`first ${now > 0}`) } }
  const second = {
    lookAfter: () => {
      looks.push('second')
      if (looks.length >= 6) done()
    }
  }
  const active = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = active()
  sinks.add(first)
  sinks.add(second)
  // An unref'd timer keeps nothing alive, and this test has nothing else that does.
  const alive = setInterval(() => {}, 1000)
  await enough
  clearInterval(alive)
  t.same(looks.slice(0, 4), ['first true', 'second', 'first true', 'second'])
  t.equal(sinks.size, 2)
  sinks.delete(first)
  sinks.delete(second)
  t.equal(sinks.size, 0)
  t.equal(active(), before, 'no timer is left')
})

t.test('what the event loop was blocked for does not count, while somebody is there', async t => {
  const sinks = new Sinks({ heartbeat: 10_000, stallTimeout: 10_000 })
  const member = { lookAfter () {} }
  sinks.add(member)
  sinks.add({ lookAfter () {} })
  const then = performance.now()
  block(1000)
  t.ok(sinks.since(then) < 500)
  sinks.delete(member)
})
