// A screen, shared with everybody in the room: who runs this opens the page on this machine and shares; the others open the address that it shows.
//
//   HOST=0.0.0.0 node dist/example/screen-share.js
//
// Browsers give the screen only to pages from this machine, or over HTTPS; watching needs neither. Publishing is for this machine
// alone (`localPublishing`), so this is not for a server behind a proxy: see README, "Who may publish".

import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'
import { listen, servePage } from './page.js'

export async function screenShare (): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'warn' } })
  await app.register(mediaSse, { localPublishing: true, broadcastTimeout: 5000 })
  await servePage(app, 'screen-share.html')
  // Where the others reach this machine.
  app.get('/addresses', () => Object.values(networkInterfaces()).flat().filter(found => found?.family === 'IPv4' && !found.internal).map(found => found?.address))
  return app
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await listen(await screenShare())
