// The server of the chaos, in a process of its own: tells each call of a hook, keeps nothing itself, and says what there is when it is asked.
// node --expose-gc dist/bench/chaos/server.js <seed>
import type { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import Fastify from 'fastify'
import { Publication } from '../../lib/publish/publication.js'
import { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { SharedFrame } from '../../lib/delivery/sse/shared-frame.js'
import mediaSse from '../../lib/index.js'
import { Sink } from '../../lib/sink/sink.js'
import { Connection } from '../../lib/viewer/connection.js'
import { LiveViewer } from '../../lib/viewer/viewer.js'
import { block } from '../../test/kit/block.js'
import { digestOf } from './book.js'
import { Chance } from './chance.js'
import { markOf, mediaOf } from './media.js'
import type { Asked, Look, Message, Questions, Told } from './messages.js'
import { SETTINGS } from './settings.js'

// What must be gone when everybody has gone.
const CLASSES = { LiveViewer, Connection, Sink, LiveBroadcast, Publication, SharedFrame, Socket, IncomingMessage, ServerResponse }

// Milliseconds that it may take to end; a process that something keeps longer exits with an error.
const KEPT = 10_000

const chance = new Chance(Number(process.argv[2]), 0)
// What is on its way to the parent is no garbage.
const sending = { count: 0 }

function send (message: Message): void {
  sending.count++
  process.send!(message, undefined, undefined, () => { sending.count-- })
}

async function sent (): Promise<void> {
  while (sending.count > 0) await setTimeout(10)
}

function tell (told: Told): void {
  send({ told })
}

const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => tell({ what: 'complaint', line }) } } })
await app.register(mediaSse, {
  ...SETTINGS,
  authorizePublish: () => true,
  onViewerOpen: async (viewer, request) => {
    tell({ what: 'open', viewer: viewer.id, request: request.id })
    // Who has left meanwhile was opened nevertheless.
    if (chance.may(0.3)) await setTimeout(chance.between(0, 60))
  },
  onViewerSkip: (viewer, gap) => { tell({ what: 'skip', viewer: viewer.id, segments: gap.segments ?? 0 }) },
  onViewerLag: () => { tell({ what: 'lag' }) },
  onViewerStall: () => { tell({ what: 'stall' }) },
  onViewerDrain: () => { tell({ what: 'drain' }) },
  onViewerClose: (viewer, close) => { tell({ what: 'close', viewer: viewer.id, close }) },
  onPublishStart: () => { tell({ what: 'start' }) },
  onPublishEnd: (_broadcast, reason) => { tell({ what: 'end', reason }) },
  onSegment: ({ name }, { id, track, bytes }) => {
    const mark = markOf(bytes)
    const media = bytes.subarray(Math.max(0, bytes.byteLength - mark.length))
    const isKnown = mark.length === media.byteLength && mediaOf(mark).equals(media)
    tell({ what: 'segment', segment: { broadcast: name, id, track, bytes: bytes.byteLength, digest: digestOf(bytes), body: mark.body, index: mark.index, isKnown } })
  }
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 1024 })

const answers: { [Name in keyof Questions]: (argument: Parameters<Questions[Name]>[0]) => ReturnType<Questions[Name]> | Promise<ReturnType<Questions[Name]>> } = {
  port: () => (app.server.address() as AddressInfo).port,
  state: async () => ({ stats: app.mediaSse.stats(), connections: await connections() }),
  look,
  kick: index => {
    const viewers = app.mediaSse.broadcasts.flatMap(({ viewers }) => [...viewers])
    viewers[index! % viewers.length]?.kick()
  },
  end: name => { app.mediaSse.broadcast(name!).end() },
  block: milliseconds => { block(milliseconds!) },
  close: async () => {
    await app.close()
    process.disconnect()
  }
}

process.on('message', async ({ number, name, argument }: Asked) => {
  const answer = answers[name] as (argument: unknown) => unknown
  if (name === 'close') {
    send({ number, answer: undefined })
    await sent()
    await answer(argument)
    return
  }
  send({ number, answer: await answer(argument) })
})
// Its parent has died, or has closed it: nothing is left that would keep it then.
process.once('disconnect', async () => {
  globalThis.setTimeout(() => process.exit(2), KEPT).unref()
  await app.close()
})

async function connections (): Promise<number> {
  return await new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}

async function look (): Promise<Look> {
  await sent()
  // What one collection frees, another one may find to have held more; Buffers are freed a while after.
  for (let round = 0; round < 5; round++) {
    globalThis.gc!()
    await setTimeout(50)
  }
  const objects = Object.fromEntries(Object.entries(CLASSES).map(([name, constructor]) => [name, queryObjects(constructor, { format: 'count' })]))
  const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage()
  return { resources: counted(process.getActiveResourcesInfo()), objects, listeners: { ...listenersOf('server', app.server), ...listenersOf('process', process) }, heapUsed, arrayBuffers, external, rss }
}

function counted (names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function listenersOf (what: string, emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map(name => [`${what} ${String(name)}`, emitter.listenerCount(name)]))
}
