// @fastify/sse: each reply is sent the event. Nobody waits for one viewer before the next: one that stalls would hold up all.
// @ts-check
import fastifySse from '@fastify/sse'
import Fastify from 'fastify'
import { serve } from './serve.js'

const app = Fastify()
await app.register(fastifySse)
/** @type {Set<import('fastify').FastifyReply>} */
const replies = new Set()
let last = ''
app.get('/', { sse: true }, async (_request, reply) => {
  reply.sse.keepAlive()
  reply.sse.onClose(() => replies.delete(reply))
  await reply.sse.send({ data: last })
  replies.add(reply)
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
const { port } = /** @type {import('node:net').AddressInfo} */ (app.server.address())

serve({
  port,
  path: '/',
  publish: media => {
    last = media.toString('base64')
    // It rejects for one that has gone.
    for (const reply of replies) reply.sse.send({ data: last }).catch(() => {})
  }
})
