// GET /: the broadcasts that a request may watch.
import type { FastifyInstance } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Audience } from '../viewer/audience.js'
import { mayWatch } from './authorize.js'

/** Adds the list of broadcasts. */
export function listRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience

  app.get('/', async (request, reply) => {
    const listed = []
    for (const live of broadcasts.kept) {
      if (await mayWatch(broadcasts.settings, request, live.name)) listed.push(describe(live))
    }
    return await reply.header('cache-control', 'no-store').send({ broadcasts: listed })
  })
}

function describe (live: LiveBroadcast): object {
  const { window } = live
  const oldest = window.get(window.first)
  return {
    name: live.name,
    state: live.state,
    tracks: [...live.tracks.values()].map(({ name, media: { kind, mime, width, height } }) => ({ track: name, kind, mime, width, height })),
    viewers: live.viewers.size,
    bitRate: live.bitRate,
    window: {
      segments: window.size,
      bytes: window.bytes,
      seconds: oldest === undefined ? 0 : Math.round(performance.now() - oldest.receivedAt) / 1000
    },
    latest: live.latest
  }
}
