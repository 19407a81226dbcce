// 100 stalled and 100 healthy viewers while 30 MB are published: the healthy lose nothing, memory grows by the live
// window, once as it was published and once as it is sent, and no more, and each stalled viewer's gaps account for every segment that it did not get.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { GapMessage, Viewer, ViewerClose } from '../../lib/index.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'

const MiB = 1024 * 1024
const WINDOW_BYTES = 8 * MiB
// What is kept, and the same as base64.
const HELD_BYTES = WINDOW_BYTES * (1 + 4 / 3)
const SEGMENTS = 240
const SEGMENT_BYTES = MiB / 8
const HEALTHY = 100
const STALLED = 100
// The reader whose segments are looked at one by one.
const ALL = 1 + HEALTHY + STALLED

interface Report {
  readonly number?: number
  readonly digest?: string
  readonly sums?: Array<{ crc: number, bytes: number }>
  readonly stalls?: Array<{ got: number[], gaps: GapMessage[] }>
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

// Buffers are freed a while after the collection that finds them: the next one waits for that.
async function bufferBytes (): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await new Promise(resolve => setImmediate(resolve))
  }
  return process.memoryUsage().arrayBuffers
}

t.test('stalled viewers cost nobody anything, and are told what they missed', async t => {
  const calls = { onViewerOpen: [] as Viewer[], onViewerLag: [] as Viewer[], onViewerDrain: [] as Viewer[] }
  // Those that never stop reading.
  const readers = new Set<Viewer>()
  const skips: Array<[Viewer, GapMessage]> = []
  const closes: Array<[Viewer, ViewerClose]> = []
  const { app, port } = await serve(t, {
    media: {
      window: { bytes: WINDOW_BYTES },
      // The healthy are never two segments behind, however slow the machine is; the others are behind by all that is published.
      lag: { seconds: 5 },
      stallTimeout: 120_000,
      onViewerOpen: (viewer, request) => {
        calls.onViewerOpen.push(viewer)
        if (request.headers['x-reads'] === 'all') readers.add(viewer)
      },
      onViewerLag: viewer => { calls.onViewerLag.push(viewer) },
      onViewerDrain: viewer => { calls.onViewerDrain.push(viewer) },
      onViewerSkip: (viewer, gap) => { skips.push([viewer, gap]) },
      onViewerClose: (viewer, close) => { closes.push([viewer, close]) }
    }
  })
  const demo = app.mediaSse.broadcast('demo')
  const publish = (number: number): void => { demo.publish(knownBytes(number, SEGMENT_BYTES), { contentType: 'application/x-test' }) }
  publish(1)

  const pool = fork(new URL('../kit/viewers.js', import.meta.url), [port, '/live/demo', HEALTHY, STALLED].map(String), { execArgv: [] })
  t.teardown(() => { pool.kill() })
  const reports = new EventEmitter()
  const digests: string[] = []
  pool.on('message', (report: Report) => {
    if (report.digest !== undefined) digests.push(report.digest)
    reports.emit('report', report)
  })
  const ask = async (message: string, answered: (report: Report) => boolean): Promise<Report> => {
    pool.send(message)
    for (;;) {
      const [report] = await once(reports, 'report') as [Report]
      if (answered(report)) return report
    }
  }
  const have = (viewers: Iterable<Viewer>, number: number): number => [...viewers].filter(viewer => viewer.segments >= number).length
  // Leaves the processor to the viewers.
  const turn = async (): Promise<void> => { await new Promise(resolve => setTimeout(resolve, 5)) }

  while (have(demo.viewers, 1) < ALL) await turn()
  t.equal(readers.size, ALL - STALLED)
  const before = await bufferBytes()
  let most = 0
  for (let number = 2; number <= SEGMENTS; number++) {
    publish(number)
    // In real time, 25 a second, and never faster than the healthy are served.
    const next = performance.now() + 40
    while (performance.now() < next || have(readers, number - 2) < readers.size) await turn()
    if (number % 20 === 0) most = Math.max(most, await bufferBytes())
  }
  t.comment(`buffers of the server: ${(before / MiB).toFixed(1)} MiB before, at most ${(most / MiB).toFixed(1)} MiB while ${SEGMENTS * SEGMENT_BYTES / MiB} MiB were published`)
  t.ok(most - before < HELD_BYTES + 8 * MiB, `memory grows by the window of ${WINDOW_BYTES / MiB} MiB, as it is kept and as it is sent, and no more`)

  while (digests.length < SEGMENTS) await once(reports, 'report')
  t.same(digests, Array.from({ length: SEGMENTS }, (_, index) => createHash('sha256').update(knownBytes(index + 1, SEGMENT_BYTES)).digest('hex')), 'the healthy get every segment')
  const { sums = [] } = await ask('sums', ({ sums }) => sums !== undefined)
  const same = new Set(sums.map(({ crc, bytes }) => `${crc} ${bytes}`))
  t.equal(sums.length, HEALTHY)
  t.ok(same.size === 1 && (sums[0]?.bytes ?? 0) > SEGMENTS * SEGMENT_BYTES, 'and all of them the same')
  demo.end()
  const { stalls = [] } = await ask('resume', ({ stalls }) => stalls !== undefined)

  for (const { got, gaps } of stalls) {
    const missing = gaps.flatMap(({ from, to }) => {
      const [first, last] = [from, to].map(id => Number(id.split('-')[1]))
      return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index)
    })
    if (gaps.length === 0) t.fail('a stalled viewer is skipped')
    if (missing.length !== gaps.reduce((sum, gap) => sum + (gap.segments ?? 0), 0)) t.fail('a gap counts what is missing')
    const all = [...got, ...missing].sort((a, b) => a - b)
    if (all.length !== SEGMENTS || all.some((number, index) => number !== index + 1)) t.fail(`segments and gaps are not all there is: ${got.length} and ${missing.length}`)
  }
  t.equal(stalls.length, STALLED, 'what each stalled viewer got, and its gaps, are together all that was published')

  while (demo.viewers.size > 0) await turn()
  t.equal(calls.onViewerOpen.length, ALL)
  t.equal(closes.length, ALL, 'each viewer closed exactly once')
  t.equal(new Set(closes.map(([viewer]) => viewer.id)).size, ALL)
  t.same(new Set(closes.map(([, { reason }]) => reason)), new Set(['ended']))
  const lagging = new Set(calls.onViewerLag)
  t.equal(lagging.size, STALLED, 'onViewerLag for each that stalled, and for no other')
  t.same(new Set(skips.map(([viewer]) => viewer)), lagging)
  for (const viewer of lagging) t.ok(calls.onViewerDrain.includes(viewer))
  for (const [viewer, { skipped, segments }] of closes) {
    if (skipped !== skips.filter(([skipper]) => skipper === viewer).reduce((sum, [, gap]) => sum + (gap.segments ?? 0), 0)) t.fail('onViewerClose sums up the gaps')
    if (skipped + segments !== SEGMENTS) t.fail(`${skipped} skipped and ${segments} sent`)
  }
})
