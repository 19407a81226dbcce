// A listening server with the plugin, for one test; it closes when the test ends.
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions } from '../../lib/index.js'
import { within } from './within.js'

/**
 * For a server that a browser visits. A busy browser opens a connection ahead and then does not need it; Node takes one that has brought no request yet
 * for busy, so `close()` would wait for as long as the browser keeps it.
 */
export const FOR_BROWSERS: FastifyServerOptions = { forceCloseConnections: true }

export interface Served {
  readonly app: FastifyInstance
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
}

export interface ServeOptions {
  /** Programs on this machine may publish, unless keys or a function say who may. */
  readonly media?: MediaSseOptions
  readonly fastify?: FastifyServerOptions
  /** Adds what the test needs before the server listens. */
  readonly before?: (app: FastifyInstance) => void | Promise<void>
  /** Where the server before this one has listened. */
  readonly port?: number
}

export async function serve (t: Test, { media = {}, fastify = {}, before, port = 0 }: ServeOptions = {}): Promise<Served> {
  const app = Fastify(fastify)
  t.teardown(async () => { await within(app.close(), 'the server closes') })
  if (before !== undefined) await before(app)
  await app.register(mediaSse, { localPublishing: media.publishKeys === undefined && media.authorizePublish === undefined, ...media })
  return await listen(app, port)
}

export async function listen (app: FastifyInstance, at = 0): Promise<Served> {
  await app.listen({ port: at, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, port, origin: `http://127.0.0.1:${port}` }
}
