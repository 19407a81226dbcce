// GET /: the broadcasts that a request may watch, or those of them that its query names, watched.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Summary } from '../broadcast/store.js'
import type { Audience } from '../viewer/audience.js'
import { mayWatch } from './authorize.js'
import { asked } from './retry-after.js'
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
      for (const summary of await asked(broadcasts.list(), reply)) {
        if (await mayWatch(broadcasts, request, summary.name) !== undefined) listed.push(describe(summary))
      }
    })
    return await reply.header('cache-control', 'no-store').send({ broadcasts: listed })
  }
}

function describe ({ name, state, tracks, viewers, bitRate, segments, bytes, seconds, latest }: Summary): object {
  return {
    name,
    state,
    tracks: tracks.map(({ name: track, media: { kind, mime, width, height } }) => ({ track, kind, mime, width, height })),
    viewers,
    bitRate,
    window: { segments, bytes, seconds: Math.round(seconds * 1000) / 1000 },
    latest
  }
}
