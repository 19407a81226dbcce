// A body has arrived when its last byte has, over a real connection, whether it was read or not, and whether its publisher is still there.
import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { hasArrived } from '../../lib/publish/arrived.js'
import { rawRequest } from '../kit/raw-request.js'

t.test('over HTTP/1 with its last byte', async t => {
  const { body, client } = await rawRequest(t, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nhal')
  body.on('error', () => {})
  t.equal(hasArrived(body), false)
  const closed = new Promise(resolve => body.once('close', resolve))
  client.end('ves')
  await closed
  t.equal(hasArrived(body), true)
  t.equal(body.readableEnded, false, 'nobody has read it')
})

t.test('over HTTP/2 nothing tells, nor does another stream', async t => {
  const server = createHttp2Server()
  t.teardown(() => { server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => { session.destroy() })
  const asked = once(server, 'request')
  session.request({ ':method': 'POST' }).end('whole')
  const [body] = await asked as [Readable]
  await body.toArray()
  t.equal(hasArrived(body), false)
  t.equal(hasArrived(Readable.from([])), false)
})
