// The two ways to reach a server under test: a real connection, or Fastify's `inject`.
import { request as httpRequest } from 'node:http'
import type { ClientRequest, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Server as TlsServer } from 'node:tls'
import type { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** The server under test: a Fastify instance of any type. */
export interface App {
  readonly server: Pick<Server, 'address' | 'listening'>
  readonly inject: FastifyInstance['inject']
}

/**
 * `inject`: no port, and no buffers in between. `socket`: a connection of its own, HTTP/1.1, with TLS if the server has it; the server must
 * listen.
 */
export type Road = 'inject' | 'socket'

// A server that listens on every address is reached by loopback.
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The requested road; by default a socket if the server listens, else `inject`. */
export function roadTo ({ server }: App, by: Road | undefined): Road {
  return by ?? (server.listening ? 'socket' : 'inject')
}

/**
 * Begins a request on a connection of its own. Accepts any certificate.
 * @throws Error if the server does not listen
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
  // A failure after the answer has begun shows at the end of the answer.
  return request.on('error', () => {})
}
