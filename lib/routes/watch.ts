// GET: watches a broadcast. HEAD answers with the same status and headers, and opens no viewer.
import { randomUUID } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { broadcastName } from '../broadcast/names.js'
import {
  FST_MEDIA_SSE_CLOSING, FST_MEDIA_SSE_NOT_ACCEPTABLE, FST_MEDIA_SSE_TOO_MANY_VIEWERS
} from '../errors.js'
import { formatEvent } from '../event/event.js'
import { afterClosing, jittered } from '../event/retry.js'
import type { Audience } from '../viewer/audience.js'
import { Connection } from '../viewer/connection.js'
import type { Start } from '../viewer/place.js'
import type { ViewerOptions } from '../viewer/viewer.js'
import { STATE_EVENT } from '../wire.js'
import type { StateMessage } from '../wire.js'
import { authorizeWatch } from './authorize.js'
import { SSE_HEADERS, acceptsEventStream, addVary, closeAfter, namesEventStream } from './headers.js'
import { watchReading, watchStart } from './watch-start.js'
import type { WatchQuery } from './watch-start.js'

// How long whom a full server sends away should wait, milliseconds.
const FULL_RETRY = 10_000

interface WatchRoute { Params: { broadcast: string }, Querystring: WatchQuery }

/** Adds the viewers' route. */
export function watchRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts, hooks } = audience
  const { settings } = broadcasts

  // Before GET: Fastify would make a HEAD of its own from it, that opens a viewer.
  app.head<WatchRoute>('/:broadcast', watch)
  app.get<WatchRoute>('/:broadcast', { exposeHeadRoute: false }, watch)

  async function watch (request: FastifyRequest<WatchRoute>, reply: FastifyReply): Promise<unknown> {
    const name = broadcastName(request.params.broadcast)
    if (!acceptsEventStream(request.headers.accept)) throw new FST_MEDIA_SSE_NOT_ACCEPTABLE()
    await authorizeWatch(settings, request, reply, name)
    const start = watchStart(request.headers['last-event-id'], request.query)
    const read = watchReading(start, request.query, settings.inlineBytes)
    if (nothingIsOwed(name, start, read)) return await reply.code(204).send()
    reply.header('vary', addVary(reply.getHeader('vary'), 'Accept-Encoding')).headers(SSE_HEADERS)
    if (broadcasts.closing) return await sendAway(request, reply, name, 'closing')
    if (audience.size >= settings.maxViewers) return await sendAway(request, reply, name, 'full')
    if (request.method === 'HEAD') return await reply.send()
    if (reply.raw.destroyed) return reply.hijack()
    const connection = new Connection(audience, { retry: jittered(settings.retry), log: request.log }, {
      id: randomUUID(),
      name,
      resumes: start.lastEventId !== undefined,
      read
    }, request.raw, reply.raw)
    const { viewer } = connection
    await viewer.opened(async () => await hooks.run('onViewerOpen', request.log, viewer, request))
    reply.hijack()
    if (!viewer.gone) connection.begin(reply.getHeaders() as OutgoingHttpHeaders)
    return reply
  }

  function nothingIsOwed (name: string, start: Start, read: ViewerOptions['read']): boolean {
    const live = broadcasts.find(name)
    if (live?.state !== 'ended') return false
    if (start.lastEventId === undefined && start.secondsBehind === 0) return true
    return (read(live).place()?.cursor ?? live.window.next) >= live.window.next
  }

  // An EventSource takes every status but 200 as final, and knows no Retry-After: it is told in its own words.
  async function sendAway (request: FastifyRequest, reply: FastifyReply, broadcast: string, state: 'full' | 'closing'): Promise<unknown> {
    const retry = state === 'full' ? jittered(FULL_RETRY) : afterClosing(settings.closeTimeout, settings.retry)
    if (state === 'closing') closeAfter(reply)
    if (namesEventStream(request.headers.accept)) {
      const message: StateMessage = { broadcast, state, now: Date.now() }
      return await reply.send(formatEvent({ retry, event: STATE_EVENT, data: message }))
    }
    reply.header('retry-after', String(Math.ceil(retry / 1000))).removeHeader('content-type')
    throw state === 'full' ? new FST_MEDIA_SSE_TOO_MANY_VIEWERS(settings.maxViewers) : new FST_MEDIA_SSE_CLOSING()
  }
}
