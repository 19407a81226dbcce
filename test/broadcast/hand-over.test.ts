// How long a segment takes to the first viewer and to the last is measured once for all of them.
import t from 'tap'
import { HandOver } from '../../lib/broadcast/hand-over.js'

/** Lets time pass, so that what comes after is later. */
function pass (): number {
  const before = performance.now()
  while (performance.now() <= before);
  return performance.now()
}

function measuring () {
  const waiting: Array<() => void> = []
  const measured: Array<readonly [first: number, last: number]> = []
  const handOver = new HandOver(done => { waiting.push(done) }, (first, last) => { measured.push([first, last]) })
  return { handOver, measured, nextTurn: () => waiting.shift()!() }
}

t.test('it counts from the receipt, to who takes it first and to when all have had their turn', async t => {
  const { handOver, measured, nextTurn } = measuring()
  const receivedAt = performance.now()
  let firstBy = 0
  pass()
  handOver.offer(receivedAt, () => {
    handOver.taken()
    firstBy = pass()
    handOver.taken()
  })
  t.strictSame(measured, [], 'not before')
  const lastFrom = pass()
  nextTurn()
  t.equal(measured.length, 1)
  const [first, last] = measured[0]!
  t.ok(first > 0 && first * 1000 < firstBy - receivedAt, 'of the first')
  t.ok(last * 1000 >= lastFrom - receivedAt, 'of the last')
})

t.test('what nobody takes is not measured', async t => {
  const { handOver, measured, nextTurn } = measuring()
  handOver.taken()
  handOver.offer(performance.now(), () => {})
  nextTurn()
  t.strictSame(measured, [])
})

t.test('who waited for its turn until there was a newer one has taken both', async t => {
  const { handOver, measured, nextTurn } = measuring()
  const receivedAt = performance.now()
  pass()
  handOver.offer(receivedAt, () => {})
  handOver.offer(pass(), () => {})
  handOver.taken()
  nextTurn()
  nextTurn()
  t.equal(measured.length, 2)
  const [[older], [newer]] = measured as [[number, number], [number, number]]
  t.ok(older > newer)
})
