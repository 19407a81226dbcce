// <media-sse> as an element: attributes, moves, removal, autoplay that the browser refuses, and states that a style sheet sees.
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { launch } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances, noted, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { openPlayer } from '../kit/player-page.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

interface Page { readonly player: HTMLElement & { src: string, state: string, volume: number, muted: boolean, paused: boolean, targetLatency: number | undefined, video: HTMLVideoElement, player: object | undefined, play (): Promise<void>, pause (): void } }

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = await launch(t, 'Chromium')
const shy = await launch(t, 'Chromium', { autoplay: false })

async function serveBroadcast (t: Test): Promise<{ server: LiveServer, viewers: () => number }> {
  const server = await serveLive(t)
  const flow = ['-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000']
  run(t, ffmpeg!, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', flow, `${server.origin}/live/demo`))
  run(t, ffmpeg!, ffmpegArgs(VIDEO_INPUT, H264, '-f', 'mp4', flow, `${server.origin}/live/other`))
  await server.until(spans(1500))
  return { server, viewers: () => server.app.mediaSse.stats().viewers }
}

async function openPage (t: Test, engine: NonNullable<typeof chromium>, { origin }: LiveServer): Promise<EnginePage> {
  const page = await engine.open(`${origin}/page`)
  t.teardown(async () => { await page.close() })
  return page
}

if (ffmpeg !== undefined && chromium !== undefined && shy !== undefined) {
  await t.test('the first frame comes about as soon as with the least that plays', async t => {
    const { server } = await serveBroadcast(t)
    const bare = await openPage(t, chromium, server)
    const begin = performance.now()
    await openPlayer(bare, '/live/demo')
    const least = performance.now() - begin
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
    await page.until(() => (globalThis as unknown as { noted: { firstFrame: number } }).noted.firstFrame > 0)
    const { firstFrame } = await noted(page)
    t.comment(`${Math.round(firstFrame)} ms after the tag's insertion, ${Math.round(least)} ms with the least`)
    t.ok(firstFrame < 4 * least, 'much later it is not')
  })

  // What follows waits for real time more than for the processor.
  t.jobs = 3

  t.test('attributes, properties, moves and removal', async t => {
    // These depend on each other.
    t.jobs = 1
    const { server, viewers } = await serveBroadcast(t)
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '', controls: '', poster: 'data:,', 'target-latency': '0.5' })
    await advances(page, 1)

    const { firstFrame } = await noted(page)
    t.comment(`first frame after ${Math.round(firstFrame)} ms`)
    const inner = await page.evaluate(() => {
      const { player } = globalThis as unknown as Page
      const { controls, muted, poster } = player.video
      return { controls, muted, poster, part: player.video.part.value, volume: player.volume, target: player.targetLatency }
    })
    t.match(inner, { controls: true, muted: true, poster: 'data:,', part: 'video', volume: 1, target: 0.5 })
    t.ok((await statsOf(page)).target >= 0.5)
    await page.evaluate(() => {
      const { player } = globalThis as unknown as Page
      player.targetLatency = 1.5
      player.volume = 0.25
      player.muted = false
    })
    t.ok((await statsOf(page)).target >= 1.5, 'the target can be changed while it plays')
    t.match(await page.evaluate(() => { const { video: { volume, muted } } = (globalThis as unknown as Page).player; return { volume, muted } }), { volume: 0.25, muted: false })

    await t.test('a move is no end: it plays on over the same connection', async t => {
      await page.evaluate(() => {
        const { player } = globalThis as unknown as Page
        const frame = document.createElement('main')
        document.body.append(frame)
        frame.append(player)
      })
      await advances(page, 1)
      t.strictSame((await noted(page)).connections, ['open'])
      t.equal(viewers(), 1)
    })

    await t.test('another src is another broadcast', async t => {
      await page.evaluate(() => { (globalThis as unknown as Page).player.src = '/live/other' })
      await advances(page, 1)
      t.equal(viewers(), 1, 'and the first is left')
      t.match(server.app.mediaSse.broadcast('other').viewers.size, 1)
    })

    await t.test('removal ends the connection, and insertion makes it anew', async t => {
      await page.evaluate(() => { (globalThis as unknown as Page).player.remove() })
      while (viewers() > 0) await new Promise(resolve => setImmediate(resolve))
      t.notOk(await page.evaluate(() => (globalThis as unknown as Page).player.player !== undefined))
      await page.evaluate(() => { document.body.append((globalThis as unknown as Page).player) })
      await advances(page, 1)
      t.equal(viewers(), 1)
    })
    t.strictSame(await page.errors(), [])
  })

  t.test('a browser that wants a click first: blocked, with a button; the click plays at the live edge', async t => {
    const { server } = await serveBroadcast(t)
    const page = await openPage(t, shy, server)
    await addPlayer(page, { src: '/live/demo', autoplay: '' })
    await page.until(() => (globalThis as unknown as Page).player.state === 'blocked')
    t.match((await noted(page)).states.at(-1), { state: 'blocked', reason: 'The browser wants a click before it plays' })
    t.ok(await page.evaluate(() => document.querySelector('media-sse')!.matches(':state(blocked)')))
    await page.click('media-sse')
    await advances(page, 1)
    t.equal((await statsOf(page)).state, 'playing')
    t.notOk(await page.evaluate(() => document.querySelector('media-sse')!.matches(':state(blocked)')))
    t.strictSame(await page.errors(), [])
  })

  t.test('without autoplay it shows a picture, and plays when it is told to', async t => {
    const { server } = await serveBroadcast(t)
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/demo', muted: '' })
    await page.until(() => (globalThis as unknown as Page).player.video.readyState >= 2)
    t.ok(await page.evaluate(() => (globalThis as unknown as Page).player.paused))
    await page.evaluate(async () => { await (globalThis as unknown as Page).player.play() })
    await advances(page, 1)
    await page.evaluate(() => { (globalThis as unknown as Page).player.pause() })
    t.ok(await page.evaluate(() => (globalThis as unknown as Page).player.paused))
    t.equal((await statsOf(page)).state, 'playing', 'who has paused has what he wants')
  })

  t.test('who pauses for long leaves, and comes back to the live edge', async t => {
    const { server, viewers } = await serveBroadcast(t)
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
    await advances(page, 1)
    const { latency } = await statsOf(page)
    await page.evaluate(() => { (globalThis as unknown as Page).player.pause() })
    await page.until(() => (globalThis as unknown as { noted: { ids: string[] } }).noted.ids.length > 0)
    while (viewers() > 0) await new Promise(resolve => setTimeout(resolve, 20))
    await page.evaluate(async () => { await (globalThis as unknown as Page).player.play() })
    await advances(page, 1.5)
    t.ok((await statsOf(page)).latency! < 2 * latency! + 1, 'live again')
  })

  t.test('what cannot be shown says why, in words', async t => {
    const server = await serveLive(t)
    const publishing = new PassThrough()
    t.teardown(() => { publishing.destroy() })
    server.app.mediaSse.broadcast('data').publish(Buffer.from('{"temperature":21}'), { contentType: 'application/json' })
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/data?from=start', autoplay: '', muted: '' })
    await page.until(() => (globalThis as unknown as Page).player.state === 'error')
    t.match((await noted(page)).states.at(-1), { state: 'error', reason: /nothing that can be shown: application\/json/ })
    t.match(await page.evaluate(() => (globalThis as unknown as Page).player.shadowRoot!.querySelector('p')!.innerText), /nothing that can be shown/)
  })

  t.test('nobody publishes yet: waiting, until somebody does', async t => {
    const server = await serveLive(t)
    const page = await openPage(t, chromium, server)
    await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
    await page.until(() => (globalThis as unknown as Page).player.state === 'waiting')
    t.match((await noted(page)).states.at(-1), { reason: 'Nobody is publishing yet' })
    const publisher = run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, H264, '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', `${server.origin}/live/demo`))
    await advances(page, 1)
    publisher.child.kill('SIGKILL')
    await page.until(() => (globalThis as unknown as Page).player.state === 'buffering')
  })
}
