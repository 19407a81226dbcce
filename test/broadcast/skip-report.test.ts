// What viewers miss is told to the log in one line for all of a second, and nothing while there is nothing to tell.
import t from 'tap'
import { SkipReport } from '../../lib/broadcast/skip-report.js'
import type { GapReason } from '../../lib/wire.js'
import { keptLog } from '../kit/log.js'
import { within } from '../kit/within.js'

function gap (reason: GapReason, segments: number | null) {
  return { broadcast: 'demo', from: '1-1', to: '1-2', segments, seconds: null, reason }
}

t.test('however many viewers skip, it is one line, some time later', async t => {
  const { log, lines } = keptLog()
  const report = new SkipReport(log.child({ broadcast: 'demo' }))
  // Its own timer holds no process, so this one does.
  const hold = setInterval(() => {}, 60_000)
  t.teardown(() => { clearInterval(hold) })
  const told = async (count: number): Promise<void> => {
    while (lines.length < count) await new Promise(resolve => setImmediate(resolve))
  }
  for (let count = 0; count < 1000; count++) report.add(gap('slow', 2))
  report.add(gap('restart', null))
  t.strictSame(lines, [])
  await within(told(1), 'a line')
  t.match(lines, [{ level: 30, broadcast: 'demo', skips: 1001, segments: 2000, reasons: { slow: 1000, restart: 1 }, msg: 'viewers skipped segments' }])
  report.add(gap('expired', 1))
  await within(told(2), 'another line')
  t.match(lines[1], { skips: 1, segments: 1, reasons: { expired: 1 } })
  t.strictSame(lines[1]?.['reasons'], { expired: 1 })
  t.equal(lines.length, 2)
})

t.test('what is counted can be told at once, and then is not told again', async t => {
  const { log, lines } = keptLog()
  const report = new SkipReport(log)
  report.tell()
  t.strictSame(lines, [], 'nothing')
  report.add(gap('slow', 3))
  report.tell()
  report.tell()
  t.match(lines, [{ skips: 1, segments: 3 }])
  t.equal(lines.length, 1)
})
