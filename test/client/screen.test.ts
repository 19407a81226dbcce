// What a player shows with: tracks of their own, sound alone, pictures, another codec, segments by reference, and the rendition that the browser can play.
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import { launch } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances, followEachOther, noted, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = await launch(t, 'Chromium')
const FRAGMENTS = ['-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000']
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25']
const PLAYS = { src: '/live/demo', autoplay: '', muted: '' }

interface Page { readonly player: HTMLElement & { state: string, video: HTMLVideoElement, shadowRoot: ShadowRoot } }

/** A page of the server's. */
async function openPage (t: Test, { origin }: LiveServer): Promise<EnginePage> {
  const page = await chromium!.open(`${origin}/page`)
  t.teardown(async () => { await page.close() })
  return page
}

/** Publishes a picture each tenth of a second, until the test ends. */
function publishPictures (t: Test, server: LiveServer, name = 'demo', track = 'main'): void {
  const folder = new URL('../../example/media/pictures/', import.meta.url)
  const pictures = readdirSync(folder).map(file => readFileSync(new URL(file, folder)))
  let index = 0
  const timer = setInterval(() => { server.app.mediaSse.broadcast(name).publish(pictures[index++ % pictures.length]!, { track }) }, 100)
  t.teardown(() => { clearInterval(timer) })
}

