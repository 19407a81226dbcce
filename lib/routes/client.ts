// GET /client.js: the player's code as one ES module, so that a page needs no bundler.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { matchesTag } from './byte-range.js'
import { CLIENT_SCHEMA, documented } from './schemas.js'

// The package's own export, which the build makes: the same file from the sources and from what is built of them.
const FILE = fileURLToPath(import.meta.resolve('fastify-media-sse/client.js'))
// Its name stays the same in the next version: an hour, then it is asked for again.
const CACHE_CONTROL = 'public, max-age=3600'

/**
 * Adds the route of the player's code. It is open to all, also where `authorizeWatch` is not: it tells nothing.
 * @throws (rejects) ENOENT where the package has not been built
 */
export async function clientRoutes (app: FastifyInstance): Promise<void> {
  const code = await readFile(FILE)
  const tag = `"${createHash('sha256').update(code).digest('base64url')}"`

  app.get('/client.js', documented(CLIENT_SCHEMA), async (request, reply) => {
    reply.headers({ 'cache-control': CACHE_CONTROL, etag: tag, 'x-content-type-options': 'nosniff' })
    if (matchesTag(request.headers['if-none-match'], tag)) return await reply.code(304).send()
    return await reply.type('text/javascript; charset=utf-8').send(code)
  })
}
