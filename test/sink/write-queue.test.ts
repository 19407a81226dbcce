// What waits in a socket is seen while it gets less, also within one write.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import t from 'tap'
import { queuedBytes } from '../../lib/sink/write-queue.js'

t.test('it is what the operating system has not taken, down to nothing, in one write', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  const client = connect((await once(server, 'listening'), server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = await once(server, 'connection') as [Socket]
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  t.equal(queuedBytes(socket), 0)
  client.pause()
  const all = 64 * 1024 * 1024
  const written = new Promise(resolve => socket.write(Buffer.alloc(all), resolve))
  const first = queuedBytes(socket)!
  t.ok(first > 0 && first < all)
  const seen = new Set<number>()
  client.on('data', () => { seen.add(queuedBytes(socket)!) }).resume()
  await written
  t.ok(seen.size > 2, `${seen.size} lengths of the queue, before the write was over`)
  t.equal(queuedBytes(socket), 0)
  socket.destroy()
  t.equal(queuedBytes(socket), undefined, 'it is gone')
})

t.test('over TLS, or where there is no socket, it is not seen', async t => {
  const socket = connect(0)
  socket.on('error', () => {})
  t.equal(queuedBytes(new TLSSocket(socket)), undefined)
  t.equal(queuedBytes(undefined), undefined)
})
