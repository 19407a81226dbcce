// The least that a route of Fastify's can do: its reply is hijacked, and gets the head and the last event. What the plugin costs beside this is its own.
// @ts-check
import Fastify from 'fastify'
import { serve } from './serve.js'

const app = Fastify()
/** @type {Set<import('node:http').ServerResponse>} */
const responses = new Set()
let last = ''
app.get('/bench', (_request, reply) => {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  raw.write(last)
  responses.add(raw)
  raw.on('close', () => responses.delete(raw))
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
const { port } = /** @type {import('node:net').AddressInfo} */ (app.server.address())

serve({
  port,
  path: '/bench',
  publish: media => {
    last = `id: 1763818700000-1\ndata: ${'{}'.padEnd(100)}\ndata: ${media.toString('base64')}\n\n`
    for (const response of responses) response.write(last)
  }
})
