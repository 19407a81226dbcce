// fastify-sse-v2: each reply is sent the event.
// @ts-check
import Fastify from 'fastify'
import { FastifySSEPlugin } from 'fastify-sse-v2'
import { serve } from './serve.js'

const app = Fastify()
await app.register(FastifySSEPlugin)
/** @type {Set<import('fastify').FastifyReply>} */
const replies = new Set()
let last = ''
app.get('/', (_request, reply) => {
  reply.sse({ data: last })
  replies.add(reply)
  reply.raw.on('close', () => replies.delete(reply))
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
const { port } = /** @type {import('node:net').AddressInfo} */ (app.server.address())

serve({
  port,
  path: '/',
  publish: media => {
    last = media.toString('base64')
    for (const reply of replies) reply.sse({ data: last })
  }
})
