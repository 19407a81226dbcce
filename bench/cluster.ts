// What a cluster costs: 20 broadcasts of 4 Mbit/s published to one of three nodes, each watched on all of them, over a Redis of its own; beside it one node
// that keeps them itself. Prints a Markdown table. `--seconds` (default 60) says how long each takes.
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { redisStore } from 'fastify-media-sse/redis'
import { Redis } from 'ioredis'
import { request } from 'undici'
import { quantile } from './glass/figures.js'

const BROADCASTS = 20
const BITS_PER_SECOND = 4_000_000
const SEGMENTS_PER_SECOND = 4
const SIZE = BITS_PER_SECOND / 8 / SEGMENTS_PER_SECOND
// What is flat is so in each.
const PARTS = 5
// Linux counts a process' time in so many a second (proc(5): sysconf(_SC_CLK_TCK)).
const TICKS = 100

const socket = process.env['BENCH_NODE_OF']
if (socket === undefined) await bench()
else await node(socket)

async function node (path: string): Promise<void> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(mediaSse, path === 'none' ? { localPublishing: true } : { localPublishing: true, store: redisStore({ client: new Redis(path, { lazyConnect: true }) }) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send?.((app.server.address() as AddressInfo).port)
  process.once('disconnect', () => process.exit())
}

async function bench (): Promise<void> {
  const at = process.argv.indexOf('--seconds')
  const seconds = at < 0 ? 60 : Number(process.argv[at + 1])
  if (!(seconds > 0)) throw new RangeError('--seconds must be a number above 0')
  const rows = [await measured('one node', 'none', 1, seconds)]
  const folder = mkdtempSync(join(tmpdir(), 'bench-cluster-'))
  const path = join(folder, 'socket')
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', ''], { stdio: 'ignore' })
  try {
    const client = new Redis(path, { maxRetriesPerRequest: null })
    client.on('error', () => {})
    await client.ping()
    rows.push(await measured('three nodes, Redis', path, 3, seconds, { client, pid: redis.pid! }))
    client.disconnect()
  } finally {
    redis.kill()
    await once(redis, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${BROADCASTS} broadcasts of ${BITS_PER_SECOND / 1e6} Mbit/s, a viewer of each on each node, ${seconds} s, whole and by fifths:\n`)
  console.log('| | segments | publish to viewer, p50 | p99 | Redis, of a core | Redis, memory | nodes, memory |\n|---|---|---|---|---|---|---|')
  for (const row of rows.flat()) console.log(`| ${row.join(' | ')} |`)
}

interface RedisProcess { readonly client: Redis, readonly pid: number }

// What was seen in a part of the time.
interface Part {
  readonly delays: readonly number[]
  /** Part of a core. */
  readonly cpu: number | undefined
  /** Bytes. */
  readonly redis: number | undefined
  readonly nodes: number
}

async function measured (name: string, path: string, count: number, seconds: number, redis?: RedisProcess): Promise<string[][]> {
  const nodes: ChildProcess[] = []
  const urls = await Promise.all(Array.from({ length: count }, async () => {
    const child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, BENCH_NODE_OF: path } })
    nodes.push(child)
    const [port] = await once(child, 'message') as [number]
    return `http://127.0.0.1:${port}/live`
  }))
  const names = Array.from({ length: BROADCASTS }, (_, index) => `b${index}`)
  let delays: number[] = []
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const viewers = urls.flatMap(url => names.map(async one => await watch(`${url}/${one}`, delay => delays.push(delay), ending.signal)))
  await sleep(500)
  const publishing = Promise.all(names.map(async (one, index) => await publish(`${urls[index % count]}/${one}`, seconds, index / BROADCASTS)))
  const parts: Part[] = []
  while (parts.length < PARTS) {
    const begun = performance.now()
    const ticks = redis === undefined ? 0 : ticksOf(redis.pid)
    await (parts.length === PARTS - 1 ? publishing.then(() => sleep(500)) : sleep(seconds * 1000 / PARTS))
    const cpu = redis === undefined ? undefined : (ticksOf(redis.pid) - ticks) / TICKS / (performance.now() - begun) * 1000
    parts.push({ delays, cpu, redis: redis === undefined ? undefined : await memoryOf(redis.client), nodes: nodes.reduce((sum, { pid }) => sum + residentOf(pid!), 0) })
    delays = []
  }
  ending.abort()
  await Promise.all(viewers)
  for (const child of nodes) {
    const exited = once(child, 'exit')
    child.disconnect()
    await exited
  }
  const last = parts.at(-1)!
  const cpu = redis === undefined ? undefined : parts.reduce((sum, { cpu = 0 }) => sum + cpu, 0) / PARTS
  const whole = { ...last, delays: parts.flatMap(({ delays }) => delays), cpu }
  return [rowOf(name, whole), ...parts.map((part, index) => rowOf(`${name}, ${index + 1} of ${PARTS}`, part))]
}

function rowOf (name: string, { delays, cpu, redis, nodes }: Part): string[] {
  const milliseconds = (share: number): string => `${quantile(delays, share).toFixed(1)} ms`
  return [name, String(delays.length), milliseconds(0.5), milliseconds(0.99), cpu === undefined ? '' : `${(cpu * 100).toFixed(1)} %`, redis === undefined ? '' : mebibytes(redis), mebibytes(nodes)]
}

function mebibytes (bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

// Each segment tells when it was sent.
async function publish (url: string, seconds: number, phase: number): Promise<void> {
  const begun = performance.now() + phase * 1000 / SEGMENTS_PER_SECOND
  for (let number = 0; number < seconds * SEGMENTS_PER_SECOND; number++) {
    await sleep(Math.max(0, begun + number * 1000 / SEGMENTS_PER_SECOND - performance.now()))
    const body = Buffer.alloc(SIZE, number)
    body.writeDoubleBE(performance.now(), 0)
    const answer = await request(url, { method: 'POST', headers: { 'content-type': 'application/x-bench' }, body })
    await answer.body.dump()
    if (answer.statusCode !== 201) throw new Error(`${url}: ${answer.statusCode}`)
  }
}

// The line with the bytes is there when all of the segment is.
async function watch (url: string, came: (delay: number) => void, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await request(url, { headers: { accept: 'text/event-stream' }, signal, bodyTimeout: 0 })
    let rest = ''
    for await (const bytes of body) {
      const lines = (rest + (bytes as Buffer).toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data: ') && line[6] !== '{') came(performance.now() - Buffer.from(line.slice(6, 18), 'base64').readDoubleBE(0))
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function ticksOf (pid: number): number {
  // proc(5): utime and stime are the 14th and 15th field; the second, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function residentOf (pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

async function memoryOf (client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}
