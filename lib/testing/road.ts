// The two roads to a server under test: a real connection, or Fastify's `inject`.
import { request as httpRequest } from 'node:http'
import type { ClientRequest, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Server as TlsServer } from 'node:tls'
import type { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** The server under test: what Fastify makes, whatever its types. */
export interface App {
  readonly server: Pick<Server, 'address' | 'listening'>
  readonly inject: FastifyInstance['inject']
}

/**
 * `inject`: no port, and nothing between that keeps bytes. `socket`: a connection of its own, HTTP/1.1, with TLS where the server has it;
 * it must listen.
 */
export type Road = 'inject' | 'socket'

// What listens on every address is reached by loopback.
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The road that is asked for; else a socket to a server that listens, and `inject` to one that does not. */
export function roadTo ({ server }: App, by: Road | undefined): Road {
  return by ?? (server.listening ? 'socket' : 'inject')
}

/**
 * Begins a request on a connection of its own. Any certificate is good.
 * @throws Error where the server does not listen
 */
export function connectTo ({ server }: App, path: string, { headers, method }: Pick<RequestOptions, 'headers' | 'method'>): ClientRequest {
  const address = server.address()
  if (address === null) {
    throw new Error('To be reached by a socket the server must listen: await app.listen({ port: 0 }), or use { by: ' +
    '\'inject\' }')
  }
  const where = typeof address === 'string'
    ? { socketPath: address }
    : { host: LOOPBACK[address.address] ?? address.address, port: address.port }
  const options = { ...where, path, method, headers, agent: false } as const
  const request = server instanceof TlsServer ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
  // What breaks after the answer has begun is seen by the answer's own end.
  return request.on('error', () => {})
}
