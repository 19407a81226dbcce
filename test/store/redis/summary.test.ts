import t from 'tap'
import { Ledger } from '../../../lib/broadcast/ledger.js'
import { summaryOf } from '../../../lib/store/redis/summary.js'
import { VIDEO, media } from '../../broadcast/lives.js'

t.test('a broadcast is summed up as this process sums up its own', async t => {
  const ledger = new Ledger('demo', 5)
  ledger.setInit('main', VIDEO)
  for (const start of [0, 1, 2]) ledger.compose('main', 'p', media({ init: VIDEO, start, duration: 1 }), start)
  const { bytes: _, ...rest } = VIDEO
  const fields = ['demo', '5', 'live', '4', JSON.stringify(ledger.state), '9000', '3000', '3', '1 4000 10000 1000', '3 4000 12000 1000']
  t.strictSame(summaryOf(fields, 13_000, () => 7), {
    name: 'demo', state: 'live', tracks: [{ name: 'main', media: rest }], viewers: 7, bitRate: 8000, segments: 3, bytes: 9000, seconds: 3, latest: '5-3'
  })
})

t.test('one without segments, that has ended', async t => {
  t.match(summaryOf(['demo', '5', 'ended', '1', '', '0', '0', '0', '', ''], 13_000, () => 0), { state: 'ended', tracks: [], bitRate: 0, segments: 0, seconds: 0, latest: '5-0' })
  t.match(summaryOf([], 0, () => 0), { name: '', tracks: [] })
})
