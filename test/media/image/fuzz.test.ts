// Whatever a publisher sends as pictures, the only error is a MediaError, nothing above the limit comes out, and cutting the body changes nothing.
import t from 'tap'
import { JpegSplitter } from '../../../lib/media/image/jpeg.js'
import { MultipartSplitter } from '../../../lib/media/image/multipart.js'
import { PngSplitter } from '../../../lib/media/image/png.js'
import { bytes, frame, jpeg, png, scan, segment } from './build-picture.js'
import { bearsBrokenBodies } from '../cuts.js'
import { fixture } from '../fixture.js'

const ROUNDS = { rounds: 4000, maxSegmentBytes: 2900 }
const LENGTHS = ['INVALID_SEGMENT', 'SEGMENT_TOO_LARGE', 'none']

const small = bytes(jpeg(), [0, 0], [0xff, 0xd8], segment(0xe1, jpeg()), frame(9, 9, 0xc2), scan(1, 0xff, 0, 2), segment(0xc4, [1]), scan(3), [0xff, 0xd9], jpeg(3, 3))
const parts = bytes(
  '\r\n--b\r\n\r\n', jpeg(), '\r\n--b\r\nContent-Type: text/plain\r\n\r\nalive\r\n--b\r\nContent-Type: image/png\r\nContent-Length: ', String(png().length), '\r\n\r\n', png(),
  '\r\n--b\r\nContent-Type: image/gif\r\n\r\nGIF89a\r\n--b\r\nContent-Length: ', String(jpeg().length), '\r\n\r\n', jpeg(), '\r\n--b--\r\n'
)
const CASES = {
  jpeg: { splitter: () => new JpegSplitter(ROUNDS), sources: [fixture('image/mjpeg.bin').subarray(0, 8500), small] },
  png: { splitter: () => new PngSplitter(ROUNDS), sources: [fixture('image/png.bin'), bytes(png(), png(3, 3), '\r\n', png())] },
  multipart: { splitter: () => new MultipartSplitter(ROUNDS), sources: [fixture('image/mpjpeg.bin').subarray(0, 8600), parts] }
}

for (const [name, { splitter, sources }] of Object.entries(CASES)) {
  t.test(`${ROUNDS.rounds} broken bodies: ${name}`, async t => {
    const tally = bearsBrokenBodies(t, splitter, sources, ROUNDS)
    t.ok(tally['segments']! > ROUNDS.rounds, `${tally['segments']} segments are still published`)
    for (const code of LENGTHS) t.ok((tally[code] ?? 0) > 20, `${code}: ${tally[code]} times`)
    t.equal(LENGTHS.reduce((sum, code) => sum + (tally[code] ?? 0), 0), ROUNDS.rounds, 'and nothing else')
  })
}
