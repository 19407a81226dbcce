// What is damaged in a body is told to the log in one line for all of a second, and nothing while there is nothing to tell.
import t from 'tap'
import { DropCount, DropReport } from '../../lib/broadcast/drop-report.js'
import type { Dropped } from '../../lib/media/segment.js'
import { keptLog } from '../kit/log.js'
import { post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { within } from '../kit/within.js'
import { fixture } from '../media/fixture.js'

const MSG = 'a publisher sends damaged media, which is left out'

t.test('however much is dropped, it is one line, some time later', async t => {
  const { log, lines } = keptLog()
  const report = new DropReport(log.child({ broadcast: 'demo' }))
  // Its own timer holds no process, so this one does.
  const hold = setInterval(() => {}, 60_000)
  t.teardown(() => { clearInterval(hold) })
  const told = async (count: number): Promise<void> => {
    while (lines.length < count) await new Promise(resolve => setImmediate(resolve))
  }
  for (let count = 0; count < 1000; count++) report.add({ count: 1, bytes: 10 })
  report.add(undefined)
  t.strictSame(lines, [])
  await within(told(1), 'a line')
  t.match(lines, [{ level: 40, broadcast: 'demo', dropped: 1000, bytes: 10_000, msg: MSG }])
  report.add({ count: 0, bytes: 5 })
  await within(told(2), 'another line, of what goes on')
  t.match(lines[1], { dropped: 0, bytes: 5 })
  report.tell()
  t.equal(lines.length, 2)
})

t.test('of a splitter that counts, each is told once', async t => {
  const count = new DropCount()
  const after = (dropped: Dropped) => count.since({ dropped })
  t.equal(count.since({}), undefined)
  t.equal(after({ count: 0, bytes: 0 }), undefined)
  t.strictSame(after({ count: 2, bytes: 30 }), { count: 2, bytes: 30 })
  t.equal(after({ count: 2, bytes: 30 }), undefined)
  t.strictSame(after({ count: 3, bytes: 31 }), { count: 1, bytes: 1 })
})

t.test('a body with damage is told when the server closes, at the latest', async t => {
  const { logger, lines } = keptLog()
  const { app, origin } = await serve(t, { fastify: { logger } })
  t.equal((await post(`${origin}/live/demo`, fixture('audio/splice.mp3'), {})).status, 201)
  await app.close()
  t.match(lines.filter(({ msg }) => msg === MSG), [{ level: 40, broadcast: 'demo', dropped: 1 }])
})
