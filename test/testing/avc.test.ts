// H.264 that others decode: ffmpeg reads the frames as they stand in a byte stream (Annex B), without a container.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { PPS, SPS, filling, keyFrame, sameFrame } from '../../lib/testing/avc.js'
import { needs } from '../kit/needs.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

const bytesOf = (units: Uint8Array[]) => Buffer.concat(units.flatMap(unit => [Buffer.of(0, 0, 0, 1), unit]))

/** The shade of each frame, at its first pixel. */
function decode (units: Uint8Array[]): { shades: number[], complaints: string } {
  const args = ['-v', 'warning', '-f', 'h264', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-']
  const { stdout, stderr } = spawnSync(ffmpeg!, args, { input: bytesOf(units) })
  return { shades: Array.from({ length: stdout.byteLength / 384 }, (_, frame) => stdout[384 * frame]!), complaints: String(stderr) }
}

t.test('key frames have the shade that they are given, and other frames that of the one before', { skip: ffmpeg === undefined }, async t => {
  const { shades, complaints } = decode([SPS, PPS, keyFrame(1, 0), sameFrame(1), sameFrame(2), keyFrame(255, 1), keyFrame(90, 2), sameFrame(1)])
  t.strictSame(shades, [1, 1, 1, 255, 90, 90])
  t.equal(complaints, '')
})

t.test('frames are numbered on beyond what their number can say', { skip: ffmpeg === undefined }, async t => {
  const { shades, complaints } = decode([SPS, PPS, keyFrame(7, 0), ...Array.from({ length: 40 }, (_, index) => sameFrame(index + 1))])
  t.strictSame(shades, new Array(41).fill(7))
  t.equal(complaints, '')
})

t.test('a filling has the size that is wanted, or one more, and is passed over', { skip: ffmpeg === undefined }, async t => {
  const sizes = Array.from({ length: 1100 }, (_, index) => 20 + index)
  t.strictSame(sizes.filter(size => ![size, size + 1].includes(filling(size).length)), [])
  const { shades, complaints } = decode([SPS, PPS, ...[20, 274, 275, 276, 1000, 100_000].flatMap(size => [filling(size), keyFrame(size % 255, size)])])
  t.strictSame(shades, [20, 19, 20, 21, 235, 40])
  t.equal(complaints, '')
})
