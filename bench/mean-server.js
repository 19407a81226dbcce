// The server that `mean.js` attacks, in a process of its own: it tells the longest block of its event loop since it was last asked, and what it holds.
// @ts-check
import Fastify from 'fastify'
import mediaSse from '../dist/lib/index.js'

const app = Fastify({ logger: false })
await app.register(mediaSse, JSON.parse(process.argv[2] ?? '{}'))
await app.listen({ port: 0, host: '127.0.0.1' })

let longest = 0
let ticks = 0
let last = performance.now()
let cpu = process.cpuUsage()
const tick = () => {
  const now = performance.now()
  const spent = process.cpuUsage(cpu)
  // Where others have the processor, the clock goes on and the process does nothing: that is no block of its own.
  const block = Math.min(now - last, (spent.user + spent.system) / 1000)
  longest = Math.max(longest, block)
  ticks++
  last = now
  cpu = process.cpuUsage()
  setTimeout(tick, 1)
}
tick()

process.on('disconnect', () => process.exit())

process.on('message', () => {
  const before = longest
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ longest: before, ticks, held: heapUsed + external, rss })
  // What was asked is no block of what comes next.
  setImmediate(() => {
    longest = ticks = 0
    last = performance.now()
    cpu = process.cpuUsage()
  })
})
process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (app.server.address()).port })
