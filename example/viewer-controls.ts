// Routes of the demo alone. Two of them do to one viewer what networks do to all: stand still, and break. The page calls them with the viewer's
// id from its `state` event. Both act on the server's own end of the connection: what a browser does not read, the kernels between would still
// take for most of a minute at this bit rate, and nothing would be seen of what the server does about a slow viewer.

import { constants } from 'node:http2'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const stallMilliseconds = 5000

/** One viewer's way out: its connection, or over HTTP/2 its own stream of the connection that all requests of a browser share. */
interface Way {
  cork (): void
  uncork (): void
  drop (): void
  connection: Socket | Http2Session | undefined
}

function wayOf ({ raw }: FastifyRequest): Way {
  const { stream } = raw as { stream?: ServerHttp2Stream }
  const way = stream ?? raw.socket
  return {
    cork: () => way.cork(),
    uncork: () => way.uncork(),
    drop: () => { stream === undefined ? raw.socket.resetAndDestroy() : stream.close(constants.NGHTTP2_INTERNAL_ERROR) },
    connection: stream === undefined ? raw.socket : stream.session
  }
}

export function viewerControls (app: FastifyInstance): void {
  const ways = new Map<string, Way>()
  app.mediaSse.addHook('onViewerOpen', (viewer, request) => { ways.set(viewer.id, wayOf(request)) })
  app.mediaSse.addHook('onViewerClose', viewer => { ways.delete(viewer.id) })

  // Over how many connections these viewers watch.
  app.get<{ Querystring: { viewers?: string } }>('/demo/connections', (request, reply) => {
    const found = (request.query.viewers ?? '').split(',').map(viewer => ways.get(viewer)).filter(way => way !== undefined)
    reply.send({ viewers: found.length, connections: new Set(found.map(({ connection }) => connection)).size })
  })

  app.post<{ Params: { viewer: string } }>('/demo/viewers/:viewer/stall', (request, reply) => {
    const way = ways.get(request.params.viewer)
    if (!way) return reply.callNotFound()
    // What is corked sends nothing: it fills up to its mark, says so to whoever writes, and reports no progress.
    way.cork()
    setTimeout(() => way.uncork(), stallMilliseconds).unref()
    reply.send({ stalled: stallMilliseconds })
  })

  app.post<{ Params: { viewer: string } }>('/demo/viewers/:viewer/drop', (request, reply) => {
    const way = ways.get(request.params.viewer)
    if (!way) return reply.callNotFound()
    way.drop()
    reply.send({ dropped: true })
  })
}
