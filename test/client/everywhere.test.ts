// What plays where: each kind of media by the player in three real engines. README's table is this one. Where an engine does not play it, the player says why.
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import type { Engine } from '../kit/engines.js'
import { ENGINES, launch } from '../kit/engines.js'
import { addPlayer, advances, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const AV = [...VIDEO_INPUT, ...AUDIO_INPUT]
const AAC = ['-c:a', 'aac']
const WEBM = ['-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', '-f', 'webm']
const MP4 = ['-f', 'mp4', '-movflags']

interface Row {
  /** Publishes until the test ends. */
  readonly publish: (t: Test, server: LiveServer) => void | Promise<void>
  /** Engines that do not play it, and what the player says there. */
  readonly not?: Partial<Record<Engine['name'], RegExp>>
}

const by = (...args: ReadonlyArray<string | readonly string[]>): Row['publish'] => (t, server) => { run(t, ffmpeg!, ffmpegArgs(...args, `${server.origin}/live/demo`)) }

const ROWS: Record<string, Row> = {
  'MP4, H.264 and AAC, a fragment per group of pictures': { publish: by(AV, H264, AAC, MP4, 'cmaf+frag_keyframe') },
  'MP4, H.264 and AAC, a fragment per frame': { publish: by(AV, H264, AAC, MP4, 'empty_moov+default_base_moof+frag_every_frame') },
  'MP4, H.264 alone, a fragment per frame': { publish: by(VIDEO_INPUT, H264, MP4, 'empty_moov+default_base_moof+frag_every_frame') },
  'MP4, H.264 and Opus, as MediaRecorder makes it': { publish: by(AV, H264, '-c:a', 'libopus', MP4, 'cmaf+frag_keyframe') },
  'WebM, VP8 and Opus': { publish: by(AV, '-c:v', 'libvpx', WEBM) },
  'WebM, VP9 and Opus': { publish: by(AV, '-c:v', 'libvpx-vp9', WEBM) },
  'MPEG-TS, H.264 and AAC': {
    publish: by(AV, H264, AAC, '-f', 'mpegts'),
    not: { Firefox: /MPEG transport streams play in Chromium alone/, WebKit: /MPEG transport streams play in Chromium alone/ }
  },
  'AAC (ADTS)': { publish: by(AUDIO_INPUT, AAC, '-f', 'adts'), not: { Firefox: /This browser cannot play audio\/aac/, WebKit: /could not decode the media/ } },
  MP3: { publish: by(AUDIO_INPUT, '-c:a', 'libmp3lame', '-f', 'mp3'), not: { Firefox: /This browser cannot play audio\/mpeg/ } },
  'picture and sound as tracks of their own (DASH)': {
    publish: (t, server) => { run(t, ffmpeg!, ffmpegArgs(AV, H264, AAC, '-f', 'dash', '-seg_duration', '1', '-method', 'PUT', `${server.origin}/live/demo/manifest.mpd`)) }
  },
  'JPEG pictures': {
    publish: (t, server) => {
      const folder = new URL('../../example/media/pictures/', import.meta.url)
      const pictures = readdirSync(folder).map(file => readFileSync(new URL(file, folder)))
      let index = 0
      const timer = setInterval(() => { server.app.mediaSse.broadcast('demo').publish(pictures[index++ % pictures.length]!) }, 100)
      t.teardown(() => { clearInterval(timer) })
    }
  }
}

const engines: Engine[] = []
for (const name of ENGINES) {
  const engine = ffmpeg === undefined ? undefined : await launch(t, name)
  if (engine !== undefined) engines.push(engine)
}

// They wait for real time more than for the processor.
t.jobs = 2

for (const [name, { publish, not = {} }] of Object.entries(ROWS)) {
  t.test(name, async t => {
    const server = await serveLive(t)
    await publish(t, server)
    await server.until(spans(1500))
    await Promise.all(engines.map(async engine => {
      const page = await engine.open(`${server.origin}/page`)
      await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
      const refusal = not[engine.name]
      if (refusal !== undefined) {
        await page.until(refusal => (globalThis as unknown as { noted: { states: Array<{ reason: string }> } }).noted.states.some(({ reason }) => new RegExp(refusal).test(reason)), refusal.source)
        t.pass(engine.name)
      } else if (name === 'JPEG pictures') {
        await page.until(() => (globalThis as unknown as { player: { stats (): { frames: number } } }).player.stats().frames >= 10)
        const pictures = await page.evaluate(async () => {
          // No player: what every tutorial shows.
          const image = document.createElement('img')
          const source = new EventSource('/live/demo')
          let pictures = 0
          source.onmessage = event => {
            const bytes = Uint8Array.from(atob(event.data.split('\n')[1] ?? ''), c => c.charCodeAt(0))
            URL.revokeObjectURL(image.src)
            image.src = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }))
          }
          await new Promise<void>(resolve => { image.onload = () => { if (++pictures === 5) resolve() } })
          source.close()
          return pictures
        })
        t.equal(pictures, 5, `${engine.name}, also without a player`)
      } else {
        await advances(page, 2)
        let before = 0
        let stats = await statsOf(page)
        // On a busy machine an engine may stand still for so long that the player begins anew; then it plays on after that.
        for (let tries = 0; tries < 5 && stats.restarts > before; tries++) {
          before = stats.restarts
          await advances(page, 2)
          stats = await statsOf(page)
        }
        const { restarts, latency, target, seeks, stalls } = stats
        t.equal(restarts, before, engine.name)
        // At one moment or another a busy machine has nothing to show.
        await page.until(() => (globalThis as unknown as { player: { state: string } }).player.state === 'playing')
        t.comment(`${engine.name}: latency ${latency?.toFixed(2)} s of ${target.toFixed(2)}, ${seeks} seeks, ${stalls} stalls, ${restarts} restarts`)
      }
      await page.close()
    }))
  })
}
