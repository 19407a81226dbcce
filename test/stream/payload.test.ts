// What reply.send is given: its owner takes the response over, or else it is a Readable like any other.
import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import Fastify from 'fastify'
import { Payload } from '../../lib/stream/payload.js'
import type { PayloadOwner } from '../../lib/stream/payload.js'
import { get } from '../kit/publish.js'
import { listen } from '../kit/serve.js'

/** An owner that takes everything over, or nothing, and writes `events` when it is asked for more. */
class Owner implements PayloadOwner {
  readonly payload = new Payload(this)
  readonly destinations: NodeJS.WritableStream[] = []
  asked = 0
  readonly #takes: boolean
  readonly #events: string[]

  constructor (takes: boolean, events: string[] = []) {
    this.#takes = takes
    this.#events = events
  }

  takeOver (destination: NodeJS.WritableStream): boolean {
    this.destinations.push(destination)
    return this.#takes
  }

  wanted (): void {
    this.asked++
    const event = this.#events.shift()
    if (event === undefined) this.payload.finish(true)
    else this.payload.push(event)
  }
}

t.test('its owner takes the destination over, and nothing is piped', async t => {
  const owner = new Owner(true)
  const destination = new PassThrough()
  t.equal(owner.payload.pipe(destination), destination)
  t.strictSame(owner.destinations, [destination])
  t.notOk(owner.payload.readableFlowing)
  t.equal(owner.asked, 0)
})

t.test('where its owner does not, it is piped and read', async t => {
  const owner = new Owner(false, ['one', 'two'])
  const destination = new PassThrough()
  let text = ''
  for await (const bytes of owner.payload.pipe(destination)) text += bytes
  t.equal(text, 'onetwo')
  t.equal(owner.asked, 3)
})

t.test('a destination that is not to be ended is piped to: something else follows', async t => {
  const owner = new Owner(true, ['one'])
  const written: string[] = []
  const destination = new Writable({
    write (bytes, _encoding, done) {
      written.push(String(bytes))
      done()
    }
  })
  owner.payload.pipe(destination, { end: false })
  await once(owner.payload, 'end')
  t.strictSame(owner.destinations, [])
  t.strictSame(written, ['one'])
  t.notOk(destination.writableEnded)
})

t.test('a payload that nobody reads ends all the same for those who wait for it', async t => {
  const owner = new Owner(true)
  owner.payload.pipe(new PassThrough())
  const ended = once(owner.payload, 'end')
  owner.payload.finish(false)
  await ended
  t.equal(owner.asked, 0, 'and its owner is asked for nothing')
})

t.test('Fastify pipes it into the response itself, or into what a hook has wrapped it in', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const taking = new Owner(true)
  app.get('/taken', async (_request, reply) => {
    taking.takeOver = destination => {
      t.equal(destination, reply.raw)
      reply.raw.end('taken over')
      taking.payload.finish(false)
      return true
    }
    return await reply.type('text/event-stream').send(taking.payload)
  })
  app.get('/read', {
    onSend: async (_request, _reply, payload) => (payload as Payload).pipe(new PassThrough())
  }, async (_request, reply) => await reply.type('text/event-stream').send(new Owner(false, ['re', 'ad']).payload))
  const { origin } = await listen(app)
  t.equal((await get(`${origin}/taken`)).bytes.toString(), 'taken over')
  t.equal((await get(`${origin}/read`)).bytes.toString(), 'read')
})
