// Routes of the demo alone. Two of them do to one viewer what networks do to all: stand still, and break. The page calls them with the viewer's
// id from its `state` event. Both act on the server's own end of the connection: what a browser does not read, the kernels between would still
// take for most of a minute at this bit rate, and nothing would be seen of what the server does about a slow viewer.

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

const stallMilliseconds = 5000

export function viewerControls (app: FastifyInstance): void {
  const sockets = new Map<string, Socket>()
  app.mediaSse.addHook('onViewerOpen', (viewer, request) => { sockets.set(viewer.id, request.raw.socket) })
  app.mediaSse.addHook('onViewerClose', viewer => { sockets.delete(viewer.id) })

  // Over how many connections these viewers watch.
  app.get<{ Querystring: { viewers?: string } }>('/demo/connections', (request, reply) => {
    const found = (request.query.viewers ?? '').split(',').map(viewer => sockets.get(viewer)).filter(socket => socket !== undefined)
    reply.send({ viewers: found.length, connections: new Set(found).size })
  })

  app.post<{ Params: { viewer: string } }>('/demo/viewers/:viewer/stall', (request, reply) => {
    const socket = sockets.get(request.params.viewer)
    if (!socket) return reply.callNotFound()
    // A corked socket sends nothing: it fills up to its mark, says so to whoever writes, and reports no progress.
    socket.cork()
    setTimeout(() => socket.uncork(), stallMilliseconds).unref()
    reply.send({ stalled: stallMilliseconds })
  })

  app.post<{ Params: { viewer: string } }>('/demo/viewers/:viewer/drop', (request, reply) => {
    const socket = sockets.get(request.params.viewer)
    if (!socket) return reply.callNotFound()
    socket.resetAndDestroy()
    reply.send({ dropped: true })
  })
}
