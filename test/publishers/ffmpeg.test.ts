// ffmpeg, in each of its output forms that a browser can play, with no option of ours: a viewer who joins late plays on.
import t from 'tap'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, plays } from '../kit/publisher.js'
import type { Row } from '../kit/publisher.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = needs(t, 'chromium', 'chromium')

const AV = [...VIDEO_INPUT, ...AUDIO_INPUT, ...H264, '-c:a', 'aac']
const FRAGMENTED = 'empty_moov+default_base_moof'
const H264_AAC = /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/

const ROWS: Record<string, Omit<Row, 'program'>> = {
  'fragmented MP4, a fragment per group of pictures': {
    args: url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', `${FRAGMENTED}+frag_keyframe`, '-method', 'POST', url),
    mimes: [H264_AAC]
  },
  'fragmented MP4, a fragment per frame': {
    args: url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', `${FRAGMENTED}+frag_every_frame`, url),
    mimes: [H264_AAC]
  },
  'fragmented MP4, -frag_duration': {
    args: url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', FRAGMENTED, '-frag_duration', '330000', url),
    mimes: [H264_AAC]
  },
  'fragmented MP4, a moof per track': {
    args: url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', `${FRAGMENTED}+frag_keyframe+separate_moof`, url),
    mimes: [H264_AAC]
  },
  CMAF: {
    args: url => ffmpegArgs(AV, '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', url),
    mimes: [H264_AAC]
  },
  'WebM, VP8 and Opus': {
    args: url => ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', '-f', 'webm', url),
    mimes: [/^video\/webm; codecs="vp8,opus"$/]
  },
  'WebM, VP9 and Opus': {
    args: url => ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', '-f', 'webm', url),
    mimes: [/^video\/webm; codecs="vp0?9[^,]*,opus"$/]
  },
  'MPEG-TS, H.264 and AAC': {
    args: url => ffmpegArgs(AV, '-f', 'mpegts', url),
    mimes: [/^video\/mp2t; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/i]
  },
  'MJPEG as mpjpeg': {
    args: url => ffmpegArgs(VIDEO_INPUT, '-c:v', 'mjpeg', '-f', 'mpjpeg', url),
    mimes: [/^image\/jpeg$/],
    amount: { pictures: 25 }
  },
  'MJPEG as image2pipe': {
    args: url => ffmpegArgs(VIDEO_INPUT, '-c:v', 'mjpeg', '-f', 'image2pipe', url),
    mimes: [/^image\/jpeg$/],
    amount: { pictures: 25 }
  },
  'pictures as image2': {
    args: url => ffmpegArgs(VIDEO_INPUT, '-c:v', 'mjpeg', '-f', 'image2', '-protocol_opts', 'method=PUT', `${url}/%05d.jpg`),
    mimes: [/^image\/jpeg$/],
    amount: { pictures: 25 }
  },
  'PNG as image2pipe': {
    args: url => ffmpegArgs(VIDEO_INPUT, '-c:v', 'png', '-f', 'image2pipe', url),
    mimes: [/^image\/png$/],
    amount: { pictures: 10 }
  },
  'AAC as ADTS': {
    args: url => ffmpegArgs(AUDIO_INPUT, '-c:a', 'aac', '-f', 'adts', url),
    mimes: [/^audio\/aac$/]
  },
  MP3: {
    args: url => ffmpegArgs(AUDIO_INPUT, '-c:a', 'libmp3lame', '-f', 'mp3', url),
    mimes: [/^audio\/mpeg$/]
  }
}

if (ffmpeg !== undefined && chromium !== undefined) {
  const browser = await browse(t)
  // They wait for real time, not for the processor.
  t.jobs = 3
  for (const [name, row] of Object.entries(ROWS)) {
    t.test(name, async t => { await plays(t, browser, { program: ffmpeg, ...row }) })
  }
}
