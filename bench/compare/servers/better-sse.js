// better-sse: sessions in a channel, on Node's own HTTP server.
// @ts-check
import { createChannel, createSession } from 'better-sse'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { serve } from './serve.js'

const channel = createChannel()
let last = ''
const server = createServer(async (request, response) => {
  const session = await createSession(request, response)
  session.push(last)
  channel.register(session)
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

serve({
  port,
  path: '/',
  publish: media => {
    last = media.toString('base64')
    channel.broadcast(last)
  }
})
