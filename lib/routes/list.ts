// GET /: the broadcasts that a request may watch, or those of them that its query names, watched.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Audience } from '../viewer/audience.js'
import { mayWatch } from './authorize.js'
import { documented, listSchema } from './schemas.js'
import { watchSeveral } from './watch-several.js'
import type { SeveralQuery } from './watch-several.js'
import { whileHeld } from './while-held.js'

interface ListRoute { Querystring: SeveralQuery }

/** Adds the list of broadcasts, and the route that watches several at once. */
export function listRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience

  // With a HEAD of our own: that which Fastify would make says that there is nothing to send. In one route, because a
  // HEAD alone at the root of a prefix would stand there with a slash at its end only.
  app.route<ListRoute>({
    method: ['GET', 'HEAD'],
    url: '/',
    ...documented(listSchema(broadcasts.settings)),
    handler: async (request, reply) => request.query.broadcasts === undefined ? await list(request, reply) : await watchSeveral(audience, request, reply)
  })

  async function list (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const listed: object[] = []
    await whileHeld(audience, request, reply, async () => {
      for (const live of broadcasts.kept) {
        if (await mayWatch(broadcasts, request, live.name) !== undefined) listed.push(describe(live))
      }
    })
    return await reply.header('cache-control', 'no-store').send({ broadcasts: listed })
  }
}

function describe (live: LiveBroadcast): object {
  const { window } = live
  return {
    name: live.name,
    state: live.state,
    tracks: [...live.tracks.values()].map(({ name, media: { kind, mime, width, height } }) => ({ track: name, kind, mime, width, height })),
    viewers: live.viewers.size,
    bitRate: live.window.bitRate(),
    window: { segments: window.size, bytes: window.bytes, seconds: window.seconds },
    latest: live.latest
  }
}
