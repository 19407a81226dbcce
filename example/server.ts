// The demo: a server that publishes a bundled clip and bundled pictures to itself, through the same POST that ffmpeg would use, and pages that
// watch them. `PORT` (default 3000, 0 for a free one) and `HOST` (default 127.0.0.1) say where; with `HTTPS=1` it speaks HTTP/2 over TLS, and HTTP/1.1
// to who knows nothing newer.

import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { Agent, setGlobalDispatcher } from 'undici'
import { selfSigned } from './certificate.js'
import { publishClip } from './clip-publisher.js'
import { dashboard } from './dashboard.js'
import { greeting, originOf } from './greeting.js'
import { readClip, readPictures, readWallClips } from './media.js'
import { publishPictures } from './picture-publisher.js'
import { tick } from './tick.js'
import { viewerControls } from './viewer-controls.js'
import { Wall } from './wall.js'

const tls = process.env['HTTPS'] === '1' ? selfSigned(['localhost', '127.0.0.1', '::1', hostname()]) : undefined
// The publishers below trust their own server's certificate.
if (tls !== undefined) setGlobalDispatcher(new Agent({ connect: { ca: tls.cert } }))

// A browser opens connections ahead of its requests, and Node would wait for them at the end. To Fastify's types an HTTP/2 server is another kind of
// app; to all that follows it is not.
const app = Fastify({
  forceCloseConnections: true,
  logger: { level: process.env['LOG_LEVEL'] ?? 'warn' },
  ...(tls && { http2: true, https: { ...tls, allowHTTP1: true } } as object)
})
// Of such a server Fastify leaves Node's own bound, after which a publisher over HTTP/1.1 would be cut off.
if (tls !== undefined) app.server.requestTimeout = 0
const { log } = app

// The publishers end before the plugin does, whose own hook comes after this one: they finish their POSTs, and nothing is cut off.
const publishers: Array<Promise<void>> = []
const closing = new AbortController()
app.addHook('preClose', async () => {
  closing.abort()
  await Promise.all([...publishers, wall.stop()])
})

const [clip, pictures, wallClips] = await Promise.all([readClip(), readPictures(), readWallClips()])
const wall = new Wall(app, (name, index, signal) => {
  const publisher = { url: `${origin()}/live/${name}`, log, signal: AbortSignal.any([signal, closing.signal]) }
  const wallClip = wallClips[index % (wallClips.length + 1)]
  // One after the other a clip of its own, and pictures; when they come around again, at another moment.
  return wallClip ? publishClip(publisher, wallClip, index % 8) : publishPictures(publisher, pictures)
})

// Less patient than the defaults, so that five seconds of stall are enough to see a skip, and a dropped viewer is back at once.
await app.register(mediaSse, { prefix: '/live', localPublishing: true, lag: { policy: 'skip', seconds: 2 }, retry: 500, ...wall.hooks })
await app.register(fastifyStatic, { root: fileURLToPath(new URL('../../example/public/', import.meta.url)) })
// The plot's library, as its package has it.
await app.register(fastifyStatic, { prefix: '/uplot/', root: fileURLToPath(new URL('.', import.meta.resolve('uplot'))), decorateReply: false })
for (const page of ['simple', 'wall', 'studio', 'dashboard']) app.get(`/${page}`, (_request, reply) => reply.sendFile(`${page}.html`))
viewerControls(app)
tick(app)
dashboard(app)

await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: process.env['HOST'] ?? '127.0.0.1' })
publishers.push(
  publishClip({ url: `${origin()}/live/demo`, log, signal: closing.signal }, clip),
  publishPictures({ url: `${origin()}/live/pictures`, log, signal: closing.signal }, pictures)
)
console.log(greeting(origin()))

for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => app.close())

function origin (): string {
  return originOf(app.server.address() as AddressInfo, tls === undefined ? 'http' : 'https')
}
