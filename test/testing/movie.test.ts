// The movie is a movie to others, too: to our splitter, to mp4box, and to ffmpeg. What browsers show of it is in `browsers.test.ts`.
import { spawnSync } from 'node:child_process'
import { MP4BoxBuffer, createFile } from 'mp4box'
import type { Movie } from 'mp4box'
import t from 'tap'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import { movie } from '../../lib/testing/movie.js'
import type { FragmentOptions } from '../../lib/testing/movie.js'
import { needs } from '../kit/needs.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

const FRAGMENTS: FragmentOptions[] = [
  { shade: 1 }, { join: false }, { join: false, size: 1000 }, { shade: 255, size: 5000 }, { join: false, size: 12 }, { shade: 90, size: 400 }, { join: false, size: 50_000 }
]

function make (seconds?: number): { bytes: Buffer, mime: string, fragments: Uint8Array[] } {
  const film = movie(seconds === undefined ? {} : { seconds })
  const fragments = FRAGMENTS.map(options => film.fragment(options))
  return { bytes: Buffer.concat([film.init, ...fragments]), mime: film.mime, fragments }
}

t.test('our splitter makes a segment of each fragment', async t => {
  const { bytes, mime, fragments } = make()
  const segments = new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 }).push(bytes)
  t.same(segments.map(segment => segment.bytes), fragments)
  t.match(segments.map(({ join, start, duration, init }) => ({ join, start, duration, init })), FRAGMENTS.map(({ join = true }, index) => (
    { join, start: index / 25, duration: 0.04, init: { mime, width: 16, height: 16, kind: 'video' } }
  )))
  for (const [index, { size = 0 }] of FRAGMENTS.entries()) t.ok(fragments[index]!.length >= size)
  t.ok(movie().init.length < 700)
})

t.test('mp4box reads the same frames', async t => {
  const { bytes, mime } = make(0.5)
  const file = createFile()
  let read: Movie | undefined
  file.onReady = ready => { read = ready }
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0))
  file.flush()
  t.match(read, { isFragmented: true, tracks: [{ type: 'video', timescale: 1000, track_width: 16, track_height: 16, language: 'und' }] })
  t.equal(mime, `video/mp4; codecs="${read!.tracks[0]!.codec}"`)
  const samples = file.getTrackSamplesInfo(1)
  t.strictSame(samples.map(({ dts, duration, is_sync: isSync }) => [dts, duration, isSync]), FRAGMENTS.map(({ join = true }, index) => [500 * index, 500, join]))
  for (const [index, { size = 0 }] of FRAGMENTS.entries()) {
    const needed = FRAGMENTS[index]!.join === false ? 10 : 400
    t.ok(samples[index]!.size >= size && samples[index]!.size <= Math.max(size + 1, needed + 28), `${samples[index]!.size} of ${size}`)
  }
})

t.test('ffmpeg shows its shades', { skip: ffmpeg === undefined }, async t => {
  const args = ['-v', 'warning', '-f', 'mp4', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-']
  const { stdout, stderr } = spawnSync(ffmpeg!, args, { input: make().bytes })
  t.strictSame(Array.from({ length: stdout.byteLength / 384 }, (_, frame) => stdout[384 * frame]), [1, 1, 1, 255, 255, 90, 90])
  t.equal(String(stderr), '')
})

t.test('a body of so many fragments goes on where the last one ended', async t => {
  const film = movie({ seconds: 1 })
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 })
  t.strictSame([...splitter.push(film.body(2)), ...splitter.push(film.fragment())].map(({ start }) => start), [0, 1, 2])
})

t.test('a movie may begin with what cannot be joined at', async t => {
  const film = movie()
  const segments = new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 }).push(Buffer.concat([film.init, film.fragment({ join: false }), film.fragment()]))
  t.strictSame(segments.map(({ join }) => join), [false, true])
})

t.test('what cannot be is refused', async t => {
  t.throws(() => movie({ seconds: 0 }), RangeError)
  t.throws(() => movie({ seconds: NaN }), RangeError)
  for (const shade of [0, 256, 1.5]) t.throws(() => movie().fragment({ shade }), RangeError)
})
