// The picture is a JPEG to others, too: ffmpeg sees the shade that was asked for. What browsers see of it is in `browsers.test.ts`.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { JpegSplitter } from '../../lib/media/image/jpeg.js'
import { picture } from '../../lib/testing/picture.js'
import { needs } from '../kit/needs.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

t.test('a decoder sees its shade', { skip: ffmpeg === undefined }, async t => {
  for (const shade of [0, 1, 100, 127, 128, 129, 200, 255]) {
    const args = ['-v', 'error', '-f', 'image2pipe', '-c:v', 'mjpeg', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'gray', '-']
    const { stdout } = spawnSync(ffmpeg!, args, { input: picture({ shade }) })
    t.same(stdout, Buffer.alloc(16 * 16, shade), `${shade}`)
  }
})

t.test('it is one picture, as large as it is wanted', async t => {
  t.ok(picture().length < 160)
  for (const size of [0, 152, 153, 200, 65_000, 65_686, 65_687, 65_688, 70_000, 200_000]) {
    const bytes = picture({ size })
    const [segment, ...others] = new JpegSplitter({ maxSegmentBytes: 1 << 20 }).push(bytes)
    t.ok(Buffer.from(bytes).equals(segment!.bytes))
    t.strictSame(others, [])
    t.match(segment?.init, { mime: 'image/jpeg', width: 16, height: 16 })
    t.ok(bytes.length >= size && bytes.length <= Math.max(size + 3, picture().length), `${bytes.length} of ${size}`)
  }
})

t.test('a shade that there is not is refused', async t => {
  for (const shade of [-1, 256, 1.5, NaN]) t.throws(() => picture({ shade }), RangeError)
})
