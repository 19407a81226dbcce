// A player's figures in a real browser: of a video, of sound alone, of still pictures, and before anything has come.
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import type { Player, PlayerStats } from '../../lib/client/index.js'
import type { EnginePage } from '../kit/engine-page.js'
import { launch } from '../kit/engines.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

type Window = typeof globalThis & { player: Player }

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = await launch(t, 'Chromium')

/** A page with a player in an element of that name. */
async function open (t: Test, { origin }: LiveServer, element: 'video' | 'audio' | 'img'): Promise<EnginePage> {
  const page = await chromium!.open(`${origin}/page`)
  t.teardown(async () => { await page.close() })
  await page.evaluate(async element => {
    const { Player } = await import('/live/client.js' as string) as typeof import('../../lib/client/index.js')
    const target = document.body.appendChild(document.createElement(element))
    Object.assign(target, { muted: true })
    Object.assign(globalThis, { player: new Player(target, '/live/demo', { targetLatency: 0.7 }) })
  }, element)
  return page
}

async function figuresOf (page: EnginePage): Promise<PlayerStats> {
  return await page.evaluate(() => (globalThis as Window).player.stats())
}

/** Resolves with the figures once it has got so many bytes, has shown so many frames, and knows its latency. */
async function figuresAfter (page: EnginePage, least: { bytes: number, frames: number }): Promise<PlayerStats> {
  await page.until(least => {
    const stats = (globalThis as Window).player.stats()
    return stats.state === 'playing' && stats.latency !== undefined && stats.bytes >= least.bytes && stats.frames >= least.frames
  }, least)
  return await figuresOf(page)
}

if (ffmpeg !== undefined && chromium !== undefined) {
  const fragments = ['-c:a', 'aac', '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000']

  t.test('of a video, and before anything has come', async t => {
    const server = await serveLive(t)
    const page = await open(t, server, 'video')
    const { latencyError: _, ...before } = await figuresOf(page)
    t.strictSame(before, {
      state: before.state, target: 0.7, buffered: 0, rate: 1, frames: 0, droppedFrames: 0, segments: 0, bytes: 0, bitRate: 0, gaps: 0, skipped: 0, seeks: 0, stalls: 0, restarts: 0
    })
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, fragments, `${server.origin}/live/demo`))
    const after = await figuresAfter(page, { bytes: 50_000, frames: 10 })
    t.match(after, { state: 'playing', latencyFrom: 'received', restarts: 0 })
    t.ok(after.target >= 0.7)
    for (const name of ['latency', 'latencyError', 'rate', 'frames', 'segments', 'bitRate'] as const) t.ok(after[name]! > 0, `${name}: ${after[name]}`)
  })

  t.test('of sound alone there are no frames', async t => {
    const server = await serveLive(t)
    run(t, ffmpeg, ffmpegArgs(AUDIO_INPUT, fragments, `${server.origin}/live/demo`))
    const page = await open(t, server, 'audio')
    t.match(await figuresAfter(page, { bytes: 5000, frames: 0 }), { frames: 0, droppedFrames: 0, latencyFrom: 'received' })
  })

  t.test('of still pictures the frames are the pictures, and the latency is the age of the newest', async t => {
    const server = await serveLive(t)
    const folder = new URL('../../example/media/pictures/', import.meta.url)
    const pictures = readdirSync(folder).map(file => readFileSync(new URL(file, folder)))
    let index = 0
    const timer = setInterval(() => { server.app.mediaSse.broadcast('demo').publish(pictures[index++ % pictures.length]!) }, 100)
    t.teardown(() => { clearInterval(timer) })
    const page = await open(t, server, 'img')
    const figures = await figuresAfter(page, { bytes: pictures[0]!.byteLength, frames: 5 })
    t.ok(figures.frames <= figures.segments, `${figures.frames} of ${figures.segments}`)
    t.match(figures, { rate: 1, target: 0.7, buffered: 0, droppedFrames: 0 })
    t.equal(figures.latencyFrom, undefined)
  })
}
