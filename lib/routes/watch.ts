// GET: watches a broadcast. HEAD answers with the same status and headers, and opens no viewer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { broadcastName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_NOT_ACCEPTABLE } from '../errors.js'
import type { Audience } from '../viewer/audience.js'
import { authorizeWatch } from './authorize.js'
import { connect, sendAwayFrom } from './connect.js'
import { acceptsEventStream } from './headers.js'
import { baseOfOne } from './reference-base.js'
import { documented, watchSchema } from './schemas.js'
import { owesNothing, watchReading, watchStart } from './watch-start.js'
import type { WatchQuery } from './watch-start.js'
import { whileHeld } from './while-held.js'

interface WatchRoute { Params: { broadcast: string }, Querystring: WatchQuery }

/** Adds the viewers' route. */
export function watchRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience

  // Before GET: Fastify would make a HEAD of its own from it, that opens a viewer.
  app.head<WatchRoute>('/:broadcast', documented(watchSchema(broadcasts.settings)), watch)
  app.get<WatchRoute>('/:broadcast', { exposeHeadRoute: false, ...documented(watchSchema(broadcasts.settings)) }, watch)

  async function watch (request: FastifyRequest<WatchRoute>, reply: FastifyReply): Promise<unknown> {
    const name = broadcastName(request.params.broadcast)
    if (!acceptsEventStream(request.headers.accept)) throw new FST_MEDIA_SSE_NOT_ACCEPTABLE()
    const { until } = await whileHeld(audience, request, reply, async () => await authorizeWatch(broadcasts, request, reply, name))
    const start = watchStart(request.headers['last-event-id'], request.query)
    const read = watchReading(start, request.query, broadcasts.settings.inlineBytes, baseOfOne(request))
    try {
      await whileHeld(audience, request, reply, async () => await broadcasts.load(name))
    } catch (error) {
      return await sendAwayFrom([name], audience, request, reply, error as Error)
    }
    if (owesNothing(broadcasts.find(name), start, read)) return await reply.code(204).send()
    return await connect(audience, request, reply, { watched: [{ name, lastEventId: start.lastEventId, read }], until })
  }
}
