// GET /client.js: the player's code as one ES module, so that a page needs no bundler.
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { matchesTag } from './byte-range.js'
import type { Settings } from '../options.js'
import { CLIENT_CODE } from './client-code.js'
import { routeOptions } from './route-options.js'
import { CLIENT_SCHEMA } from './schemas.js'

// Its name stays the same in the next version: cached for an hour, then revalidated.
const CACHE_CONTROL = 'public, max-age=3600'

/** Adds the route of the player's code. It is open to all, regardless of `authorizeWatch`: the code is not secret. */
export function clientRoutes (app: FastifyInstance, settings: Settings): void {
  // Made on first request: the start of a server does not wait for it.
  let made: { readonly code: Buffer, readonly tag: string } | undefined

  app.get('/client.js', routeOptions(settings, 'client', CLIENT_SCHEMA), async (request, reply) => {
    const { code, tag } = made ??= encoded()
    reply.headers({ 'cache-control': CACHE_CONTROL, etag: tag, 'x-content-type-options': 'nosniff' })
    if (matchesTag(request.headers['if-none-match'], tag)) return await reply.code(304).send()
    return await reply.type('text/javascript; charset=utf-8').send(code)
  })
}

function encoded (): { code: Buffer, tag: string } {
  const code = Buffer.from(CLIENT_CODE)
  return { code, tag: `"${createHash('sha256').update(code).digest('base64url')}"` }
}
