// The least that a server in Node can do: one Buffer, chunk-framed already, written to every socket.
// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:net'
import { serve } from './serve.js'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

/** @type {Map<Buffer, Buffer>} */
const frames = new Map()
/** @type {Buffer | undefined} */
let last

/** @type {Set<import('node:net').Socket>} */
const sockets = new Set()
// As Node's HTTP server opens its sockets.
const server = createServer({ noDelay: true }, socket => {
  socket.once('data', () => {
    socket.write(HEAD)
    if (last !== undefined) socket.write(last)
    sockets.add(socket)
  })
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

serve({
  port,
  path: '/',
  publish: media => {
    const frame = last = frames.get(media) ?? frameOf(media)
    for (const socket of sockets) socket.write(frame)
  }
})

/** @param {Buffer} media */
function frameOf (media) {
  const event = `id: 1763818700000-1\ndata: ${'{}'.padEnd(100)}\ndata: ${media.toString('base64')}\n\n`
  const frame = Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`)
  frames.set(media, frame)
  return frame
}
