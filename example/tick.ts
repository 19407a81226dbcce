// Server-Sent Events from a route of one's own: `reply.sseStream` takes any async iterable of events, pulls it only as fast as the client
// reads, and returns it when the client is gone.

import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export function tick (app: FastifyInstance): void {
  app.get('/tick', (request, reply) => {
    // A browser that comes back says what it saw last, and the count goes on there.
    reply.sseStream(ticks(Number(request.headers['last-event-id']) || 0))
  })
}

async function * ticks (last: number) {
  for (let id = last + 1; ; id++) {
    yield { id, event: 'tick', data: new Date().toISOString() }
    await setTimeout(1000)
  }
}
