// The server of the soak, in a process of its own: says what it holds when it is asked.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import mediaSse from '../../lib/index.js'
import type { Held } from './held.js'

let errors = 0
let skipped = 0
const complain = (line: string): void => {
  errors++
  console.error(line.trim())
}

const app = Fastify({ logger: { level: 'warn', stream: { write: complain } }, requestTimeout: 0 })
await app.register(mediaSse, { authorizePublish: () => true, onViewerSkip: (_viewer, { segments }) => { skipped += segments ?? 0 } })
await app.listen({ port: 0, host: '127.0.0.1', backlog: 1024 })
const { port } = app.server.address() as AddressInfo
process.send!({ port })

process.on('message', () => { process.send!(held()) })
process.once('disconnect', async () => {
  await app.close()
  process.exit()
})

function held (): Held {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const { viewers } = app.mediaSse.broadcast('soak')
  const { segments, bytes, closed } = app.mediaSse.stats()
  const { user, system } = process.cpuUsage()
  const lag = [...viewers].reduce((most, viewer) => Math.max(most, viewer.lag), 0)
  return { rss, heapUsed, external, arrayBuffers, viewers: viewers.size, segments, bytes, lag, skipped, errors, left: Object.values(closed).reduce((sum, count) => sum + count, 0), cpu: (user + system) / 1e6 }
}
