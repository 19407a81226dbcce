// GET: watches a broadcast. HEAD answers with the same status and headers, and opens no viewer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { broadcastName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_NOT_ACCEPTABLE } from '../errors.js'
import type { Audience } from '../viewer/audience.js'
import { authorizeWatch } from './authorize.js'
import { pipeliningGuard } from './before-handler.js'
import { connect, sendAwayFrom } from './connect.js'
import { acceptsEventStream } from './headers.js'
import { baseOfOne } from './reference-base.js'
import { guarded, routeOptions } from './route-options.js'
import { watchSchema } from './schemas.js'
import { owesNothing, watchReading, watchStart } from './watch-start.js'
import type { WatchQuery } from './watch-start.js'

interface WatchRoute { Params: { broadcast: string }, Querystring: WatchQuery }

/** Adds the viewers' route. */
export function watchRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience
  const { settings } = broadcasts
  const options = guarded(pipeliningGuard(), routeOptions(settings, 'watch', watchSchema(settings)))

  // Before GET: Fastify would derive a HEAD from it that opens a viewer.
  app.head<WatchRoute>('/:broadcast', options, watch)
  app.get<WatchRoute>('/:broadcast', { ...options, exposeHeadRoute: false }, watch)

  async function watch (request: FastifyRequest<WatchRoute>, reply: FastifyReply): Promise<unknown> {
    const name = broadcastName(request.params.broadcast)
    if (!acceptsEventStream(request.headers.accept)) throw new FST_MEDIA_SSE_NOT_ACCEPTABLE()
    const { until } = await authorizeWatch(broadcasts, request, reply, name)
    const start = watchStart(request.headers['last-event-id'], request.query)
    const reading = watchReading(start, request.query, settings.inlineBytes, baseOfOne(request))
    try {
      await broadcasts.load(name)
    } catch (error) {
      return await sendAwayFrom([name], audience, request, reply, error as Error)
    }
    if (owesNothing(broadcasts.find(name), start, reading)) return await reply.code(204).send()
    return await connect(audience, request, reply, { watched: [{ name, lastEventId: start.lastEventId, ...reading }], until })
  }
}
