// Runs before the handler of every request of ours: closing waits for the request, and one that does not have its connection yet cannot be
// a viewer.
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { FST_MEDIA_SSE_PIPELINED } from '../errors.js'
import { isPipelined } from '../sink/open-responses.js'
import type { OpenResponses } from '../sink/open-responses.js'

// The number of answers that may wait behind another response of one connection. Node stops reading a connection behind which many bytes
// wait, and would then not see its client leave; this few stay far below that.
const MOST_WAITING = 16

/**
 * Counts each request of a scope until its response is over, whatever it waits for: if users' code never answers, the request is cut when
 * the server closes.
 */
export function trackRequests (scope: FastifyInstance, responses: OpenResponses): void {
  scope.addHook('onRequest', (request, reply, done) => {
    responses.track(request.raw, reply.raw)
    done()
  })
}

/**
 * Makes the guard of routes with long answers: a request pipelined behind another response is refused at once, because it might wait as
 * long as that response lasts. A connection with too many waiting refusals is cut.
 */
export function pipeliningGuard (): (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void {
  const waiting = new WeakMap<Socket, number>()

  return (request, reply, done) => {
    const { socket } = request.raw
    if (!isPipelined(request.raw, reply.raw) || !(socket instanceof Socket)) return done()
    const count = (waiting.get(socket) ?? 0) + 1
    if (count > MOST_WAITING) {
      reply.hijack()
      socket.destroy()
      return
    }
    waiting.set(socket, count)
    reply.raw.once('close', () => waiting.set(socket, waiting.get(socket)! - 1))
    reply.header('retry-after', '1').header('cache-control', 'no-store')
    done(new FST_MEDIA_SSE_PIPELINED())
  }
}
