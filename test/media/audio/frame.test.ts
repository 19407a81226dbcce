// Rate and channels of a frame are one number, from which the rate can be read again.
import t from 'tap'
import { configOf, rateOf } from '../../../lib/media/audio/frame.js'

t.test('frames of another rate or other channels have another number, and each tells its rate', async t => {
  const headers = [8000, 44_100, 48_000, 96_000].flatMap(rate => [0, 1, 2, 8].map(channels => ({ size: 100, samples: 1024, rate, channels })))
  t.equal(new Set(headers.map(configOf)).size, headers.length)
  t.strictSame(headers.map(header => rateOf(configOf(header))), headers.map(({ rate }) => rate))
  t.equal(configOf({ size: 1, samples: 1, rate: 48_000, channels: 2 }), configOf({ size: 9, samples: 9, rate: 48_000, channels: 2 }))
})
