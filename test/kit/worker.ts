// A process of node:cluster: registers the plugin, tells its primary each line that is logged, and ends.
import Fastify from 'fastify'
import type { Store } from '../../lib/index.js'
import mediaSse from '../../lib/index.js'
import { MemoryStore } from '../../lib/store/memory.js'
import type { StoreNode } from '../../lib/store/store.js'

const lines: string[] = []
const store: Store = { open: node => new MemoryStore(node as StoreNode) }
const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
await app.register(mediaSse, process.argv[2] === 'store' ? { store } : {})
await app.close()
process.send!(lines.join(''))
process.disconnect()
