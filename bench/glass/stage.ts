// Where it all meets: a server with the plugin, the page, the HLS files, and the reports that pages send.
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import type { Measurement } from './measurement.js'

const HLS_JS = fileURLToPath(new URL('../../../bench/node_modules/hls.js/dist/', import.meta.url))
const REPORT_BYTES = 16 * 1024 * 1024

export interface Stage {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** A folder whose files are served below `/hls/`. */
  readonly folder: string
  /** The broadcast's first segment is there. */
  firstSegment (broadcast: string): Promise<void>
  /** What the page of that run will report. */
  report (run: string): Promise<Measurement>
  close (): Promise<void>
}

/** @throws Error where hls.js is not installed */
export async function openStage (): Promise<Stage> {
  if (!existsSync(HLS_JS)) throw new Error('hls.js is missing, with which this compares: npm ci --prefix bench')
  const folder = await mkdtemp(join(tmpdir(), 'glass-to-glass-'))
  const events = new EventEmitter()
  const app = Fastify({ bodyLimit: REPORT_BYTES, forceCloseConnections: true })
  await app.register(mediaSse, { prefix: '/live', localPublishing: true, onSegment: ({ name }) => events.emit(`segment ${name}`) })
  await app.register(fastifyStatic, { root: fileURLToPath(new URL('.', import.meta.url)), prefix: '/page/' })
  await app.register(fastifyStatic, { root: HLS_JS, prefix: '/hls.js/', decorateReply: false })
  await app.register(fastifyStatic, { root: folder, prefix: '/hls/', decorateReply: false, cacheControl: false })
  app.get('/watch', async (_request, reply) => reply.type('text/html').send(PAGE))
  app.post<{ Params: { run: string } }>('/reports/:run', async ({ params, body }) => { events.emit(`report ${params.run}`, body) })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    origin: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    folder,
    async firstSegment (broadcast) { await once(events, `segment ${broadcast}`) },
    async report (run) { return (await once(events, `report ${run}`))[0] },
    async close () {
      await app.close()
      await rm(folder, { recursive: true })
    }
  }
}

const PAGE = `<!doctype html>
<html lang="en">
<title>Glass to glass</title>
<style>body { margin: 0 } video { width: 640px; height: 360px }</style>
<video playsinline></video>
<script type="module" src="/page/watch.js"></script>
</html>
`
