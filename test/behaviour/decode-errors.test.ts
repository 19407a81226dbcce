// Media that a browser cannot decode: the player goes on behind it, and says so; and it backs off where nothing comes that can be decoded.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { damaged } from '../kit/damage.js'
import { ENGINES, launch } from '../kit/engines.js'
import type { Engine } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { H264, ffmpegArgs, run, serveLive } from '../kit/publisher.js'

type Window = typeof globalThis & { player: EventTarget & { state: string, video: HTMLVideoElement }, noted: { restarts: string[], waits: number[] } }

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
// They wait for real time more than for the processor.
t.jobs = ENGINES.length

/** A page that plays a file which ffmpeg publishes again and again, in real time. */
async function playing (t: Test, engine: Engine, file: string, format: readonly string[], as: 'media-sse' | 'Player'): Promise<{ page: EnginePage, viewers: () => number }> {
  const server = await serveLive(t)
  run(t, ffmpeg!, ffmpegArgs('-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', format, `${server.origin}/live/demo`))
  await server.until(segments => segments.some(({ join }) => join))
  const page = await engine.open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' }, '/live/client.js', as)
  return { page, viewers: () => server.app.mediaSse.stats().viewers }
}

/** A movie of so many seconds with a fragment for each, of which some are damaged. */
function movie (t: Test, seconds: number, which: (fragment: number) => boolean): string {
  const { stdout } = spawnSync(ffmpeg!, ffmpegArgs(
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', String(seconds),
    H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof+frag_keyframe', 'pipe:1'
  ), { maxBuffer: 2 ** 26 })
  const file = join(t.testdir(), 'movie.mp4')
  writeFileSync(file, damaged(stdout, which))
  return file
}

/** It has come over so many errors, plays, and has said at any time what was so. */
async function comesOver (t: Test, page: EnginePage, errors: number): Promise<void> {
  await page.until(errors => (globalThis as Window).noted.restarts.length >= errors, errors)
  await page.until(() => (globalThis as Window).player.state === 'playing' && !(globalThis as Window).player.video.paused)
  await advances(page, 1)
  const { states, restarts, element } = await noted(page)
  t.comment(JSON.stringify({ states, restarts, element }))
  for (const reason of restarts) t.match(reason, /^The browser could not (?:decode|read) the media/)
  const told = states.filter(({ reason }) => reason !== '')
  t.ok(told.length >= errors, 'each was told')
  for (const { state, reason } of told) t.match(`${state}: ${reason}`, /^(?:buffering: .*: going on at the next key frame|error: .*: trying again)$/)
}

if (ffmpeg !== undefined) {
  const ts = new URL('../fixtures/mpeg-ts/two-packets-lost.mpegts', import.meta.url).pathname
  const MP4 = ['-f', 'mp4', '-movflags', 'empty_moov+default_base_moof+frag_keyframe']
  for (const name of ENGINES) {
    t.test(name, async t => {
      const engine = await launch(t, name)
      if (engine === undefined) return
      t.jobs = 1
      // No other engine plays transport streams.
      if (name === 'Chromium') {
        for (const as of ['media-sse', 'Player'] as const) {
          t.test(`lost transport packets, ${as}`, async t => {
            const { page } = await playing(t, engine, ts, ['-f', 'mpegts'], as)
            await comesOver(t, page, 2)
          })
        }
      }

      if (name === 'WebKit') {
        t.test('a damaged picture in a movie: WebKit leaves it out itself', async t => {
          const { page } = await playing(t, engine, movie(t, 6, fragment => fragment === 2), MP4, 'Player')
          await advances(page, 9)
        })
        return
      }
      for (const as of name === 'Chromium' ? ['media-sse', 'Player'] as const : ['Player'] as const) {
        t.test(`a damaged picture in a movie, ${as}`, async t => {
          const { page } = await playing(t, engine, movie(t, 8, fragment => fragment === 2), MP4, as)
          await comesOver(t, page, 2)
        })
      }

      if (name !== 'Chromium') return
      const resized = new URL('../fixtures/fmp4/mediarecorder-avc1-resized.mp4', import.meta.url).pathname
      for (const [what, file] of [['a damaged picture in each group', movie(t, 30, () => true)], ['another size without its parameter sets', resized]] as const) {
        t.test(`${what}: it tries again after ever longer waits, and says so`, async t => {
          const { page } = await playing(t, engine, file, MP4, 'media-sse')
          await page.evaluate(() => {
            const { player, noted } = globalThis as Window
            const waits: number[] = []
            let since = 0
            player.addEventListener('restart', () => { since = performance.now() })
            player.addEventListener('connection', () => { if (since > 0) waits.push(performance.now() - since) })
            Object.assign(noted, { waits })
          })
          await page.until(() => (globalThis as Window).noted.waits.length >= 4)
          await page.until(() => (globalThis as Window).player.state === 'error')
          t.match((await noted(page)).states.at(-1), { state: 'error', reason: /: trying again$/ })
          const waits = await page.evaluate(() => (globalThis as Window).noted.waits)
          t.ok(waits.every((wait, index) => index === 0 || wait > waits[index - 1]! * 1.5), `${waits.map(Math.round).join(', ')} ms`)
        })
      }
    })
  }
}
