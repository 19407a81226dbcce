// In a network of its own, so that it can be cut: a server, a viewer and a publisher that are both quiet, and then no network. Prints the reasons why they
// left, as the server sees it.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { movie } from 'fastify-media-sse/testing'

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const app = Fastify()
// None of the plugin's own times runs out meanwhile.
const LONG = 600_000
const reasons = []
const left = reason => {
  reasons.push(reason)
  if (reasons.length < 2) return
  console.log(reasons.sort().join(' '))
  process.exit()
}
const watched = new Promise(resolve => {
  app.register(mediaSse, {
    localPublishing: true,
    publisherTimeout: LONG,
    stallTimeout: LONG,
    heartbeat: LONG,
    onPublishEnd: (_broadcast, reason) => left(`publisher: ${reason}`),
    onViewerClose: (_viewer, { reason }) => left(`viewer: ${reason}`),
    onSegment: () => {},
    onPublishStart: resolve
  })
})
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address()
const viewer = connect(port, '127.0.0.1')
viewer.write('GET /live/demo HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n')
await once(viewer, 'data')
const publisher = connect(port, '127.0.0.1')
const { init } = movie()
publisher.write(`POST /live/other HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${init.byteLength.toString(16)}\r\n`)
publisher.write(init)
publisher.write('\r\n')
await watched
for (const socket of [viewer, publisher]) socket.on('error', () => {})
console.log('cut')
execFileSync('ip', ['link', 'set', 'lo', 'down'])
