// The server's own timeouts assume short requests; a live publisher's request ends when the programme does.
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

// The limit of Node's timers (24.8 days); a longer one would fire after 1 ms.
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Warns once an app is ready if its server would cut publishers in the middle of their bodies, even active ones, or a client that never
 * finishes its headers.
 */
export function warnOfTimeouts (app: FastifyInstance): void {
  app.addHook('onReady', async () => {
    // The server's own value: with a `serverFactory`, or HTTP/2 with `allowHTTP1`, it is Node's default, regardless of Fastify's option.
    const { requestTimeout, headersTimeout } = app.server
    // Node sets it to 0 if requestTimeout was 0 when the server was created. HTTP/2 has none.
    if (headersTimeout === 0) {
      app.log.warn('fastify-media-sse: headersTimeout is 0, so whoever sends its headers slowly enough keeps a connection for ever: set ' +
        'server.headersTimeout, as to 60000')
    }
    if (!(requestTimeout > 0)) return
    app.log.warn(`fastify-media-sse: the server cuts every publisher off after requestTimeout, ${requestTimeout} ms: set Fastify's ` +
      'option requestTimeout to 0, or server.requestTimeout = 0 where Fastify does not make the server itself')
  })
}

/**
 * Exempts a request's connection from Fastify's `connectionTimeout` until it is answered: for a quiet publisher, `publisherTimeout`
 * applies. Over HTTP/2 the connection is shared with other requests.
 */
export function outOfConnectionTimeout (
  { raw: { httpVersionMajor, socket }, server: { server } }: FastifyRequest, { raw: response }: FastifyReply
): void {
  if (httpVersionMajor !== 1 || !(socket instanceof Socket)) return
  socket.setTimeout(0)
  // Before Node's own listener sets the connection's keep-alive timeout. The socket's current value may be the 0 of another request.
  response.prependOnceListener('finish', () => socket.setTimeout(server.timeout))
}

/**
 * Route options that exempt publishers from a server-wide `handlerTimeout`: a route can extend it, but not turn it off. Without a
 * server-wide one, no option is set. A hijacked reply needs none, as Fastify then drops its timer.
 */
export function outOfHandlerTimeout (app: FastifyInstance): { handlerTimeout?: number } {
  // Fastify's documentation lists it in initialConfig, its types do not.
  const { handlerTimeout = 0 } = app.initialConfig as { handlerTimeout?: number }
  return handlerTimeout > 0 ? { handlerTimeout: LONGEST_TIMER } : {}
}
