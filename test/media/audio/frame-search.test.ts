import t from 'tap'
import { areFrames, findFrames } from '../../../lib/media/audio/frame-search.js'
import type { FrameFormat } from '../../../lib/media/audio/frame.js'
import { MediaError } from '../../../lib/media/media-error.js'
import { bytes } from './build-frame.js'

/** A frame is FF, its size, its rate, its channels. */
const FORMAT: FrameFormat = {
  mime: 'audio/x',
  headerBytes: 4,
  isNamedByTag: false,
  readHeader: (bytes, at) => bytes[at] === 0xff && bytes[at + 1]! > 3 ? { size: bytes[at + 1]!, samples: 10, rate: bytes[at + 2]!, channels: bytes[at + 3]! } : undefined,
  refusal: () => new MediaError('INVALID_SEGMENT', 'none'),
  isInformation: () => false
}
const frame = (size: number, channels = 1) => bytes([0xff, size, 9, channels], new Uint8Array(size - 4))
const three = bytes(frame(6), frame(60), frame(6))

t.test('three headers must agree', async t => {
  t.equal(areFrames(bytes('x', three), 1, FORMAT), true)
  t.equal(areFrames(three.subarray(0, 69), 0, FORMAT), undefined)
  t.equal(areFrames(bytes(frame(6), frame(6), frame(6, 2)), 0, FORMAT), false)
  t.equal(areFrames(bytes(frame(6), [0xff, 0, 0, 0]), 0, FORMAT), false)
  t.equal(areFrames(bytes(frame(6), 'x'), 0, FORMAT), false)
})

t.test('the first of three is found, or the first byte that may begin it', async t => {
  for (const before of ['', 'x', bytes(frame(200), 'x'), bytes([0xff, 0]), new Uint8Array(40_000)]) {
    t.strictSame(findFrames(bytes(before, three), FORMAT), { at: before.length, isFound: true })
    t.strictSame(findFrames(bytes(before, three.subarray(0, 69)), FORMAT), { at: before.length, isFound: false })
  }
  t.strictSame(findFrames(bytes(frame(6), 'xyz'), FORMAT), { at: 9, isFound: false })
})
