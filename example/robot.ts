// A robot's camera and its sensors on one broadcast: pictures on the track `camera`, readings as JSON on the track `sensors`, one beside the other
// over one connection. The page shows both. Here a robot is played: pictures of the demo, and readings that change.
//
//   node dist/example/robot.js
//
// A real one sends what it has, as often as it has it, with the key as its credentials:
//
//   curl -H "Authorization: Bearer $KEY" --data-binary @frame.jpg http://host:3000/live/robot/camera
//   curl -H "Authorization: Bearer $KEY" --json '{"battery":87,"heading":120}' http://host:3000/live/robot/sensors

import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'
import { request } from 'undici'
import { originOf } from './greeting.js'
import { keepPublishing, type Publisher } from './keep-publishing.js'
import { readPictures } from './media.js'
import { listen, servePage } from './page.js'
import { publishPictures } from './picture-publisher.js'

/** How often readings are sent. */
const pauseMilliseconds = 100

/** @param keys - who may publish; without, programs on this machine may */
export async function robot (keys?: string[]): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'warn' } })
  // Who steers wants to see what is, and not what was.
  await app.register(mediaSse, { window: { seconds: 2 }, lag: { policy: 'skip', seconds: 0.5 }, ...keys ? { publishKeys: keys } : { localPublishing: true } })
  await servePage(app, 'robot.html')
  return app
}

/** Sends what `read` says, again and again. */
export function publishReadings (publisher: Publisher, read: () => object): Promise<void> {
  const { url, signal } = publisher
  return keepPublishing(publisher, async () => {
    for (;;) {
      const response = await request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(read()) })
      const answer = await response.body.text()
      if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${answer}`)
      await setTimeout(pauseMilliseconds, undefined, { signal })
    }
  })
}

/** A robot that turns on the spot until its battery is empty, and then has a full one. */
function reading (): object {
  const seconds = performance.now() / 1000
  return { heading: Math.round(seconds * 20) % 360, speed: Number((0.3 + 0.1 * Math.sin(seconds)).toFixed(2)), battery: 100 - Math.floor(seconds / 3) % 100 }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const app = await robot()
  await listen(app)
  const url = `${originOf(app.server.address() as AddressInfo)}/live/robot`
  const closing = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.prependOnceListener(name, () => closing.abort())
  const { log } = app
  publishPictures({ url: `${url}/camera`, log, signal: closing.signal }, await readPictures())
  publishReadings({ url: `${url}/sensors`, log, signal: closing.signal }, reading)
}
