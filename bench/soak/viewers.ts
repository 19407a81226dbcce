// The viewers of the soak, in a process of their own: they read all, into one buffer, and count. A byte that is not the same for all is nothing to them; the
// server says whom it has told of a gap.
// node dist/bench/soak/viewers.js <port> <count>
import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number) as [number, number]
const REQUEST = `GET /live/soak HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n\r\n`
// So many connect at once.
const AT_ONCE = 50

const buffer = Buffer.allocUnsafe(1024 * 1024)
let received = 0
let gone = 0

process.on('message', () => { process.send!({ received, gone }) })
process.on('disconnect', () => process.exit())

for (let opened = 0; opened < count; opened += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, open))
}
process.send!({ open: count })

async function open (): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: bytes => {
          received += bytes
          resolve()
          return true
        }
      }
    })
    socket.on('error', reject)
    socket.on('close', () => {
      gone++
      reject(new Error('a viewer was cut off'))
    })
    socket.write(REQUEST)
  })
}
