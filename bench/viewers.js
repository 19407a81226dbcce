// Many viewers in one process: sockets that count bytes, and tell the parent when all are served, and each time that
// all have another event.
// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'
import { END_OF_EVENT } from './server.js'

const end = Buffer.from(END_OF_EVENT)
let viewers = 0
let bytes = 0
// How many viewers have still to get the event under way.
let missing = 0

process.on('message', /** @param {'bytes' | { port: number, count: number }} message */ async message => {
  if (message === 'bytes') return process.send?.({ bytes })
  viewers = missing = message.count
  await Promise.all(Array.from({ length: viewers }, async () => await watch(message.port)))
  process.send?.('all are served')
})
process.on('disconnect', () => process.exit())

/** @param {number} port */
async function watch (port) {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /live/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n')
  // What may be the beginning of an event's end.
  let tail = Buffer.alloc(0)
  socket.on('data', part => {
    bytes += part.byteLength
    const seam = Buffer.concat([tail, part.subarray(0, end.byteLength - 1)])
    if (part.includes(end) || seam.includes(end)) countEvent()
    tail = Buffer.concat([tail, part.subarray(1 - end.byteLength)]).subarray(1 - end.byteLength)
  })
  await once(socket, 'data')
}

function countEvent () {
  if (--missing > 0) return
  missing = viewers
  process.send?.('all have it')
}
