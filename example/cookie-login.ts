// Watching for who has signed in: a cookie of @fastify/cookie, which an EventSource sends by itself, decides in `authorizeWatch`.
//
//   COOKIE_SECRET=… PASSWORD=… node dist/example/cookie-login.js
import { createHash, timingSafeEqual } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'

// A session, in seconds.
const SESSION = 3600

export async function cookieLogin (secret: string, password: string): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' } })
  await app.register(cookie, { secret })

  app.post<{ Body: { password?: unknown } }>('/login', async (request, reply) => {
    const given = request.body?.password
    if (typeof given !== 'string' || !timingSafeEqual(sha256(given), sha256(password))) return await reply.code(403).send()
    const ends = Date.now() + SESSION * 1000
    return await reply.setCookie('ends', String(ends), { path: '/', signed: true, httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: SESSION }).code(204).send()
  })

  await app.register(mediaSse, {
    localPublishing: true,
    authorizeWatch: ({ cookies, unsignCookie }) => {
      const { valid, value } = unsignCookie(cookies['ends'] ?? '')
      // Who watches when the session ends is closed then; the browser comes back, and is refused.
      return valid && { until: Number(value) }
    }
  })
  return app
}

function sha256 (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { COOKIE_SECRET, PASSWORD, PORT = '3000' } = process.env
  if (COOKIE_SECRET === undefined || PASSWORD === undefined) throw new Error('Set COOKIE_SECRET and PASSWORD')
  await (await cookieLogin(COOKIE_SECRET, PASSWORD)).listen({ port: Number(PORT) })
}
