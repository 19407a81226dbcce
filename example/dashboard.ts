// The server's figures, live for a page: `app.mediaSse.stats()` is read once a second for all who look, and only while somebody does.

import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export function dashboard (app: FastifyInstance): void {
  let next: Promise<string> | undefined

  app.get('/dashboard/events', (_request, reply) => {
    reply.sseStream(samples())
  })

  async function * samples () {
    yield { event: 'sample', data: sample() }
    while (true) yield { event: 'sample', data: await nextSample() }
  }

  // Who looks waits for the same sample as everybody else.
  async function nextSample (): Promise<string> {
    next ??= setTimeout(1000, undefined, { ref: false }).then(() => {
      next = undefined
      return sample()
    })
    return await next
  }

  function sample (): string {
    const { byBroadcast, delay: { last: { p50, p99 } }, ...all } = app.mediaSse.stats()
    const broadcasts = byBroadcast.map(({ name, state, viewers, bitRate, lag, sent, skips, window, latest }) => ({ name, state, viewers, bitRate, lag, sent, skips, window, latest }))
    return JSON.stringify({ ...all, at: Date.now(), delay: { p50, p99 }, byBroadcast: broadcasts })
  }
}
