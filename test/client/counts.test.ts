// Counts, and a bit rate over the last seconds.
import t from 'tap'
import { Counts } from '../../lib/client/counts.js'

t.test('the bit rate is of the last five seconds, and nothing older is kept', async t => {
  const counts = new Counts()
  t.equal(counts.bitRate(0), 0)
  for (let at = 0; at <= 60_000; at += 100) counts.segment(1000, at)
  t.equal(counts.segments, 601)
  t.equal(counts.bytes, 601_000)
  t.equal(counts.bitRate(60_000), 80_000)
  t.equal(counts.bitRate(70_000), 0)
})

t.test('the bit rate of one that has just begun is of the time since then', async t => {
  const counts = new Counts()
  for (let at = 0; at < 2000; at += 100) counts.segment(1000, at)
  t.equal(counts.bitRate(2000), 80_000)
})

t.test('gaps count, and what they say is missing', async t => {
  const counts = new Counts()
  const gap = { broadcast: 'demo', from: '1-1', to: '1-3', seconds: null }
  counts.gap({ ...gap, segments: 3, reason: 'slow' })
  counts.gap({ ...gap, segments: null, reason: 'restart' })
  t.equal(counts.gaps, 2)
  t.equal(counts.skipped, 3)
})

t.test('what a playhead has counted is kept when it goes', async t => {
  const counts = new Counts()
  counts.keep({ seeks: 2, stalls: 1 })
  counts.keep(undefined)
  counts.keep({ seeks: 1, stalls: 0 })
  t.strictSame([counts.seeks, counts.stalls], [3, 1])
})
