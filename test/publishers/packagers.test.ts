// Encoders that push files: HLS, DASH and single files, an object per request. A viewer who joins late plays on.
import t from 'tap'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, plays } from '../kit/publisher.js'
import type { Row } from '../kit/publisher.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = needs(t, 'chromium', 'chromium')

const AV = [...VIDEO_INPUT, ...AUDIO_INPUT, ...H264, '-c:a', 'aac']
const HLS = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '2', '-hls_flags', 'delete_segments', '-method', 'PUT']
const DASH = ['-f', 'dash', '-seg_duration', '1', '-window_size', '2', '-extra_window_size', '1', '-method', 'PUT']
const DASH_MIMES = [/^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/, /^audio\/mp4; codecs="mp4a\.40\.2"$/]

const ROWS: Record<string, Omit<Row, 'program'> & { readonly tracks: string[] }> = {
  'HLS with MPEG-TS': {
    args: url => ffmpegArgs(AV, HLS, `${url}/index.m3u8`),
    mimes: [/^video\/mp2t; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/i],
    tracks: ['main']
  },
  'HLS with fragmented MP4': {
    args: url => ffmpegArgs(AV, HLS, '-hls_segment_type', 'fmp4', `${url}/index.m3u8`),
    mimes: [/^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/],
    tracks: ['main']
  },
  DASH: {
    args: url => ffmpegArgs(AV, DASH, `${url}/manifest.mpd`),
    mimes: DASH_MIMES,
    tracks: ['stream0', 'stream1']
  },
  'DASH, low latency': {
    args: url => ffmpegArgs(AV, DASH, '-streaming', '1', '-ldash', '1', '-frag_type', 'every_frame', '-write_prft', '1', '-utc_timing_url', 'http://127.0.0.1/time', `${url}/manifest.mpd`),
    mimes: DASH_MIMES,
    tracks: ['stream0', 'stream1']
  },
  'single files of fragmented MP4': {
    args: url => ffmpegArgs(AV, '-f', 'segment', '-segment_time', '1', '-segment_format', 'mp4', '-segment_format_options', 'movflags=cmaf+frag_keyframe', `${url}/%03d.mp4`),
    mimes: [/^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/],
    tracks: ['main']
  }
}

if (ffmpeg !== undefined && chromium !== undefined) {
  const browser = await browse(t)
  // They wait for real time, not for the processor.
  t.jobs = 2
  for (const [name, { tracks, ...row }] of Object.entries(ROWS)) {
    t.test(name, async t => {
      const { server, seen } = await plays(t, browser, { program: ffmpeg, ...row })
      t.same([...new Set(server.segments.map(({ track }) => track))].sort(), tracks)
      // ffmpeg begins each of the single files at time zero: each is a life of its own.
      const lives = name === 'single files of fragmented MP4'
      t.equal(seen.discontinuities > 0, lives)
      t.equal(seen.gaps.length > 0, lives, JSON.stringify(seen.gaps))
    })
  }
}
