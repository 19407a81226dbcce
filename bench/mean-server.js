// The server that `mean.js` attacks, in a process of its own: it tells the longest turns of its event loop since it was last asked, and what it holds.
// @ts-check
import { PerformanceObserver } from 'node:perf_hooks'
import Fastify from 'fastify'
import mediaSse from '../dist/lib/index.js'

const app = Fastify({ logger: false })
await app.register(mediaSse, JSON.parse(process.argv[2] ?? '{}'))
await app.listen({ port: 0, host: '127.0.0.1' })

// A turn of the event loop, milliseconds: how long it has lasted, how much work was done meanwhile, and how much of it was V8's, for garbage.
/** @type {Array<{ from: number, to: number, cpu: number }>} */
let turns = []
/** @type {Array<{ from: number, to: number }>} */
let collections = []
let last = performance.now()
// Of this thread alone where Node tells it (from 23.9 on), else of all of the process.
const cpuUsage = process.threadCpuUsage ?? process.cpuUsage
let cpu = cpuUsage()
/** @param {import('node:perf_hooks').PerformanceEntry[]} entries */
const note = entries => { for (const { startTime, duration } of entries) collections.push({ from: startTime, to: startTime + duration }) }
const observer = new PerformanceObserver(list => note(list.getEntries()))
observer.observe({ entryTypes: ['gc'] })
const tick = () => {
  const now = performance.now()
  const spent = cpuUsage(cpu)
  // Short ones are not looked at.
  if (now - last > 3) turns.push({ from: last, to: now, cpu: (spent.user + spent.system) / 1000 })
  last = now
  cpu = cpuUsage()
  setTimeout(tick, 1)
}
tick()

/** The longest turns, with and without garbage, and the longest time for garbage. */
function longest () {
  note(observer.takeRecords())
  let [all, own, garbage] = [0, 0, 0]
  for (const { from, to, cpu } of turns) {
    let collecting = 0
    for (const one of collections) collecting += Math.max(0, Math.min(to, one.to) - Math.max(from, one.from))
    // Where others have the processor, the clock goes on and the process does nothing: that is no block of its own.
    all = Math.max(all, Math.min(to - from, cpu))
    own = Math.max(own, Math.min(to - from - collecting, cpu))
    garbage = Math.max(garbage, collecting)
  }
  return { all, own, garbage }
}

process.on('disconnect', () => process.exit())

process.on('message', () => {
  const before = longest()
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ longest: before, held: heapUsed + external, rss })
  // What was asked is no turn of what comes next.
  setImmediate(() => {
    observer.takeRecords()
    turns = []
    collections = []
    last = performance.now()
    cpu = cpuUsage()
  })
})
process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (app.server.address()).port })
