// Publishing and watching by a JSON Web Token (RFC 7519) of @fastify/jwt: its claims name the broadcasts, its `exp` ends the watching.
// A program sends it as Bearer; an EventSource, which sends no header, has it as the cookie `token`.
//
//   JWT_SECRET=… node dist/example/json-web-token.js
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'

/** What a token says. */
interface Claims {
  readonly publish?: readonly string[]
  readonly watch?: readonly string[]
  /** Unix seconds. */
  readonly exp: number
}

export async function jsonWebToken (secret: string): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' } })
  await app.register(cookie)
  await app.register(jwt, { secret, cookie: { cookieName: 'token', signed: false }, verify: { requiredClaims: ['exp'] } })
  await app.register(mediaSse, {
    // A token that is missing, forged or expired makes verifying throw, which is a refusal.
    authorizePublish: async (request, broadcast) => {
      // Not by cookie: that a browser would send for a page of another site too.
      const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
      const { publish = [] } = app.jwt.verify<Claims>(token)
      return publish.includes(broadcast)
    },
    authorizeWatch: async (request, broadcast) => {
      const { watch = [], exp } = await request.jwtVerify<Claims>()
      return watch.includes(broadcast) && { until: exp * 1000 }
    }
  })
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { JWT_SECRET, PORT = '3000' } = process.env
  if (JWT_SECRET === undefined) throw new Error('Set JWT_SECRET')
  await (await jsonWebToken(JWT_SECRET)).listen({ port: Number(PORT) })
}
