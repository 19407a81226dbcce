// A viewer whose client has left before the route's handler runs.
import { EventEmitter, once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import type { Served } from './serve.js'
import { Watching } from './watch.js'

/** What `serve` needs `before`, and how then to leave. */
export interface LeavingEarly {
  readonly before: (app: FastifyInstance) => void
  /** Resolves when the handler has been through. */
  readonly leave: (served: Served, path: string) => Promise<void>
}

/** @param hook where the request is held until its client has gone */
export function leavingEarly (hook: 'onRequest' | 'preHandler'): LeavingEarly {
  const gate = new EventEmitter()
  return {
    before: app => {
      app.addHook(hook, async request => {
        gate.emit('request')
        await once(request.raw.socket, 'close')
      })
      app.addHook(hook, async () => { gate.emit('passed') })
    },
    leave: async ({ origin }, path) => {
      const passed = once(gate, 'passed')
      const request = once(gate, 'request')
      const watching = new Watching(origin + path)
      await request
      await watching.leave()
      await passed
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}
