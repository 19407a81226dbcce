// The server's own timeouts, which are made for requests that end soon: a live publisher's ends when the programme does.
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

// What Node's timers take (24.8 days); more would be 1 ms.
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Warns once an app is ready if its server would cut publishers in the midst of their bodies, whatever they send, or nobody who never ends
 * its headers.
 */
export function warnOfTimeouts (app: FastifyInstance): void {
  app.addHook('onReady', async () => {
    // The server's own value: a `serverFactory` or HTTP/2 with `allowHTTP1` has Node's, whatever Fastify's option says.
    const { requestTimeout, headersTimeout } = app.server
    // Node makes it 0 where requestTimeout was 0 already when the server was made. HTTP/2 has none.
    if (headersTimeout === 0) {
      app.log.warn('fastify-media-sse: headersTimeout is 0, so whoever sends its headers slowly enough keeps a connection for ever: set ' +
        'server.headersTimeout, as to 60000')
    }
    if (!(requestTimeout > 0)) return
    app.log.warn(`fastify-media-sse: the server cuts every publisher off after requestTimeout, ${requestTimeout} ms: set Fastify's ` +
      'option requestTimeout to 0, ' +
      'or server.requestTimeout = 0 where Fastify does not make the server itself')
  })
}

/**
 * Takes a request's connection out of Fastify's `connectionTimeout` until it is answered: `publisherTimeout` judges a publisher that is
 * quiet. Over HTTP/2 a connection is not one request's.
 */
export function outOfConnectionTimeout (
  { raw: { httpVersionMajor, socket }, server: { server } }: FastifyRequest, { raw: response }: FastifyReply
): void {
  if (httpVersionMajor !== 1 || !(socket instanceof Socket)) return
  socket.setTimeout(0)
  // Before Node's own listener gives the connection the time that it may be kept open for. What the socket has now may be another request's
  // 0.
  response.prependOnceListener('finish', () => socket.setTimeout(server.timeout))
}

/**
 * Route options that put a server-wide `handlerTimeout` out of a publisher's reach: no route can turn it off. Without
 * one there is none here either. A hijacked reply needs none, as Fastify then drops its timer.
 */
export function outOfHandlerTimeout (app: FastifyInstance): { handlerTimeout?: number } {
  // Fastify's documentation has it in initialConfig, its types do not.
  const { handlerTimeout = 0 } = app.initialConfig as { handlerTimeout?: number }
  return handlerTimeout > 0 ? { handlerTimeout: LONGEST_TIMER } : {}
}
