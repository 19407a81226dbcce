// The tracks that a browser can show are chosen, and where there are none it is said why, and what to do.
import t from 'tap'
import { choose } from '../../lib/client/playable.js'
import type { Shows } from '../../lib/client/playable.js'
import type { InitMessage } from '../../lib/wire.js'

const VIDEO: Shows = { media: 'video', picture: false }
const AUDIO: Shows = { media: 'audio', picture: false }
const BOTH: Shows = { media: 'video', picture: true }
const PICTURE: Shows = { media: undefined, picture: true }

function init (track: string, kind: string, mime: string): InitMessage {
  return { broadcast: 'demo', track, version: 1, kind, mime, mode: 'segments' }
}

const av = init('av', 'av', 'video/mp4; codecs="avc1.64001f,mp4a.40.2"')
const hevc = init('hevc', 'video', 'video/mp4; codecs="hvc1.1.6.L93.B0"')
const h264 = init('h264', 'video', 'video/mp4; codecs="avc1.64001f"')
const aac = init('aac', 'audio', 'audio/mp4; codecs="mp4a.40.2"')
const opus = init('opus', 'audio', 'audio/webm; codecs="opus"')
const jpeg = init('jpeg', 'image', 'image/jpeg')
const data = init('data', 'other', 'application/json')
const canPlay = (mime: string): boolean => /avc1|mp4a|opus/.test(mime) && !/hvc1|mp2t/.test(mime)

t.test('one with picture and sound, else one of each', async t => {
  t.strictSame(choose([hevc, h264, av, aac], VIDEO, canPlay), { kind: 'media', tracks: ['av'] })
  t.strictSame(choose([hevc, h264, data, opus, aac], VIDEO, canPlay), { kind: 'media', tracks: ['h264', 'opus'] })
  t.strictSame(choose([aac], VIDEO, canPlay), { kind: 'media', tracks: ['aac'] })
  t.strictSame(choose([jpeg, av], BOTH, canPlay), { kind: 'media', tracks: ['av'] })
})

t.test('an <audio> element gets sound, and that of a film if there is no other', async t => {
  t.strictSame(choose([h264, av, aac], AUDIO, canPlay), { kind: 'media', tracks: ['aac'] })
  t.strictSame(choose([av], AUDIO, canPlay), { kind: 'media', tracks: ['av'] })
  t.match(choose([h264], AUDIO, canPlay), { kind: 'none', reason: /no sound that could be played.*<video>/ })
})

t.test('pictures', async t => {
  t.strictSame(choose([jpeg], PICTURE, undefined), { kind: 'picture', tracks: ['jpeg'] })
  t.strictSame(choose([jpeg, aac], PICTURE, canPlay), { kind: 'picture', tracks: ['jpeg'] })
  t.match(choose([jpeg], VIDEO, canPlay), { kind: 'none', reason: /pictures: give the player an <img> or a <canvas>/ })
})

t.test('no black box: sound without its picture is told', async t => {
  t.match(choose([hevc, aac], VIDEO, canPlay), { kind: 'none', reason: /cannot play video\/mp4; codecs="hvc1.*HEVC.*libx264/ })
})

t.test('each reason says what to do', async t => {
  const reason = (mime: string, shows = VIDEO): unknown => choose([init('x', 'video', mime)], shows, canPlay)
  t.match(reason('video/mp2t; codecs="avc1.42c01e"'), { reason: /MPEG transport streams play in Chromium alone/ })
  t.match(reason('video/mp4; codecs="av01.0.04M.08"'), { reason: /AV1 needs a browser/ })
  t.match(reason('video/webm; codecs="vp9"'), { reason: /VP9 need a browser that decodes/ })
  t.match(reason('video/webm; codecs="vp9"', PICTURE), { reason: /give the player a <video>/ })
  t.match(choose([av], VIDEO, undefined), { reason: /no Media Source Extensions/ })
  t.match(choose([data], PICTURE, canPlay), { reason: /nothing that can be shown/ })
  t.match(choose([data], VIDEO, canPlay), { reason: /nothing that can be shown: application\/json/ })
})
