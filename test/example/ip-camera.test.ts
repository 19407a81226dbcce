// The example of the IP cameras: what GStreamer's RTSP server plays, as a camera does, is watched; a camera that breaks off is asked again.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { fromCamera } from '../../example/ip-camera.js'
import { relay } from '../../example/relay.js'
import { needs, needsPython } from '../kit/needs.js'
import { get, post } from '../kit/publish.js'
import { listen } from '../kit/serve.js'
import { start } from '../kit/start.js'
import { watch } from '../kit/watch.js'

const CAMERA = fileURLToPath(new URL('../kit/rtsp-camera.py', import.meta.url))
const python = needsPython(t, 'GstRtspServer', 'gir1.2-gst-rtsp-server-1.0 and python3-gi')
const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

t.test('a camera is watched, with sound that browsers play', { skip: python === undefined || ffmpeg === undefined }, async t => {
  const camera = start(t, python!, [CAMERA])
  const address = await camera.says(/address (\S+)/)
  const app = await relay({ door: address }, fromCamera)
  app.log.level = 'silent'
  t.teardown(async () => { await app.close() })
  const { origin } = await listen(app)
  const viewer = await watch(`${origin}/live/door`)
  await viewer.until(() => viewer.segments.length > 15)
  t.match(viewer.named('init')[0]?.json, { kind: 'av', mime: /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/, width: 320, height: 180 })
  t.equal(viewer.segments[0]?.json['join'], true)
  t.ok(viewer.segments.slice(1).some(({ json }) => json['join'] === true), 'and others join later')
  t.match((await get(`${origin}/`)).bytes.toString(), '<media-sse src="/live?broadcasts=door" broadcast="door"')
  t.equal((await post(`${origin}/live/door`, 'x')).status, 401, 'nobody else publishes here')

  await camera.stop()
  start(t, python!, [CAMERA, new URL(address).port])
  await viewer.until(() => viewer.segments.some(({ json }) => json['discontinuity'] === true))
  t.match(viewer.named('gap')[0]?.json, { reason: 'publisher' }, 'a camera that was restarted is asked again')
  await viewer.leave()
})
