import t from 'tap'
import { readAudioFrames } from '../../../lib/media/mpeg-ts/audio-frames.js'
import { adts, bytes } from './build-ts.js'

t.test('ADTS frames are counted', async t => {
  t.strictSame(readAudioFrames('adts', adts(3)), { codec: 'mp4a.40.2', seconds: 3 * 1024 / 48000 })
  t.strictSame(readAudioFrames('adts', adts(1, 20, { profile: 0, rate: 4, blocks: 2 })), { codec: 'mp4a.40.1', seconds: 2048 / 44100 })
  t.strictSame(readAudioFrames('adts', adts(2, 20).subarray(0, -10)), { codec: 'mp4a.40.2', seconds: 2 * 1024 / 48000 }, 'the last one goes on in the next packet')
  t.strictSame(readAudioFrames('adts', adts(3).subarray(9)), { codec: 'mp4a.40.2', seconds: 2 * 1024 / 48000 }, 'the first has begun in the packet before')
})

t.test('what only looks like a header is passed over', async t => {
  const like = adts(1, 30).subarray(0, 9)
  t.strictSame(readAudioFrames('adts', bytes(like, adts(3))), { codec: 'mp4a.40.2', seconds: 3 * 1024 / 48000 })
  for (const bad of [adts(1, 20, { rate: 13 }), adts(1, 20).fill(0xf7, 1, 2), bytes(adts(1, 7).subarray(0, 4), [0, 0x1f, 0xfc]), adts(1).subarray(0, 6), new Uint8Array(0)]) {
    t.equal(readAudioFrames('adts', bad), undefined)
  }
})

// Version, layer, bitrate_index, sampling_frequency, padding: as the header has them.
function mpeg (version: number, layer: number, bitrate: number, rate: number, padding: number, length: number): Uint8Array {
  return bytes([0xff, 0xe0 | version << 3 | layer << 1 | 1, bitrate << 4 | rate << 2 | padding << 1, 0], new Uint8Array(length - 4))
}

t.test('MPEG audio frames of every version and layer are counted', async t => {
  const cases: Array<[Uint8Array, string, number]> = [
    [mpeg(3, 1, 9, 0, 1, 418), 'mp4a.6B', 1152 / 44100],
    [mpeg(3, 2, 8, 1, 0, 384), 'mp4a.6B', 1152 / 48000],
    [mpeg(3, 3, 4, 2, 1, 196), 'mp4a.6B', 384 / 32000],
    [mpeg(2, 1, 8, 0, 0, 208), 'mp4a.69', 576 / 22050],
    [mpeg(2, 2, 8, 1, 0, 384), 'mp4a.69', 1152 / 24000],
    [mpeg(2, 3, 2, 1, 0, 96), 'mp4a.69', 384 / 24000],
    [mpeg(0, 1, 4, 2, 0, 288), 'mp4a.69', 576 / 8000]
  ]
  for (const [frame, codec, seconds] of cases) t.strictSame(readAudioFrames('mpeg-audio', bytes(frame, frame)), { codec, seconds: seconds + seconds })
})

t.test('headers that cannot be are none', async t => {
  for (const bad of [mpeg(1, 1, 9, 0, 0, 40), mpeg(3, 0, 9, 0, 0, 40), mpeg(3, 1, 9, 3, 0, 40), mpeg(3, 1, 0, 0, 0, 40), mpeg(3, 1, 15, 0, 0, 40), new Uint8Array(40)]) {
    t.equal(readAudioFrames('mpeg-audio', bad), undefined)
  }
})
