// An encoder that is killed and started again, or that comes back by itself, begins at time zero: a viewer that does nothing special plays through.
import { EventEmitter, once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { browse } from '../kit/browser.js'
import { playedOn, seen } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, joinLive, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'
import { within } from '../kit/within.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = needs(t, 'chromium', 'chromium')

const AV = [...VIDEO_INPUT, ...AUDIO_INPUT, ...H264, '-c:a', 'aac']
const FORMS: Record<string, (url: string) => string[]> = {
  'fragmented MP4, a fragment per group of pictures': url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', url),
  'fragmented MP4, a fragment per frame': url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', 'frag_every_frame+empty_moov+default_base_moof', url),
  'fragmented MP4 with B-frames, so that the picture begins after the sound': url => ffmpegArgs(
    VIDEO_INPUT, AUDIO_INPUT, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
    '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof+frag_keyframe', url),
  WebM: url => ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', '-f', 'webm', url),
  'MPEG-TS': url => ffmpegArgs(AV, '-f', 'mpegts', url),
  'HLS with fragmented MP4': url => ffmpegArgs(AV, '-f', 'hls', '-hls_time', '1', '-hls_segment_type', 'fmp4', '-method', 'PUT', `${url}/index.m3u8`),
  DASH: url => ffmpegArgs(AV, '-f', 'dash', '-seg_duration', '1', '-method', 'PUT', `${url}/manifest.mpd`)
}

if (ffmpeg !== undefined && chromium !== undefined) {
  const browser = await browse(t)
  // They wait for real time, not for the processor.
  t.jobs = 3

  for (const [name, args] of Object.entries(FORMS)) {
    t.test(`killed and started again: ${name}`, async t => {
      const told = new EventEmitter()
      const server = await serveLive(t, { onPublishEnd: () => { told.emit('end') } })
      const url = `${server.origin}/live/demo`
      const first = run(t, ffmpeg, args(url))
      await server.until(spans(2000))
      const page = await joinLive(t, browser, server)
      await playedOn(page, { seconds: 1 })

      const exited = once(first.child, 'exit')
      first.child.kill('SIGKILL')
      await exited
      await nobodyPublishes(server, told)
      const before = server.segments.length
      const second = run(t, ffmpeg, args(url))
      await server.until(segments => segments.length > before && spans(2000)(segments.slice(before)))
      await playsThrough(t, page, server.segments.length > before ? server.segments[before]!.start : 0)
      t.equal(await second.stop(), 0, second.errors())
    })
  }

  t.test('ffmpeg comes back by itself (-f fifo -attempt_recovery 1)', async t => {
    const connections: Array<() => void> = []
    const told = new EventEmitter()
    const server = await serveLive(t, {
      onPublishStart: (_broadcast, request) => { connections.push(() => { request.raw.socket.destroy() }) },
      onPublishEnd: () => { told.emit('end') }
    })
    const program = run(t, ffmpeg, ffmpegArgs(AV, '-flags', '+global_header', '-map', '0:v', '-map', '1:a', '-f', 'fifo', '-fifo_format', 'mp4', '-attempt_recovery', '1', '-recover_any_error', '1',
      '-recovery_wait_time', '1', '-restart_with_keyframe', '1', '-drop_pkts_on_overflow', '1', '-format_opts', 'movflags=cmaf+frag_keyframe',
      `${server.origin}/live/demo`))
    await server.until(spans(2000))
    const page = await joinLive(t, browser, server)
    await playedOn(page, { seconds: 1 })
    connections[0]!()
    await nobodyPublishes(server, told)
    const before = server.segments.length
    await server.until(segments => segments.length > before && spans(2000)(segments.slice(before)))
    t.equal(connections.length, 2)
    await playsThrough(t, page, server.segments[before]!.start)
    await program.stop()
  })
}

/** Resolves when what a publisher has sent by its end is published. @param told - says `end` at the end of each */
async function nobodyPublishes ({ app }: LiveServer, told: EventEmitter): Promise<void> {
  const left = async (): Promise<void> => { while (app.mediaSse.stats().publishers > 0) await once(told, 'end') }
  await within(left(), 'nobody publishes')
}

/** The page plays past the place where the second life begins (in seconds), and knows of it. */
async function playsThrough (t: Test, page: Awaited<ReturnType<typeof joinLive>>, seam: number): Promise<void> {
  let { currentTime, seeks } = await seen(page)
  do ({ currentTime } = await playedOn(page, { seconds: 0.2 })); while (currentTime < seam + 0.5)
  const last = await seen(page)
  t.same(last.errors, [], 'the browser has nothing to complain of')
  t.equal(last.buffered.length, 1, `one piece is buffered: ${JSON.stringify(last.buffered)}`)
  t.equal(last.seeks, seeks, 'without a seek')
  t.match(last.gaps, [{ reason: 'publisher', segments: 0 }], 'the pause is told, once')
  t.ok(last.gaps[0]!.seconds! > 0, `${last.gaps[0]!.seconds} s`)
  t.ok(last.discontinuities > 0)
}
