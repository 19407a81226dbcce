// GET /:broadcast/segments/:id: the bytes of one segment, made for caches: immutable, validated, in ranges.
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { broadcastName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_NOT_FOUND, FST_MEDIA_SSE_TOO_MANY_VIEWERS } from '../errors.js'
import { whenOver } from '../sink/open-responses.js'
import type { Audience } from '../viewer/audience.js'
import { parsePlace } from '../wire.js'
import { authorizeWatch } from './authorize.js'
import { pipeliningGuard } from './before-handler.js'
import { byteRange, matchesTag } from './byte-range.js'
import { asked } from './retry-after.js'
import { guarded, routeOptions } from './route-options.js'
import { segmentSchema } from './schemas.js'
import { servedType } from './served-type.js'

// An id always names the same bytes. A day is longer than any live window, and short for a cache.
const MAX_AGE = 86_400

// Seconds until a client that a full server sends away should ask again.
const FULL_RETRY = 2

// Publishers' bytes are served as media, never as a page that runs on this site.
const NO_PAGE = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" }

interface SegmentRoute { Params: { broadcast: string, id: string } }

/** Adds the route of single segments. */
export function segmentRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience
  const { settings } = broadcasts
  // The number of replies in progress: each holds its segment, even when no window keeps it any more.
  let replies = 0

  const options = guarded(pipeliningGuard(), routeOptions(settings, 'segment', segmentSchema(settings)))

  app.get<SegmentRoute>('/:broadcast/segments/:id', options, async (request: FastifyRequest<SegmentRoute>, reply: FastifyReply) => {
    // For refusals. A cached one could be served to a client that may watch; and as ids are predictable, a cached 404 would hide a future
    // segment.
    reply.header('cache-control', 'no-store')
    if (replies >= settings.maxViewers) {
      reply.header('retry-after', String(FULL_RETRY))
      throw new FST_MEDIA_SSE_TOO_MANY_VIEWERS(settings.maxViewers, ' who fetch segments')
    }
    replies++
    whenOver(request.raw, reply.raw, () => { replies-- })
    const name = broadcastName(request.params.broadcast)
    const { until = Infinity, byLink } = await authorizeWatch(broadcasts, request, reply, name)
    const at = parsePlace(request.params.id)
    const segment = at === undefined ? undefined : await asked(broadcasts.segment(name, at), reply)
    if (segment === undefined) {
      throw new FST_MEDIA_SSE_NOT_FOUND(`There is no segment ${request.params.id.slice(0, 40)} of "${name}", ` +
      'or no more')
    }
    cutWhereStalled(request, reply, settings.stallTimeout)
    const tag = `"${segment.id}"`
    // A signed URL works for anyone who has it, while it lasts.
    const visibility = byLink || settings.authorizeWatch === undefined ? 'public' : 'private'
    const maxAge = Math.min(MAX_AGE, Math.max(0, Math.floor((until - Date.now()) / 1000)))
    reply.headers({ 'cache-control': `${visibility}, max-age=${maxAge}, immutable`, etag: tag, 'accept-ranges': 'bytes', ...NO_PAGE })
    if (matchesTag(request.headers['if-none-match'], tag)) return await reply.code(304).send()
    reply.header('content-type', servedType(segment.mime))
    const bytes = Buffer.from(segment.bytes.buffer, segment.bytes.byteOffset, segment.bytes.byteLength)
    const ifRange = request.headers['if-range']
    // RFC 9110, 14.2: a range applies to GET only, and HEAD describes the whole.
    const isRange = request.method === 'GET' && (ifRange === undefined || ifRange === tag)
    const range = isRange ? byteRange(request.headers.range, bytes.byteLength) : undefined
    if (range === undefined) return await reply.send(bytes)
    if (range === 'unsatisfiable') {
      reply.removeHeader('content-type').headers({ 'cache-control': 'no-store', 'content-range': `bytes */${bytes.byteLength}` })
      return await reply.code(416).send()
    }
    return await reply.code(206)
      .header('content-range', `bytes ${range.first}-${range.last}/${bytes.byteLength}`)
      .send(bytes.subarray(range.first, range.last + 1))
  })
}

// Node counts the bytes of a reply that the operating system accepts as progress. `inject` has no connection that could stall.
function cutWhereStalled (
  { raw: { httpVersionMajor, socket } }: FastifyRequest, { raw: response }: FastifyReply, milliseconds: number
): void {
  if (httpVersionMajor === 1 && !(socket instanceof Socket)) return
  const idle = socket.timeout ?? 0
  response.setTimeout(milliseconds, () => { response.destroy() })
  // Before Node's own listener sets the connection's keep-alive timeout.
  response.prependOnceListener('finish', () => { if (httpVersionMajor === 1) socket.setTimeout(idle) })
}
