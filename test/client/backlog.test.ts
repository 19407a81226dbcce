// What is old and stays old is not played through; a burst after a pause is.
import t from 'tap'
import { Backlog } from '../../lib/client/backlog.js'

/** Feeds a delay each 100 ms. @returns when it says to rejoin, milliseconds */
function feed (backlog: Backlog, from: number, until: number, delay: (at: number) => number, target = 0.3): number[] {
  const rejoins: number[] = []
  for (let at = from; at < until; at += 100) if (backlog.mustRejoin(delay(at), target, at)) rejoins.push(at)
  return rejoins
}

t.test('what is new, and what catches up within seconds, is no backlog', async t => {
  t.strictSame(feed(new Backlog(), 0, 60_000, () => 200), [])
  t.strictSame(feed(new Backlog(), 0, 60_000, at => Math.max(0, 20_000 - at * 10)), [])
})

t.test('what stays old is', async t => {
  t.strictSame(feed(new Backlog(), 0, 3100, () => 5000), [3000])
  t.strictSame(feed(new Backlog(), 0, 20_000, () => 5000, 3), [], 'but not where one aims at as much')
})

t.test('where it does not help, it is done less and less often', async t => {
  const backlog = new Backlog()
  t.strictSame(feed(backlog, 0, 100_000, () => 5000), [3000, 13_000, 33_000, 73_000])
  feed(backlog, 100_000, 400_000, () => 0)
  t.strictSame(feed(backlog, 400_000, 420_000, () => 5000), [403_000, 423_000].slice(0, 1), 'and after a good while as at first')
  t.strictSame(feed(backlog, 420_000, 424_000, () => 5000), [423_000])
})
