// Nobody holds the event loop for longer than a turn: who comes too late waits in line, and all are served, in order.
import t from 'tap'
import { Turns } from '../../lib/sink/turns.js'

/** Keeps the event loop from anything else. */
function work (milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

t.test('who comes while a turn lasts is served at once', async t => {
  const isServed = (): boolean => {
    const turns = new Turns()
    t.equal(turns.take({ turn () {} }), true, 'who begins it, in any case')
    return turns.take({ turn () {} })
  }
  // A busy machine may let a turn pass in between.
  while (!isServed());
})

t.test('who comes after it has its turn later, once, in the order of coming, and others have theirs between', async t => {
  const turns = new Turns()
  const served: number[] = []
  const count = 40
  let others = 0
  let busy = true
  const next = (): void => {
    others++
    if (busy) setImmediate(next)
  }
  setImmediate(next)
  await new Promise<void>(resolve => {
    const each = Array.from({ length: count }, (_, index) => ({
      turn: () => {
        if (!turns.take(each[index]!)) return
        work(1)
        served.push(index)
        if (served.length === count) resolve()
      }
    }))
    t.equal(turns.take({ turn () {} }), true)
    work(20)
    for (const one of each) t.equal(turns.take(one), false)
    for (const one of each) t.equal(turns.take(one), false)
  })
  busy = false
  t.strictSame(served, Array.from({ length: count }, (_, index) => index))
  t.ok(others > 1, `${others} times something else`)
  await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(served.length, count)
  t.equal(turns.take({ turn () {} }), true, 'and then there is no line any more')
})

t.test('who comes while others wait goes behind them', async t => {
  const turns = new Turns()
  turns.take({ turn () {} })
  work(20)
  const order: string[] = []
  await new Promise<void>(resolve => {
    turns.take({ turn: () => { order.push('first') } })
    turns.take({
      turn: () => {
        order.push('second')
        resolve()
      }
    })
  })
  t.strictSame(order, ['first', 'second'])
})

t.test('what comes after a line comes after all who stand in it, and at once where nobody does', async t => {
  const turns = new Turns()
  const order: string[] = []
  turns.after(() => { order.push('nobody waits') })
  t.strictSame(order, ['nobody waits'])
  turns.take({ turn () {} })
  work(5)
  const one = {
    turn: () => {
      turns.take(one)
      order.push('one')
    }
  }
  t.equal(turns.take(one), false)
  await new Promise<void>(resolve => {
    turns.after(() => {
      order.push('after it')
      resolve()
    })
    t.strictSame(order, ['nobody waits'])
  })
  t.strictSame(order, ['nobody waits', 'one', 'after it'])
})
