// Delays: counted for good in buckets, and the newest kept for quantiles.
import t from 'tap'
import { Delays } from '../../lib/broadcast/delays.js'

t.test('before there is one there are no quantiles', async t => {
  const { buckets, ...rest } = new Delays(3).histogram()
  t.strictSame(rest, { count: 0, sum: 0, p50: undefined, p99: undefined, largest: undefined })
  t.ok(buckets.length > 0 && buckets.every(({ count }) => count === 0))
})

t.test('each bucket holds those before it, and what is in none counts nevertheless', async t => {
  const delays = new Delays(3)
  for (const seconds of [0.0001, 0.003, 0.004, 60]) delays.add(seconds)
  const { buckets, count, sum } = delays.histogram()
  t.strictSame([count, sum], [4, 60.0071])
  const upTo = (bound: number) => buckets.find(({ le }) => le === bound)?.count
  t.strictSame([0.0001, 0.0025, 0.005, 1].map(upTo), [1, 1, 3, 3])
  t.strictSame(buckets.map(({ le }) => le), buckets.map(({ le }) => le).toSorted((one, other) => one - other))
})

t.test('quantiles are of the newest, by the nearest rank', async t => {
  const delays = new Delays(100)
  delays.add(1000)
  t.match(delays.stats(), { p50: 1000, p99: 1000, largest: 1000 })
  for (let seconds = 100; seconds > 0; seconds--) delays.add(seconds)
  t.match(delays.stats(), { count: 101, p50: 50, p99: 99, largest: 100 })
})
