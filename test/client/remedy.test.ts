// For each codec and profile that a browser may not play, the options of ffmpeg that cure it, and for H.264 they really do; and nothing of those that it
// plays.
import t from 'tap'
import { remedy } from '../../lib/client/remedy.js'
import { launch } from '../kit/engines.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive } from '../kit/publisher.js'
import { LONG } from '../kit/within.js'

const never = () => false
const TO_H264 = /H\.264 of 8 bits and 4:2:0 \(ffmpeg: -c:v libx264 -pix_fmt yuv420p\)/
const AAC = /AAC-LC \(ffmpeg: -c:a aac\)/

const CODECS: Record<string, readonly [kind: RegExp, cure: RegExp]> = {
  'avc1.6e001f': [/^H\.264 of more than 8 bits/, TO_H264],
  'avc3.7A001F': [/^H\.264 of more than 8 bits/, TO_H264],
  'avc1.f4001f': [/^H\.264 of more than 8 bits/, TO_H264],
  'avc1.2c001f': [/^H\.264 of more than 8 bits/, TO_H264],
  'hvc1.1.6.L93.B0': [/^HEVC \(H\.265\) needs/, TO_H264],
  'hev1.2.4.L93.B0': [/^HEVC \(H\.265\) of more than 8 bits/, TO_H264],
  'hvc1.4.10.L93.B8': [/^HEVC \(H\.265\) of more than 8 bits/, TO_H264],
  'av01.0.04M.08': [/^AV1 needs/, TO_H264],
  'av01.0.04M.10': [/^AV1 of more than 8 bits/, TO_H264],
  'av01.1.04M.08': [/^AV1 of more than 8 bits/, /keep AV1 with -pix_fmt yuv420p/],
  'vp09.01.10.08': [/^VP9 of profile 1, 2 or 3/, /profile 0 \(ffmpeg: -c:v libvpx-vp9 -pix_fmt yuv420p\)/],
  'vp09.02.10.10': [/^VP9 of profile/, /-pix_fmt yuv420p/],
  'vp09.03.10.12': [/^VP9 of profile/, /-pix_fmt yuv420p/],
  'vp09.00.10.08': [/^VP8 and VP9/, TO_H264],
  vp8: [/^VP8 and VP9/, TO_H264],
  'ac-3': [/^AC-3/, AAC],
  'ec-3': [/^AC-3 and E-AC-3/, AAC],
  mp3: [/^MP3 in MP4/, AAC],
  'mp4a.6b': [/^MP3 in MP4/, AAC],
  'mp4a.40.2': [/^AAC needs/, /-c:a aac/],
  'mp4a.40.42': [/^Sound of this kind/, AAC],
  alac: [/^ALAC/, AAC],
  ipcm: [/^PCM/, AAC],
  flac: [/^FLAC/, AAC],
  vorbis: [/^Vorbis/, /-c:a libopus/],
  opus: [/^Opus/, AAC]
}

t.test('each codec and profile has its cure', async t => {
  for (const [codec, [kind, cure]] of Object.entries(CODECS)) {
    const says = remedy([`video/mp4; codecs="${codec}"`], never)
    t.match(says, kind, codec)
    t.match(says, cure, codec)
  }
})

t.test('only what the browser does not play is cured, and each once', async t => {
  const plays = (mime: string) => !/ac-3|avc1\.6e|,/.test(mime)
  t.match(remedy(['video/mp4; codecs="avc1.64001f,ac-3"'], plays), /^AC-3.*-c:a aac\)$/)
  t.match(remedy(['video/mp4; codecs="avc1.6e001f,ac-3"', 'audio/mp4; codecs="ac-3"'], plays), /^H\.264 of more[^.]*4:2:0[^]*\. AC-3[^.]*$/)
})

t.test('without a container, and what only together is not played', async t => {
  t.match(remedy(['video/mp2t; codecs="avc1.42c01e"'], never), /^MPEG transport streams play in Chromium alone\. H\.264 with AAC/)
  t.match(remedy(['audio/aac'], never), /-c copy -f mp4/)
  t.match(remedy(['audio/mpeg'], never), /-c:a aac -f mp4/)
  t.match(remedy(['video/mp4; codecs="avc1.64001f,mp4a.40.2"'], mime => !mime.includes(',')), /plays everywhere.*or use another browser/)
  t.match(remedy(['video/mp4; codecs="avc1.64001f"'], never), /plays everywhere.*or use another browser/)
})

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const firefox = ffmpeg === undefined ? undefined : await launch(t, 'Firefox')

if (ffmpeg !== undefined && firefox !== undefined) {
  // They wait for the player, which tries again after half a minute.
  t.jobs = 4
  for (const format of ['yuv444p', 'yuv422p', 'yuv420p10le', 'yuv444p10le']) {
    t.test(`H.264 of ${format}: Firefox shows options, and plays what the same command makes with these behind its own`, async t => {
      const server = await serveLive(t)
      const publish = (...further: readonly string[]): ReturnType<typeof run> => run(t, ffmpeg, ffmpegArgs(
        VIDEO_INPUT, AUDIO_INPUT, H264, '-pix_fmt', format, further, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', `${server.origin}/live/demo`
      ))
      const refused = publish()
      const page = await firefox.open(`${server.origin}/page`)
      t.teardown(async () => { await page.close() })
      await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
      await page.until(() => (globalThis as unknown as { player: { state: string } }).player.state === 'error')
      const { reason } = (await noted(page)).states.at(-1)!
      const [, options = ''] = /\(ffmpeg: ([^)]+)\)/.exec(reason) ?? []
      t.match(options, /^-c:v \S+ -pix_fmt yuv420p$/, reason)
      await refused.stop()

      const cured = publish(...options.split(' '))
      await page.until(() => (globalThis as unknown as { player: { state: string } }).player.state === 'playing', undefined, 2 * LONG)
      await advances(page, 1)
      t.equal(cured.errors(), '')
      await cured.stop()
    })
  }
}
