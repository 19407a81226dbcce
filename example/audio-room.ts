// An audio room: each one who comes in takes a seat, which is a broadcast, talks there, and hears the other seats, all over one connection.
//
//   node dist/example/audio-room.js
//
// The seats are there from the start, so nobody's connection changes when others come and go: a page waits at an empty one, and plays whoever takes
// it. Over a network the page must come by HTTPS, as browsers give the microphone to no other. Half a second or so passes between mouth and ear.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'
import { listen, servePage } from './page.js'

const seats = Array.from({ length: 8 }, (_, index) => `seat-${index + 1}`)
/** Within this who was given a seat begins to talk, or loses it. */
const claimMilliseconds = 10_000
const dayMilliseconds = 86_400_000

export async function audioRoom (): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'warn' } })
  const guests = new Map<string, { name: string, until: number }>()
  // A link, signed with a key that nobody else has, admits to one seat alone. A seat is free a few seconds after its guest has gone.
  await app.register(mediaSse, {
    signKeys: [randomBytes(32).toString('hex')],
    authorizePublish: () => false,
    segmentDuration: 100,
    broadcastTimeout: 3000,
    lag: { policy: 'skip', seconds: 1 },
    // From now on the broadcast itself tells whether the seat is taken.
    onPublishStart: ({ name }) => { Object.assign(guests.get(name) ?? {}, { until: 0 }) }
  })
  const isTaken = (seat: string): boolean => app.mediaSse.broadcast(seat).state === 'live' || Date.now() < (guests.get(seat)?.until ?? 0)

  app.get('/seats', () => seats.map(seat => ({ seat, name: isTaken(seat) ? guests.get(seat)?.name : null })))

  app.post<{ Body: { name: string } }>('/seats', {
    schema: { body: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1, maxLength: 40 } } } }
  }, (request, reply) => {
    const seat = seats.find(seat => !isTaken(seat))
    if (seat === undefined) return reply.code(409).send({ message: 'All seats are taken' })
    guests.set(seat, { name: request.body.name, until: Date.now() + claimMilliseconds })
    const link = app.mediaSse.sign(seat, { action: 'publish', expires: Date.now() + dayMilliseconds })
    return reply.send({ seat, url: `/live/${seat}?${link}` })
  })

  await servePage(app, 'audio-room.html')
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await listen(await audioRoom())
