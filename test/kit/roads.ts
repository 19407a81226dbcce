// The roads by which a viewer's bytes go: straight to the socket on HTTP/1.1 over TCP and TLS, through the response elsewhere.
import type { FastifyServerOptions } from 'fastify'
import { fixture } from './publish.js'
import type { Served } from './serve.js'
import { watch, watchHttp2, watchInjected } from './watch.js'
import type { StreamWatching, Watching } from './watch.js'

const tls = { key: fixture('tls/key.pem'), cert: fixture('tls/cert.pem') }

export interface Road {
  readonly name: string
  readonly fastify: FastifyServerOptions
  readonly open: (served: Served, path: string) => Promise<Watching | StreamWatching>
}

/** What takes events compressed. */
const GZIP = { 'accept-encoding': 'gzip' }

const secure = ({ port }: Served, path: string): string => `https://127.0.0.1:${port}${path}`
export const ROADS: Road[] = [
  { name: 'HTTP/1.1', fastify: {}, open: async ({ origin }, path) => await watch(origin + path) },
  { name: 'HTTP/1.1 over TLS', fastify: { https: tls } as object, open: async (served, path) => await watch(secure(served, path)) },
  { name: 'HTTP/1.0', fastify: {}, open: async ({ origin }, path) => await watch(origin + path, { version: '1.0' }) },
  { name: 'HTTP/2', fastify: { http2: true } as object, open: async ({ origin }, path) => await watchHttp2(origin + path) },
  { name: 'HTTP/2 over TLS', fastify: { http2: true, https: tls } as object, open: async (served, path) => await watchHttp2(secure(served, path)) },
  { name: 'HTTP/1.1, gzip', fastify: {}, open: async ({ origin }, path) => await watch(origin + path, { headers: GZIP }) },
  { name: 'HTTP/1.0, gzip', fastify: {}, open: async ({ origin }, path) => await watch(origin + path, { version: '1.0', headers: GZIP }) },
  { name: 'HTTP/2 over TLS, gzip', fastify: { http2: true, https: tls } as object, open: async (served, path) => await watchHttp2(secure(served, path), GZIP) },
  { name: 'inject', fastify: {}, open: async ({ app }, path) => await watchInjected(app, path) }
]
