// A node of a cluster, as a process of its own: started with where Redis is, as a client's options, and the plugin's options with where it listens, both as JSON;
// prints that.
// Reads lines: `kick <viewer>` ends a viewer wherever it is.
import { createInterface } from 'node:readline'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import mediaSse from 'fastify-media-sse'
import { redisStore } from 'fastify-media-sse/redis'

const [connection, options = '{}'] = process.argv.slice(2)
const { store, host = '127.0.0.1', port = 0, ...media } = JSON.parse(options)
const client = clientOf(JSON.parse(connection))
const app = Fastify({ forceCloseConnections: true })
await app.register(mediaSse, { localPublishing: true, ...media, store: redisStore({ client, ...store }) })
app.get('/page', (_request, reply) => { reply.type('text/html').send('<!doctype html><title>page</title>') })
await app.listen({ host, port })
console.log(`listens at ${app.server.address().port}`)
createInterface({ input: process.stdin }).on('line', async line => {
  const [word, argument] = line.split(' ')
  if (word === 'kick') await app.mediaSse.kick(argument)
})
process.once('SIGTERM', async () => {
  await app.close()
  process.exit()
})

function clientOf ({ sentinels, name, ...server }) {
  if (sentinels === undefined) return new Redis({ ...server, lazyConnect: true })
  const client = new Redis({ sentinels, name, lazyConnect: true })
  return client
}
