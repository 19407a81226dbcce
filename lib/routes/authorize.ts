// Who may publish and who may watch. Without an option, publishing is for this machine alone: a page on another site
// must not reach a developer's localhost, nor the world a server behind a proxy that hides where requests come from.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_MEDIA_SSE_PUBLISH_FORBIDDEN, FST_MEDIA_SSE_WATCH_FORBIDDEN } from '../errors.js'
import type { Authorize } from '../contract.js'
import type { Settings } from '../options.js'
import { namesEventStream } from './headers.js'

const LOOPBACK_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i
// A line each: ffmpeg finds Basic at the beginning of a line only.
const CHALLENGES = ['Basic realm="fastify-media-sse"', 'Bearer']
const FORWARDING_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

/** @throws FST_MEDIA_SSE_PUBLISH_FORBIDDEN */
export async function authorizePublish (settings: Settings, request: FastifyRequest, reply: FastifyReply, broadcast: string): Promise<void> {
  if (settings.authorizePublish !== undefined) {
    if (await allows(settings.authorizePublish, request, broadcast)) return
    throw refusal(new FST_MEDIA_SSE_PUBLISH_FORBIDDEN(`Publishing "${broadcast}" is not allowed: publish with the credentials that the server expects`), request, reply)
  }
  if (process.env.NODE_ENV === 'production') {
    throw refusal(new FST_MEDIA_SSE_PUBLISH_FORBIDDEN('In production nobody may publish before the option authorizePublish says who'), request, reply, 401)
  }
  if (!isLocal(request)) {
    throw refusal(new FST_MEDIA_SSE_PUBLISH_FORBIDDEN('Only programs on this machine may publish before the option authorizePublish says who else'), request, reply)
  }
}

/** @throws FST_MEDIA_SSE_WATCH_FORBIDDEN */
export async function authorizeWatch (settings: Settings, request: FastifyRequest, reply: FastifyReply, broadcast: string): Promise<void> {
  if (await mayWatch(settings, request, broadcast)) return
  throw watchRefusal(request, reply, broadcast)
}

/** The error for a request that may not watch that broadcast, or any of those. */
export function watchRefusal (request: FastifyRequest, reply: FastifyReply, broadcast: string): Error {
  return refusal(new FST_MEDIA_SSE_WATCH_FORBIDDEN(broadcast), request, reply)
}

/** Whether this request may watch that broadcast. */
export async function mayWatch (settings: Settings, request: FastifyRequest, broadcast: string): Promise<boolean> {
  return settings.authorizeWatch === undefined || await allows(settings.authorizeWatch, request, broadcast)
}

/**
 * Whether a request comes from a program on this machine, and not through a proxy or from a page of another site. The
 * socket's own address counts, whatever `trustProxy` says; HTTP/1.0 is what nginx speaks to its upstream by default.
 */
export function isLocal (request: FastifyRequest): boolean {
  const { headers } = request
  const host = headers.host ?? headers[':authority']
  return LOOPBACK_ADDRESS.test(request.raw.socket.remoteAddress ?? '') &&
    request.raw.httpVersion !== '1.0' &&
    typeof host === 'string' && LOOPBACK_HOST.test(host) &&
    !FORWARDING_HEADERS.some(name => name in headers) &&
    (headers.origin === undefined || LOOPBACK_HOST.test(headers.origin.replace(/^https?:\/\//, '')))
}

async function allows (authorize: Authorize, request: FastifyRequest, broadcast: string): Promise<boolean> {
  try {
    return await authorize(request, broadcast) === true
  } catch (error) {
    request.log.warn({ err: error, broadcast }, 'Authorization failed')
    return false
  }
}

// RFC 9110, 15.5.2: 401 asks for credentials, and says which; who has sent some is told 403.
function refusal<Refusal extends { statusCode?: number }> (error: Refusal, request: FastifyRequest, reply: FastifyReply, status = request.headers.authorization === undefined ? 401 : 403): Refusal {
  error.statusCode = status
  if (status === 401) reply.header('www-authenticate', isFromPage(request) ? 'Bearer' : CHALLENGES)
  return error
}

// A browser that is asked for Basic opens a dialogue, and the page's EventSource or fetch hangs meanwhile.
function isFromPage ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'] ?? 'navigate'
  return mode !== 'navigate' || headers.origin !== undefined || namesEventStream(headers.accept)
}
