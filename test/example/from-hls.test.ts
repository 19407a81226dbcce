// The example of the playlists: live HLS that ffmpeg makes and a plain web server serves is watched here.
import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import t from 'tap'
import { fromPlaylist } from '../../example/from-hls.js'
import { relay } from '../../example/relay.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs } from '../kit/publisher.js'
import { listen } from '../kit/serve.js'
import { start } from '../kit/start.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

t.test('a live playlist is followed', { skip: ffmpeg === undefined }, async t => {
  const root = t.testdir()
  const encoder = start(t, ffmpeg!, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'hls', '-hls_time', '1', '-hls_flags', 'delete_segments', `${root}/index.m3u8`))
  const elsewhere = Fastify()
  t.teardown(async () => { await elsewhere.close() })
  await elsewhere.register(fastifyStatic, { root, cacheControl: false })
  const { origin: source } = await listen(elsewhere)
  await encoder.within((async () => { while (!readdirSync(root).includes('index.m3u8')) await setTimeout(50) })(), 'write a playlist')

  const app = await relay({ news: `${source}/index.m3u8` }, fromPlaylist)
  app.log.level = 'silent'
  t.teardown(async () => { await within(app.close(), 'the server closes') })
  const { origin } = await listen(app)
  const viewer = await watch(`${origin}/live/news`)
  // Three segments of the playlist: one at least came into it after ffmpeg had begun.
  await viewer.until(() => viewer.segments.filter(({ json }) => json['join'] === true).length > 2)
  t.match(viewer.named('init')[0]?.json, { kind: 'av', mime: /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/, width: 320, height: 180 })
  const times = viewer.segments.map(({ json }) => Number(json['start']))
  t.ok(times.every((time, index) => index === 0 || time > times[index - 1]!), 'in order')
  t.equal(viewer.named('gap').length, 0)
  await viewer.leave()
})
