// The least that a server in Node can do: one Buffer, chunk-framed already, written to every socket.
// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:net'
import { MEDIA, obey } from './server.js'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const event = `id: 1763818700000-1\ndata: ${'{}'.padEnd(100)}\ndata: ${MEDIA.toString('base64')}\n\n`
const frame = Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`)

/** @type {Set<import('node:net').Socket>} */
const sockets = new Set()
// As Node's HTTP server opens its sockets.
const server = createServer({ noDelay: true }, socket => {
  socket.once('data', () => {
    socket.write(HEAD)
    sockets.add(socket)
  })
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
obey(port, () => {
  for (const socket of sockets) socket.write(frame)
})
