import t from 'tap'
import { Pictures } from '../../../lib/media/image/pictures.js'
import type { PictureScanner } from '../../../lib/media/image/pictures.js'

/** A picture that ends with the byte 9. */
const endsWithNine = (owed = 0): PictureScanner => ({
  mime: 'image/nine',
  size: undefined,
  owed,
  scan (bytes, at, to) {
    const end = bytes.subarray(0, to).indexOf(9, at)
    return end < 0 ? undefined : end + 1
  }
})
const refusal = { code: 'SEGMENT_TOO_LARGE', message: 'A picture is above the limit of 4 bytes: make it smaller (-s or a larger -q:v in ffmpeg), or raise maxSegmentBytes' }

t.test('a picture is held to its end, and becomes a segment of its own bytes', async t => {
  const pictures = new Pictures({ maxSegmentBytes: 4 })
  t.equal(pictures.init, undefined)
  t.equal(pictures.read(endsWithNine(), Uint8Array.of(1, 2, 3), 1, 3), undefined)
  t.equal(pictures.held, 2)
  t.equal(pictures.read(endsWithNine(), Uint8Array.of(4, 9, 5), 0, 3), 2)
  const picture = pictures.take(pictures.held, 'image/nine', { width: 2, height: 1 })
  t.strictSame(picture, { init: pictures.init, bytes: Uint8Array.of(2, 3, 4, 9), start: undefined, duration: 0, join: true })
  t.strictSame(pictures.init, { kind: 'image', mime: 'image/nine', mode: 'sequence', width: 2, height: 1 })
  t.equal(pictures.held, 0)
})

t.test('what is held behind the picture is forgotten', async t => {
  const pictures = new Pictures({ maxSegmentBytes: 4 })
  pictures.hold(Uint8Array.of(1, 2, 3))
  t.strictSame(pictures.take(2, 'image/x', undefined).bytes, Uint8Array.of(1, 2))
  t.equal(pictures.held, 0)
  pictures.hold(Uint8Array.of(1))
  pictures.drop()
  t.equal(pictures.held, 0)
})

t.test('the bound is told by bytes, by what the scanner is owed, and by a length', async t => {
  const pictures = () => new Pictures({ maxSegmentBytes: 4 })
  t.equal(pictures().read(endsWithNine(), Uint8Array.of(1, 2, 3, 9, 9), 0, 5), 4)
  t.throws(() => pictures().read(endsWithNine(), Uint8Array.of(1, 2, 3, 4, 9), 0, 5), refusal)
  t.equal(pictures().read(endsWithNine(3), Uint8Array.of(1), 0, 1), undefined)
  t.throws(() => pictures().read(endsWithNine(4), Uint8Array.of(1), 0, 1), refusal)
  const full = pictures()
  full.hold(new Uint8Array(4))
  t.throws(() => full.hold(Uint8Array.of(1)), refusal)
  t.throws(() => full.read(endsWithNine(), Uint8Array.of(9), 0, 1), refusal)
  t.throws(() => full.checkSize(5), refusal)
})

t.test("an earlier splitter's init stays the same object exactly where it fits", async t => {
  const init = { kind: 'image', mime: 'image/x', mode: 'sequence', width: 2, height: 1 } as const
  const first = (init: NonNullable<ConstructorParameters<typeof Pictures>[0]['init']>) => {
    const pictures = new Pictures({ maxSegmentBytes: 4, init })
    t.equal(pictures.init, undefined)
    pictures.hold(Uint8Array.of(1))
    return pictures.take(1, 'image/x', { width: 2, height: 1 }).init
  }
  t.equal(first(init), init)
  for (const other of [{ ...init, mime: 'image/y' }, { ...init, width: 3 }, { ...init, height: 3 }, { ...init, bytes: new Uint8Array(1) }, { ...init, mode: 'segments' as const }]) {
    t.not(first(other), other)
    t.strictSame(first(other), init)
  }
})