if (ffmpeg !== undefined && chromium !== undefined) {
  // They wait for real time more than for the processor.
  t.jobs = 3

  t.test('picture and sound as tracks of their own', async t => {
    const server = await serveLive(t)
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'dash', '-seg_duration', '1', '-streaming', '1', '-ldash', '1', '-method', 'PUT', `${server.origin}/live/demo/manifest.mpd`))
    await server.until(spans(2500))
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await advances(page, 2)
    await page.until(() => (globalThis as unknown as Page).player.video.getVideoPlaybackQuality().totalVideoFrames > 0)
    t.match(await statsOf(page), { state: 'playing' })
    // Where the processor is taken, Chromium decodes the pictures of two buffers so late that they stand still; no other reason is one.
    const { restarts } = await noted(page)
    t.strictSame(restarts.filter(reason => reason !== 'The picture stands still although there is more'), [])
  })

  t.test('of two renditions the one that the browser plays, and only that is asked for', async t => {
    const server = await serveLive(t)
    server.app.mediaSse.broadcast('demo').publish(Buffer.from('{"temperature":21}'), { contentType: 'application/json', track: 'data' })
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, H264, FRAGMENTS, `${server.origin}/live/demo/video`))
    publishPictures(t, server, 'demo', 'thumbnail')
    await server.until(segments => spans(1500)(segments.filter(({ track }) => track === 'video')))
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await advances(page, 1.5)
    const [viewer, ...others] = server.app.mediaSse.broadcast('demo').viewers
    t.strictSame(others, [])
    const before = viewer!.segments
    const { length } = server.segments
    await advances(page, 1)
    const published = server.segments.slice(length)
    t.ok(viewer!.segments - before < published.length, 'the pictures are not sent')
    t.match(await statsOf(page), { state: 'playing' })
  })

  t.test('sound alone, with and without times of its own', async t => {
    for (const [name, args] of Object.entries({
      mp3: ['-c:a', 'libmp3lame', '-f', 'mp3'], aac: ['-c:a', 'aac', '-f', 'adts'], mp4: ['-c:a', 'aac', ...FRAGMENTS], webm: ['-c:a', 'libopus', '-f', 'webm']
    })) {
      const server = await serveLive(t)
      run(t, ffmpeg, ffmpegArgs(AUDIO_INPUT, args, `${server.origin}/live/demo`))
      await server.until(spans(1500))
      const page = await openPage(t, server)
      await addPlayer(page, PLAYS)
      await advances(page, 2)
      const stats = await statsOf(page)
      t.match(stats, { state: 'playing', restarts: 0 }, name)
      t.comment(`${name}: latency ${stats.latency?.toFixed(2)}, target ${stats.target.toFixed(2)}, seeks ${stats.seeks}`)
    }
  })

  t.test('pictures on a canvas: the newest wins', async t => {
    const server = await serveLive(t)
    publishPictures(t, server)
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await page.until(() => (globalThis as unknown as { player: { stats (): { frames: number } } }).player.stats().frames > 15)
    const { width, shown } = await page.evaluate(() => {
      const root = (globalThis as unknown as Page).player.shadowRoot
      const canvas = root.querySelector('canvas')!
      return { width: canvas.width, shown: [canvas.hidden, root.querySelector('video')!.hidden] }
    })
    t.strictSame(shown, [false, true])
    t.ok(width > 0)
    const stats = await statsOf(page)
    t.match(stats, { state: 'playing', latency: Number })
    t.comment(`latency ${stats.latency?.toFixed(2)} s`)
  })

  t.test('pictures in an <img>', async t => {
    const server = await serveLive(t)
    publishPictures(t, server)
    const page = await openPage(t, server)
    const sources = await page.evaluate(async () => {
      const { Player } = await import('/live/client.js' as string)
      const image = document.body.appendChild(document.createElement('img'))
      const player = new Player(image, '/live/demo')
      const sources = new Set<string>()
      let width = 0
      image.addEventListener('load', () => { width = image.naturalWidth })
      await new Promise<void>(resolve => {
        // However late it is told, it is told of each.
        new MutationObserver(records => {
          for (const { oldValue } of records) if (oldValue !== null) sources.add(oldValue)
          if (player.stats().frames >= 10 && width > 0) resolve()
        }).observe(image, { attributeFilter: ['src'], attributeOldValue: true })
      })
      player.close()
      return { count: sources.size, width }
    })
    t.ok(sources.count >= 10, `${sources.count} pictures`)
    t.ok(sources.width > 0)
  })

  t.test('another codec: H.264 in MP4 becomes VP8 in WebM, without a new player', async t => {
    const server = await serveLive(t)
    const url = `${server.origin}/live/demo`
    const first = run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', FRAGMENTS, url))
    await server.until(spans(1500))
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await advances(page, 1)
    await first.stop()
    const { length } = server.segments
    const second = run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, VP8, '-c:a', 'libopus', '-f', 'webm', url))
    await server.until(segments => segments.length > length + 5)
    await advances(page, 2)
    t.match(await noted(page), { restarts: [] })
    t.ok(followEachOther((await noted(page)).ids))
    await second.stop()
    // A picture without its sound cannot go on in the same buffer.
    const third = server.segments.length
    run(t, ffmpeg, ffmpegArgs('-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', H264, FRAGMENTS, url))
    await server.until(segments => segments.length > third + 5)
    await page.until(() => (globalThis as unknown as Page).player.video.videoWidth === 640)
    await advances(page, 1)
    t.strictSame(await page.errors(), [])
  })

  t.test('large segments come by reference, in their order', async t => {
    const server = await serveLive(t, { inlineBytes: 8192 })
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', FRAGMENTS, `${server.origin}/live/demo`))
    await server.until(spans(1500))
    const sizes = server.segments.map(({ bytes }) => bytes.byteLength)
    t.ok(sizes.some(size => size > 8192), `${Math.max(...sizes)} bytes`)
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await advances(page, 2)
    t.ok(followEachOther((await noted(page)).ids))
    t.match(await noted(page), { gaps: [], restarts: [] })
    const bytes = await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/segments/')).length)
    t.ok(bytes > 3, `${bytes} were fetched`)
  })

  t.test('a segment that cannot be fetched is a gap, and holds up nothing for long', async t => {
    const held = new Set<string>()
    const server = await serveLive(t, { inlineBytes: 1024 }, {
      before: app => {
        app.addHook('onRequest', async ({ url }) => {
          if (!url.includes('/segments/') || held.size === 2) return
          held.add(url)
          // One is never answered, and one is not there.
          if (held.size === 2) throw Object.assign(new Error('gone'), { statusCode: 404 })
          await new Promise(() => {})
        })
      }
    })
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', FRAGMENTS, `${server.origin}/live/demo`))
    await server.until(spans(1500))
    const page = await openPage(t, server)
    await addPlayer(page, PLAYS)
    await page.until(() => (globalThis as unknown as { noted: { gaps: unknown[] } }).noted.gaps.length === 2)
    await advances(page, 2)
    t.match((await noted(page)).gaps, [{ reason: 'expired', segments: 1 }, { reason: 'expired', segments: 1 }])
    t.equal((await noted(page)).restarts.length, 0)
  })

  t.test('a browser with hardly any room: it plays on', async t => {
    const server = await serveLive(t)
    // A MiB is two seconds of this.
    run(t, ffmpeg, ffmpegArgs('-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', H264, '-qp', '8', FRAGMENTS, `${server.origin}/live/demo`))
    await server.until(spans(1500))
    const cramped = await launch(t, 'Chromium', { args: ['--mse-video-buffer-size-limit-mb=1'] })
    const page = await cramped!.open(`${server.origin}/page`)
    await addPlayer(page, PLAYS)
    await advances(page, 8)
    const { bytes, restarts, state } = await statsOf(page)
    t.ok(bytes > 3 * 2 ** 20, `${bytes} bytes have passed through it`)
    t.strictSame({ restarts, state }, { restarts: 0, state: 'playing' })
  })
}
