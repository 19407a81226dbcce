// What the examples with a page of their own share: that page at `/`, and being started from the command line.

import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { originOf } from './greeting.js'

// From the package on, as this file also stands in `dist`.
const pages = new URL('example/public/', import.meta.resolve('fastify-media-sse/package.json'))

/** @param page - its file in `example/public` */
export async function servePage (app: FastifyInstance, page: string): Promise<void> {
  await app.register(fastifyStatic, { root: fileURLToPath(pages), index: page })
}

/** Listens at `PORT` (default 3000) and `HOST` (default 127.0.0.1), and ends at SIGINT and SIGTERM. */
export async function listen (app: FastifyInstance): Promise<void> {
  await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: process.env['HOST'] ?? '127.0.0.1' })
  console.log(`Listening at ${originOf(app.server.address() as AddressInfo)}/`)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => app.close())
}
