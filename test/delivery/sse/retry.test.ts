// Waiting times are spread, within bounds that the rest of the house counts on.
import t from 'tap'
import { afterClosing, jittered } from '../../../lib/delivery/sse/retry.js'

t.test('a jittered time is from three to five quarters of it, in whole milliseconds', async t => {
  const times = Array.from({ length: 1000 }, () => jittered(2000))
  t.ok(times.every(time => Number.isInteger(time) && time >= 1500 && time <= 2500))
  t.ok(new Set(times).size > 100, 'spread')
  t.equal(Math.round(times.reduce((sum, time) => sum + time, 0) / times.length / 100), 20, 'around it')
  t.ok(jittered(1) >= 0)
})

t.test('nobody comes back while a server closes, nor all in the same moment after it', async t => {
  const times = Array.from({ length: 1000 }, () => afterClosing(2000, 500))
  t.ok(times.every(time => Number.isInteger(time) && time >= 3000 && time <= 3500))
  t.ok(new Set(times).size > 100, 'spread')
})

t.test('the extremes of chance stay within the bounds', async t => {
  const { random } = Math
  t.teardown(() => { Math.random = random })
  Math.random = () => 0
  t.strictSame([jittered(2000), afterClosing(2000, 500)], [1500, 3000])
  Math.random = () => 1 - 2 ** -53
  t.strictSame([jittered(2000), afterClosing(2000, 500)], [2500, 3500])
})
