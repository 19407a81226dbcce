// The plugin, as users have it.
// @ts-check
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { MEDIA, obey } from './server.js'

const app = Fastify()
await app.register(mediaSse)
await app.listen({ port: 0, host: '127.0.0.1' })
const broadcast = app.mediaSse.broadcast('bench')
const { port } = /** @type {import('node:net').AddressInfo} */ (app.server.address())
obey(port, () => broadcast.publish(MEDIA, { contentType: 'image/jpeg' }))
