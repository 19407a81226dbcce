// Live video with the tutorial's three lines: each message of `whole=true` is a file that each of the engines plays by itself, from its beginning to its end.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { EnginePage } from '../kit/engine-page.js'
import { ENGINES, launch } from '../kit/engines.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive } from '../kit/publisher.js'
import { watch } from '../kit/watch.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const ffprobe = needs(t, 'ffprobe', 'ffmpeg')

const MESSAGES = 3
// Shorter by the last frame or two of sound, or longer by the sound that goes on.
const TOLERANCE = 0.15
// Of 25, as an engine counts them when it last tells its progress, up to a quarter of a second before the end.
const MOST_FRAMES = 15

const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', '-f', 'webm']
const FMP4 = [...H264, '-c:a', 'aac', '-f', 'mp4', '-movflags']

const ROWS: Record<string, string[]> = {
  'fragmented MP4, a fragment per group of pictures': [...FMP4, 'cmaf+frag_keyframe'],
  'fragmented MP4, a fragment per frame': [...FMP4, 'empty_moov+default_base_moof+frag_every_frame'],
  'fragmented MP4 that has run for an hour': ['-output_ts_offset', '3605.5', ...FMP4, 'cmaf+frag_keyframe+frag_discont'],
  WebM: VP8,
  'WebM that has run for an hour': ['-output_ts_offset', '3605.5', ...VP8]
}

/** What became of one message in the page. */
interface Played {
  readonly mime: string
  /** Seconds, as the message tells. */
  readonly told: number
  /** Where it began to play, and where it ended. */
  readonly began: number | undefined
  readonly ended: number
  readonly frames: number
  readonly error: string | undefined
}

/** Plays messages with the three lines, each file in a `<video>` of its own. */
async function playEach (page: EnginePage, path: string, messages: number): Promise<Played[]> {
  return await page.evaluate(async ({ path, messages }) => {
    const play = async (data: string): Promise<Played> => {
      const [json = '', base64 = ''] = data.split('\n')
      const { mime, duration } = JSON.parse(json)
      const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
      const video = document.createElement('video')
      video.muted = true
      document.body.append(video)
      let began: number | undefined
      const over = new Promise<string | undefined>(resolve => {
        video.onended = () => { resolve(undefined) }
        video.onerror = () => { resolve(video.error?.message ?? 'error') }
        setTimeout(resolve, 60_000, 'It does not end')
      })
      video.preload = 'auto'
      video.onloadeddata = () => {
        began = video.currentTime
        // What keeps it from playing is an error of the video's, or its end does not come.
        video.play().catch(() => {})
      }
      // At its end WebKit forgets them.
      let frames = 0
      video.ontimeupdate = () => { frames = Math.max(frames, video.getVideoPlaybackQuality().totalVideoFrames) }
      const blob = new Blob([bytes], { type: mime })
      video.src = URL.createObjectURL(blob)
      const error = await over
      return { mime, told: duration, began, ended: video.currentTime, frames: Math.max(frames, video.getVideoPlaybackQuality().totalVideoFrames), error }
    }
    const played: Array<Promise<Played>> = []
    const source = new EventSource(path)
    await new Promise<void>((resolve, reject) => {
      source.addEventListener('init', () => { reject(new Error('an init segment came by itself')) })
      source.onmessage = ({ data }) => {
        played.push(play(data))
        if (played.length === messages) resolve()
      }
    })
    source.close()
    return await Promise.all(played)
  }, { path, messages })
}

/** What ffprobe says of a file: its complaints, and how long it is by its frames, in seconds. */
function probe (t: Test, bytes: Uint8Array): { complaints: string, start: number, seconds: number } {
  const folder = mkdtempSync(join(tmpdir(), 'whole-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 'file')
  writeFileSync(path, bytes)
  const { stdout, stderr } = spawnSync(ffprobe!, ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time', '-of', 'json', path], { encoding: 'utf8' })
  const packets: Array<{ start: number, end: number }> = JSON.parse(stdout).packets.map((packet: Record<string, string>) => {
    const start = Number(packet['pts_time'])
    return { start, end: start + Number(packet['duration_time'] ?? 0) }
  })
  const start = Math.min(...packets.map(({ start }) => start))
  return { complaints: stderr, start, seconds: Math.max(...packets.map(({ end }) => end)) - start }
}

if (ffmpeg !== undefined && ffprobe !== undefined) {
  const launched = await Promise.all(ENGINES.map(async name => await launch(t, name)))
  const engines = launched.filter(engine => engine !== undefined)
  // They wait for real time, not for the processor.
  t.jobs = 2
  for (const [name, output] of Object.entries(ROWS)) {
    t.test(name, async t => {
      const server = await serveLive(t)
      const program = run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, output, '-method', 'POST', `${server.origin}/live/demo`))
      await server.until(segments => segments.filter(({ join }) => join).length > 2)
      t.ok(!output.includes('3605.5') || server.segments[0]!.start > 3605, 'times are large')
      for (const engine of engines) {
        const page = await engine.open(`${server.origin}/page`)
        const played = await playEach(page, '/live/demo?whole=true', MESSAGES)
        for (const { mime, told, began, ended, frames, error } of played) {
          t.equal(error, undefined, `${engine.name} has no error`)
          t.match(mime, /^video\/(?:mp4|webm); codecs="/)
          t.ok(Math.abs(told - 1) < TOLERANCE, `it tells ${told} s`)
          t.ok(Math.abs(began ?? Infinity) < TOLERANCE, `${engine.name} begins at ${began} s`)
          t.ok(Math.abs(ended - told) < TOLERANCE, `${engine.name} ends at ${ended} of ${told} s`)
          t.ok(frames > 0, `${engine.name} has ${frames} frames`)
        }
        // A busy machine leaves out frames of one file or another.
        let most = Math.max(...played.map(({ frames }) => frames))
        for (let tries = 0; tries < 10 && most < MOST_FRAMES; tries++) most = Math.max(...(await playEach(page, '/live/demo?whole=true', 1)).map(({ frames }) => frames))
        t.ok(most >= MOST_FRAMES, `${engine.name} has nearly all frames: ${most}`)
        t.same(await page.errors(), [])
        await page.close()
      }
      const watching = await watch(`${server.origin}/live/demo?whole=true&from=start`)
      await watching.until(() => watching.segments.length >= 2)
      for (const { bytes, json } of watching.segments.slice(0, 2)) {
        const { complaints, start, seconds } = probe(t, bytes)
        t.equal(complaints, '')
        t.ok(Math.abs(start) < TOLERANCE, `ffprobe finds its start at ${start} s`)
        t.ok(Math.abs(seconds - Number(json['duration'])) < TOLERANCE, `ffprobe finds ${seconds} of ${String(json['duration'])} s`)
      }
      await watching.leave()
      t.equal(await program.stop(), 0)
    })
  }
}
