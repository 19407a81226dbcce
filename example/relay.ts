// A server that shows what ffmpeg can read from elsewhere: each source is a broadcast, published by an ffmpeg of its own for as long as the
// server runs, and the page at `/` shows them all.

import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'
import { publishByFfmpeg } from './ffmpeg-publisher.js'
import { originOf } from './greeting.js'
import { listen } from './page.js'

/** Addresses by the names of their broadcasts. */
export type Sources = Readonly<Record<string, string>>

/** @param argsOf - what ffmpeg is told to read an address, and to make of it */
export async function relay (sources: Sources, argsOf: (address: string) => string[]): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, logger: { level: process.env['LOG_LEVEL'] ?? 'warn' } })
  // Known to nobody but the programs that are started here.
  const key = randomBytes(16).toString('hex')
  const closing = new AbortController()
  const publishers: Array<Promise<void>> = []
  app.addHook('preClose', async () => {
    closing.abort()
    await Promise.all(publishers)
  })
  app.addHook('onListen', async () => {
    const origin = originOf(app.server.address() as AddressInfo)
    for (const [name, address] of Object.entries(sources)) {
      const publisher = { url: `${origin}/live/${name}`, log: app.log, signal: closing.signal }
      publishers.push(publishByFfmpeg(publisher, [...argsOf(address), '-headers', `Authorization: Bearer ${key}\r\n`]))
    }
  })
  await app.register(mediaSse, { publishKeys: [key] })
  app.get('/', (_request, reply) => { reply.type('text/html').send(pageOf(Object.keys(sources))) })
  return app
}

/** Serves what the command line names, as `name=address …`. */
export async function relayFromCommandLine (argsOf: (address: string) => string[]): Promise<void> {
  const sources = process.argv.slice(2).map(argument => {
    const [, name, address] = /^([^=]+)=(.+)$/.exec(argument) ?? []
    if (name === undefined || address === undefined) throw new Error(`What to show is told as name=address, not as ${argument}`)
    return [name, address] as const
  })
  await listen(await relay(Object.fromEntries(sources), argsOf))
}

// Over one connection, as a browser allows six. The server refuses a name that is none at the first publishing; here it is not trusted yet.
function pageOf (names: string[]): string {
  const src = `/live?broadcasts=${names.map(encodeURIComponent).join(',')}`
  const players = names.map(name => `<media-sse src="${src}" broadcast="${encodeURIComponent(name)}" autoplay muted controls></media-sse>`)
  return `<!doctype html><title>Live</title><script type="module" src="/live/client.js"></script>\n${players.join('\n')}\n`
}
