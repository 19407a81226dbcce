// Packagers that send faster than real time, as they do from a file, or when they catch up: each object on a connection of its own, closed
// directly behind it. All of them are published, in order.
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { needs } from '../kit/needs.js'
import { H264, ffmpegArgs, run, serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

const SECONDS = 20
const AV = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', `${SECONDS}`, ...H264, '-c:a', 'aac']
const HLS = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', '-method', 'PUT']
const DASH = ['-f', 'dash', '-seg_duration', '1', '-window_size', '0', '-method', 'PUT']

const FORMS: Record<string, (url: string) => string[]> = {
  'HLS with MPEG-TS': url => ffmpegArgs(AV, HLS, `${url}/index.m3u8`),
  'HLS with fragmented MP4': url => ffmpegArgs(AV, HLS, '-hls_segment_type', 'fmp4', `${url}/index.m3u8`),
  DASH: url => ffmpegArgs(AV, DASH, `${url}/manifest.mpd`),
  'DASH, low latency': url => ffmpegArgs(AV, DASH, '-streaming', '1', '-ldash', '1', '-frag_type', 'every_frame', '-utc_timing_url', 'http://127.0.0.1/time', `${url}/manifest.mpd`),
  'single files of fragmented MP4': url => ffmpegArgs(AV, '-f', 'segment', '-segment_time', '1', '-segment_format', 'mp4',
    '-segment_format_options', 'movflags=cmaf+frag_keyframe', `${url}/%03d.mp4`)
}

/** As each database or directory takes its time: later requests are allowed earlier. */
const SLOW: MediaSseOptions = {
  authorizePublish: async () => {
    await new Promise(resolve => setTimeout(resolve, Math.random() * 30))
    return true
  }
}

/** Each track is whole: as long as what was sent, in order, and no object of a second is missing. */
function inOrder (t: Test, { segments }: LiveServer): void {
  for (const track of new Set(segments.map(({ track }) => track))) {
    const own = segments.filter(segment => segment.track === track)
    const starts = own.map(({ start, duration }) => `${start.toFixed(2)}+${duration.toFixed(2)}`).join(' ').slice(0, 300)
    let end = own[0]!.start
    t.ok(own.every(({ start, duration }, index) => {
      const fits = start > (own[index - 1]?.start ?? 0) - 0.1 && start < end + 0.5
      end = Math.max(end, start + duration)
      return fits
    }), `${track}: ${starts}`)
    t.ok(Math.abs(end - own[0]!.start - SECONDS) < 0.3, `${track} from ${own[0]!.start} to ${end}`)
  }
}

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
if (ffmpeg !== undefined) {
  for (const [name, args] of Object.entries(FORMS)) {
    for (const [how, media] of Object.entries({ '': {}, ', allowed out of order': SLOW })) {
      t.test(`${name}${how}`, async t => {
        const server = await serveLive(t, media)
        const program = run(t, ffmpeg, args(`${server.origin}/live/demo`))
        const exited = new Promise(resolve => program.child.once('exit', resolve))
        t.equal(await exited, 0, program.errors())
        // What it has sent may still be on its way.
        const tracks = name.startsWith('DASH') ? ['stream0', 'stream1'] : ['main']
        await server.until(segments => tracks.every(track => {
          const own = segments.filter(segment => segment.track === track)
          return own.length > 0 && own.at(-1)!.start + own.at(-1)!.duration > own[0]!.start + SECONDS - 0.3
        }))
        inOrder(t, server)
      })
    }
  }
}
