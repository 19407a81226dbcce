// What is counted of one broadcast counts in its registration too, but for who has left: there connections count.
import t from 'tap'
import { Counts, noneClosed } from '../../lib/broadcast/counts.js'

t.test('what happens counts where it happens, and in all', async t => {
  const all = new Counts()
  const [one, other] = [new Counts(all), new Counts(all)]
  one.published(10)
  one.published(20)
  other.published(5)
  const gap = { broadcast: 'demo', from: '1-1', to: '1-3', seconds: 1 }
  one.skip({ ...gap, segments: 3, reason: 'slow' })
  one.skip({ ...gap, segments: null, reason: 'restart' })
  other.skip({ ...gap, segments: 4, reason: 'slow' })
  other.pause()
  other.stall()
  one.handedOver(0.001, 0.002)
  t.match(one.stats(), { segments: 2, bytes: 30, skips: 2, skipped: 3, gaps: { slow: 1, expired: 0, restart: 1, publisher: 0 }, stalls: 0 })
  t.match(other.stats(), { segments: 1, bytes: 5, skips: 1, skipped: 4, gaps: { slow: 1, publisher: 1 }, stalls: 1, delay: { first: { count: 0 } } })
  t.match(all.stats(), { segments: 3, bytes: 35, skips: 3, skipped: 7, gaps: { slow: 2, expired: 0, restart: 1, publisher: 1 }, stalls: 1 })
  t.match(all.stats().delay, { first: { count: 1, p50: 0.001 }, last: { count: 1, p50: 0.002 } })
  t.match(all.delays(), { first: { count: 1, buckets: [{ le: 0.0001, count: 0 }] }, last: { p50: 0.002 } })
  t.strictSame([one.segments, one.bytes], [2, 30])
})

t.test('who has left counts by the reason, with its bytes', async t => {
  const all = new Counts()
  const one = new Counts(all)
  const close = { segments: 1, skipped: 0, seconds: 1 }
  one.left({ ...close, reason: 'client', bytes: 10 })
  one.left({ ...close, reason: 'stalled', bytes: 5 })
  t.strictSame(one.closed, { ...noneClosed(), client: 1, stalled: 1 })
  t.equal(one.sent, 15)
  t.strictSame([all.closed, all.sent], [noneClosed(), 0])
})

t.test('what is read does not change any more', async t => {
  const counts = new Counts()
  const before = counts.stats()
  counts.pause()
  t.equal(before.gaps.publisher, 0)
})
