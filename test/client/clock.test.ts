// The server's clock lies between what a request and what an event allow.
import t from 'tap'
import { ServerClock, localNow } from '../../lib/client/clock.js'

t.test('the page\'s own clock is Unix time', async t => {
  const before = localNow()
  t.ok(Math.abs(before - Date.now()) < 1000)
  t.ok(localNow() >= before)
})

t.test('before anything is known the clocks are one, and nothing bounds the error', async t => {
  const clock = new ServerClock()
  t.equal(clock.offset, 0)
  t.equal(clock.error, Infinity)
  t.equal(clock.delay(1000, 2000), 0)
})

t.test('an event bounds it from below, a request from above, and the middle is taken', async t => {
  const clock = new ServerClock()
  // The server is 5000 ahead; 40 to it and 20 back.
  clock.answered(1000, 6040)
  t.equal(clock.offset, 5040)
  clock.arrived(6040, 1060)
  t.equal(clock.offset, (5040 + 4980) / 2)
  t.equal(clock.error, 30)
  clock.arrived(7000, 2005)
  t.equal(clock.error, 22.5, 'a quicker event narrows it')
  clock.arrived(8000, 3900)
  t.equal(clock.error, 22.5, 'a slower one does not')
})

t.test('only events: the quickest one counts', async t => {
  const clock = new ServerClock()
  clock.arrived(6000, 1050)
  clock.arrived(7000, 2010)
  t.equal(clock.offset, 4990)
  t.equal(clock.delay(8000, 3010), 0)
  t.equal(clock.delay(8000, 3510), 500)
})

t.test('what is old is forgotten, as clocks drift', async t => {
  const clock = new ServerClock()
  clock.arrived(5000, 0)
  for (let at = 1000; at <= 90_000; at += 1000) clock.arrived(at + 4900, at)
  t.equal(clock.offset, 4900)
})

t.test('a clock that was set is believed anew', async t => {
  const clock = new ServerClock()
  clock.answered(0, 5010)
  clock.arrived(5000, 10)
  clock.arrived(65_000, 1010)
  t.equal(clock.offset, 63_990, 'forward: an event says so')
  t.equal(clock.error, Infinity)
  clock.answered(2000, 2010)
  t.equal(clock.offset, 10, 'back: a request says so')
  clock.arrived(2020, 2020)
  t.equal(clock.offset, 5)
})
