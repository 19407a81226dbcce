// A cluster on one machine: redis-server, three nodes, and nginx in front of them, which spreads the viewers. It publishes the bundled clip, and ends all
// that it has started when it is ended. `PORT` (default 3000, 0 for a free one) says where.

import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { redisStore } from 'fastify-media-sse/redis'
import { Redis } from 'ioredis'
import { publishClip } from './clip-publisher.js'
import { readClip } from './media.js'

const nodeCount = 3
const socket = process.env['CLUSTER_NODE_OF']
if (socket === undefined) await cluster()
else await node(socket)

/** One node: started by {@link cluster}, it says where it listens. */
async function node (path: string): Promise<void> {
  const app = Fastify({ forceCloseConnections: true })
  const client = new Redis(path, { lazyConnect: true })
  // A proxy hides who publishes: whoever reaches this machine's proxy may.
  const authorizePublish = (): boolean => true
  await app.register(mediaSse, { store: redisStore({ client }), authorizePublish })
  await app.register(fastifyStatic, { root: fileURLToPath(new URL('../../example/public/', import.meta.url)) })
  await app.register(fastifyStatic, { prefix: '/uplot/', root: fileURLToPath(new URL('.', import.meta.resolve('uplot'))), decorateReply: false })
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send?.((app.server.address() as AddressInfo).port)
  process.once('SIGTERM', () => { app.close().then(() => process.exit(), () => process.exit(1)) })
  // Whoever has started it is gone.
  process.once('disconnect', () => process.exit())
}

async function cluster (): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'media-sse-cluster-'))
  const children: ChildProcess[] = []
  const closing = new AbortController()
  const publishers: Array<Promise<void>> = []
  const start = (child: ChildProcess): ChildProcess => {
    children.push(child)
    return child
  }
  const end = async (): Promise<void> => {
    closing.abort()
    await Promise.all(publishers)
    // Redis last: the nodes take their leave of it.
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { end().then(() => process.exit(), () => process.exit(1)) })

  const redisServer = find('redis-server')
  const nginx = find('nginx')
  const missing = [redisServer === undefined ? 'redis-server' : [], nginx === undefined ? 'nginx' : []].flat()
  if (missing.length > 0) console.log(`Not installed: ${missing.join(', ')} (apt install ${missing.join(' ')})`)
  if (redisServer === undefined) {
    rmSync(folder, { recursive: true, force: true })
    process.exitCode = 1
    return
  }

  const path = join(folder, 'redis.sock')
  // In a group of its own: Ctrl-C ends it here, not in the midst of the nodes' leave.
  start(spawn(redisServer, ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', ''], { stdio: 'ignore', detached: true }))
  const ports = await Promise.all(Array.from({ length: nodeCount }, async () => {
    const child = start(fork(fileURLToPath(import.meta.url), { env: { ...process.env, CLUSTER_NODE_OF: path }, detached: true }))
    const [port] = await once(child, 'message') as [number]
    return port
  }))
  const nodes = ports.map(port => `http://127.0.0.1:${port}`)
  const front = nginx === undefined ? undefined : await proxy(nginx, folder, ports, start)
  const clip = await readClip()
  const log = Fastify({ logger: { level: 'warn' } }).log
  publishers.push(publishClip({ url: `${front ?? nodes[0]}/live/clip`, log, signal: closing.signal }, clip))
  if (front === undefined) console.log(`Three nodes, the same broadcast on each:\n${nodes.map(url => `  ${url}/simple.html`).join('\n')}`)
  else console.log(`Watch at ${front}/simple.html, or publish a camera at ${front}/studio.html: viewers are spread over ${nodes.join(', ')}`)
  console.log('Ctrl-C ends it all.')
}

/** nginx in front of the nodes: viewers go to each in turn, a URL's publisher always to the same, and to the next where that is away. */
async function proxy (nginx: string, folder: string, ports: readonly number[], start: (child: ChildProcess) => ChildProcess): Promise<string> {
  const port = await freePort(Number(process.env['PORT'] ?? 3000))
  const servers = ports.map(one => `server 127.0.0.1:${one} max_fails=0;`).join(' ')
  writeFileSync(join(folder, 'nginx.conf'), `
    daemon off; pid ${folder}/nginx.pid; error_log stderr warn;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      upstream watch { ${servers} }
      upstream publish { hash $uri consistent; ${servers} }
      map $request_method $nodes { default publish; GET watch; HEAD watch; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://$nodes;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_next_upstream error timeout http_502 http_503;
          proxy_buffering off;
          proxy_request_buffering off;
          proxy_read_timeout 1h;
          client_max_body_size 0;
          client_body_timeout 1h;
        }
      }
    }`)
  const child = start(spawn(nginx, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'], detached: true }))
  const url = `http://127.0.0.1:${port}`
  while (child.exitCode === null) {
    try {
      await fetch(`${url}/live`)
      return url
    } catch {
      // It does not listen yet.
      await new Promise(resolve => { setTimeout(resolve, 50) })
    }
  }
  throw new Error('nginx has not started')
}

/** That port, or where it is 0 one that is free. */
async function freePort (wanted: number): Promise<number> {
  if (wanted !== 0) return wanted
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The path of a program, where it is installed. */
function find (program: string): string | undefined {
  // Servers' programs are no commands of an ordinary user's.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, program)).find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
