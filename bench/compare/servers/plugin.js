// The plugin, as users have it; the argument is its window's bytes.
// @ts-check
import Fastify from 'fastify'
import mediaSse from '../../../dist/lib/index.js'
import { serve } from './serve.js'

const app = Fastify()
const [,, windowBytes] = process.argv
await app.register(mediaSse, windowBytes === undefined ? {} : { window: { seconds: 30, bytes: Number(windowBytes) } })
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
const broadcast = app.mediaSse.broadcast('bench')
const { port } = /** @type {import('node:net').AddressInfo} */ (app.server.address())

serve({ port, path: '/live/bench', publish: media => broadcast.publish(media, { contentType: 'image/jpeg' }) })
