// Does the player survive the night? It plays a broadcast of 30 pictures and 30 segments a second for ten minutes (or as many as the first argument says),
// and each ten seconds it is noted what it holds: seconds of media, the page's heap, elements and listeners. Exits with 1 where one of them grows.
import { spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import type { CDPSession, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { MediaSseElement } from '../lib/client/element.js'
import { CHROMIUM_ARGUMENTS } from './glass/browser.js'

const minutes = Number(process.argv[2] ?? 10)
const NOTE_SECONDS = 10
// Of the run, in which buffers fill for the first time.
const WARM_UP = 0.25
// More than this, from one half of what follows to the other, is growth and not unrest.
const GROWTH = 1.15

/** What is held at one moment. */
interface Note {
  readonly seconds: number
  readonly bufferedSeconds: number
  readonly heapMiB: number
  readonly listeners: number
  readonly latency: number
  readonly frames: number
  readonly dropped: number
  readonly seeks: number
  readonly stalls: number
}

const app = Fastify()
await app.register(mediaSse, { localPublishing: true })
app.get('/', async (_request, reply) => reply.type('text/html').send('<!doctype html><script type="module" src="/live/client.js"></script><media-sse src="/live/soak" autoplay muted></media-sse>'))
await app.listen({ port: 0, host: '127.0.0.1' })
const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
const encoder = spawn('ffmpeg', [
  '-hide_banner', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-re', '-f', 'lavfi', '-i', 'sine=sample_rate=48000',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '30', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
  '-f', 'mp4', '-movflags', 'cmaf+frag_every_frame', `${origin}/live/soak`
], { stdio: ['pipe', 'inherit', 'inherit'] })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM_ARGUMENTS })
const notes: Note[] = []
try {
  const page = await browser.newPage()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  await page.goto(origin)
  console.log('| s | buffered s | heap MiB | listeners | latency s | frames | dropped | seeks | stalls |\n|---|---|---|---|---|---|---|---|---|')
  const begin = performance.now()
  while (performance.now() - begin < minutes * 60_000) {
    await new Promise(resolve => setTimeout(resolve, NOTE_SECONDS * 1000))
    const note = await look(page, session, (performance.now() - begin) / 1000)
    notes.push(note)
    console.log(`| ${note.seconds.toFixed(0)} | ${note.bufferedSeconds.toFixed(1)} | ${note.heapMiB.toFixed(2)} | ${note.listeners} | ${note.latency.toFixed(3)} | ${note.frames} | ${note.dropped} | ${note.seeks} | ${note.stalls} |`)
  }
} finally {
  await browser.close()
  encoder.kill('SIGKILL')
  await app.close()
}

const counted = notes.slice(Math.ceil(notes.length * WARM_UP))
for (const what of ['bufferedSeconds', 'heapMiB', 'listeners'] as const) {
  const half = counted.length >> 1
  const [first, second] = [counted.slice(0, half), counted.slice(half)].map(part => Math.max(...part.map(note => note[what]))) as [number, number]
  const grows = second > first * GROWTH
  console.log(`${what}: at most ${first.toFixed(2)}, then ${second.toFixed(2)}: ${grows ? 'it grows' : 'it does not grow'}`)
  if (grows) process.exitCode = 1
}

async function look (page: Page, session: CDPSession, seconds: number): Promise<Note> {
  await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  const metric = (name: string): number => metrics.find(metric => metric.name === name)?.value ?? NaN
  const seen = await page.evaluate(() => {
    const player = document.querySelector<MediaSseElement>('media-sse')!
    const { buffered } = player.video
    const ranges = Array.from({ length: buffered.length }, (_, index) => buffered.end(index) - buffered.start(index))
    const { latency = NaN, frames, droppedFrames, seeks, stalls } = player.stats()!
    return { bufferedSeconds: ranges.reduce((sum, range) => sum + range, 0), latency, frames, dropped: droppedFrames, seeks, stalls }
  })
  return { seconds, ...seen, heapMiB: metric('JSHeapUsedSize') / 2 ** 20, listeners: metric('JSEventListeners') }
}
