// How long a segment takes to the first viewer and to the last is measured once for all of them, whichever ways they go.
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
  return { handOver, measured, nextTurn: () => waiting.shift()!(), isWaiting: () => waiting.length > 0 }
}

/** A segment that is received now. */
const received = (sequence = 1) => ({ sequence, receivedAt: performance.now() })

t.test('it counts from the receipt, to who takes it first and to when all have had their turn', async t => {
  const { handOver, measured, nextTurn, isWaiting } = measuring()
  const segment = received()
  let firstBy = 0
  pass()
  handOver.offer(segment, () => {
    handOver.taken(1)
    firstBy = pass()
    handOver.taken(1)
  })
  t.strictSame(measured, [], 'not before')
  const lastFrom = pass()
  nextTurn()
  t.equal(measured.length, 1)
  const [first, last] = measured[0]!
  t.ok(first > 0 && first * 1000 < firstBy - segment.receivedAt, 'of the first')
  t.ok(last * 1000 >= lastFrom - segment.receivedAt, 'of the last')
  handOver.taken(1)
  handOver.hold(1)()
  t.strictSame([measured.length, isWaiting()], [1, false], 'who comes later changes nothing')
})

t.test('what nobody takes is not measured', async t => {
  const { handOver, measured, nextTurn } = measuring()
  handOver.taken()
  handOver.offer(received(), () => {})
  nextTurn()
  t.strictSame(measured, [])
})

t.test('of two on their way each is measured by who has taken it; what is no segment is taken with the newest', async t => {
  const { handOver, measured, nextTurn } = measuring()
  for (const sequence of [1, 2, 3]) handOver.offer(received(sequence), () => {})
  pass()
  handOver.taken(1)
  handOver.taken()
  nextTurn()
  nextTurn()
  t.equal(measured.length, 1, 'the second has nobody taken')
  nextTurn()
  t.equal(measured.length, 2)
  for (const [first, last] of measured) t.ok(first > 0 && first <= last)
})

t.test('as long as some are not given it yet it is not measured: it is when the last of them are, and have had their turn', async t => {
  const { handOver, measured, nextTurn, isWaiting } = measuring()
  const segment = received()
  let releases: Array<() => void> = []
  handOver.offer(segment, () => { releases = [handOver.hold(1), handOver.hold(1)] })
  handOver.taken(1)
  nextTurn()
  t.strictSame([measured, isWaiting()], [[], false])
  for (const release of releases) {
    t.strictSame(measured, [])
    release()
    t.strictSame(measured, [], 'not before their turn')
    pass()
    nextTurn()
  }
  t.equal(measured.length, 1)
  const [[first, last]] = measured as [[number, number]]
  t.ok(last > first)
})
