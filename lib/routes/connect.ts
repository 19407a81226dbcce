// The common path of every watch request once it is authorized: headers, limits and shutdown, and then a connection.
import { randomUUID } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_MEDIA_SSE_CLOSING, FST_MEDIA_SSE_TOO_MANY_VIEWERS } from '../errors.js'
import { stateText } from '../delivery/sse/state-event.js'
import { afterClosing, jittered } from '../delivery/sse/retry.js'
import { sessionOf } from '../sink/open-responses.js'
import type { Audience } from '../viewer/audience.js'
import { Connection } from '../viewer/connection.js'
import type { Others, ViewerOptions } from '../viewer/viewer-connection.js'
import { countedAddress } from './address.js'
import { SSE_HEADERS, acceptsGzip, addVary, closeAfter, namesEventStream } from './headers.js'
import { runSendHooks } from './send-hooks.js'

// How long a client should wait that a full server sends away, milliseconds.
const FULL_RETRY = 10_000

/** A broadcast that a request watches. */
export type Watched = Omit<ViewerOptions, 'id'>

/** The broadcasts that a request watches over its one connection. */
export interface Watching {
  /** Those that it is served, at least one. */
  readonly watched: readonly Watched[]
  /** Of several, those that it is not served. */
  readonly others?: Others
  /** When the first of its permissions expires, Unix milliseconds; undefined if none does. */
  readonly until?: number | undefined
}

/** Answers a watch request; HEAD gets the headers alone, and no viewer. */
export async function connect (
  audience: Audience, request: FastifyRequest, reply: FastifyReply, { watched, others, until }: Watching
): Promise<unknown> {
  const { broadcasts, hooks } = audience
  const { settings } = broadcasts
  const names = watched.map(({ name }) => name)
  reply.header('vary', addVary(reply.getHeader('vary'), 'Accept-Encoding')).headers(SSE_HEADERS)
  if (broadcasts.closing) return await sendAway(audience, request, reply, names, new FST_MEDIA_SSE_CLOSING())
  const address = settings.maxViewersPerAddress === Infinity ? undefined : countedAddress(request.ip)
  const session = sessionOf(reply.raw)
  const full = noRoom(audience, watched, address, session)
  if (full !== undefined) return await sendAway(audience, request, reply, names, full)
  const gzip = settings.compressBitRate >= 0 && acceptsGzip(request.headers['accept-encoding'])
  if (gzip) reply.header('content-encoding', 'gzip')
  if (request.method === 'HEAD') return await reply.send()
  if (reply.raw.destroyed) return reply.hijack()
  const connection = new Connection(audience, {
    retry: jittered(settings.retry),
    gzip,
    log: request.log,
    address,
    session,
    context: hooks.viewerContext(),
    viewers: watched.map(one => ({ id: randomUUID(), ...one })),
    others,
    until
  }, request.raw, reply.raw)
  await connection.opened(async viewer => await hooks.run('onViewerOpen', request.log, viewer, request))
  if (connection.gone) return reply.hijack()
  const road = await runSendHooks(reply)
  if (road === 'elsewhere') {
    connection.giveWay()
    audience.shared.responses.track(request.raw, reply.raw)
  } else if (!connection.gone) connection.begin(reply.getHeaders() as OutgoingHttpHeaders, road === 'response' ? undefined : road)
  return reply
}

// If one of several broadcasts has no room, the whole connection is sent away: it would not come back for that one over another connection.
function noRoom (
  audience: Audience, watched: readonly Watched[], address: string | undefined, session: object | undefined
): Error | undefined {
  const { broadcasts } = audience
  const { maxViewers, maxViewersPerBroadcast, maxViewersPerAddress, maxViewersPerConnection } = broadcasts.settings
  // Each of several viewers costs memory of its own.
  const more = watched.length
  if (audience.viewers + more > maxViewers) return new FST_MEDIA_SSE_TOO_MANY_VIEWERS(maxViewers, '')
  if (address !== undefined && audience.from(address) + more > maxViewersPerAddress) {
    return new FST_MEDIA_SSE_TOO_MANY_VIEWERS(maxViewersPerAddress, ' from one address')
  }
  if (session !== undefined && audience.from(session) + more > maxViewersPerConnection) {
    return new FST_MEDIA_SSE_TOO_MANY_VIEWERS(maxViewersPerConnection, ' over one connection')
  }
  const full = watched.find(({ name }) => (broadcasts.find(name)?.viewers.size ?? 0) >= maxViewersPerBroadcast)
  return full === undefined ? undefined : new FST_MEDIA_SSE_TOO_MANY_VIEWERS(maxViewersPerBroadcast, ` of "${full.name}"`)
}

// An EventSource takes every status but 200 as final, and does not know Retry-After: it gets an event instead.
async function sendAway (
  { broadcasts: { settings } }: Audience, request: FastifyRequest, reply: FastifyReply, names: readonly string[], why: Error
): Promise<unknown> {
  const state = why instanceof FST_MEDIA_SSE_CLOSING ? 'closing' : 'full'
  const retry = state === 'full' ? jittered(FULL_RETRY) : afterClosing(settings.closeTimeout, settings.retry)
  if (state === 'closing') closeAfter(reply)
  if (namesEventStream(request.headers.accept)) {
    return await reply.send(`retry: ${retry}\n` + names.map(name => stateText({ broadcast: name, state, now: Date.now() })).join(''))
  }
  reply.header('retry-after', String(Math.ceil(retry / 1000))).removeHeader('content-type')
  throw why
}

/** Answers a request for a broadcast whose existence cannot be checked now. @throws the error itself, unless the client takes it as an
 * event */
export async function sendAwayFrom (
  names: readonly string[], audience: Audience, request: FastifyRequest, reply: FastifyReply, why: Error
): Promise<unknown> {
  reply.headers(SSE_HEADERS)
  return await sendAway(audience, request, reply, names, why)
}
