import t from 'tap'
import { MediaError } from '../../../lib/media/media-error.js'
import { Pictures } from '../../../lib/media/image/pictures.js'
import type { PictureScanner } from '../../../lib/media/image/pictures.js'

/** A picture that ends with the byte 9, and is damaged by 8. */
const endsWithNine = (owed = 0): PictureScanner => {
  let isWhole = false
  let damage: MediaError | undefined
  return {
    mime: 'image/nine',
    size: undefined,
    owed,
    nextBegun: 0,
    get isWhole () { return isWhole },
    get damage () { return damage },
    scan (bytes, from, to) {
      const at = bytes.subarray(0, to).findIndex((byte, index) => index >= from && byte >= 8)
      isWhole = bytes[at] === 9
      if (bytes[at] === 8) damage = spoilt
      return at < 0 ? to : at + 1
    }
  }
}
const spoilt = new MediaError('INVALID_SEGMENT', 'It has an 8')
const refusal = { code: 'SEGMENT_TOO_LARGE', message: 'A picture is above the limit of 4 bytes: make it smaller (-s or a larger -q:v in ffmpeg), or raise maxSegmentBytes' }

t.test('a picture is held to its end, and becomes a segment of its own bytes', async t => {
  const pictures = new Pictures({ maxSegmentBytes: 4 })
  t.equal(pictures.init, undefined)
  const scanner = endsWithNine()
  t.strictSame(pictures.read(scanner, Uint8Array.of(1, 2, 3), 1, 3), { at: 3, damage: undefined })
  t.equal(pictures.held, 2)
  t.strictSame(pictures.read(scanner, Uint8Array.of(4, 9, 5), 0, 3), { at: 2, damage: undefined })
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
  pictures.forget()
  t.equal(pictures.held, 0)
})

t.test('the bound is told by bytes, by what the scanner is owed, and by a length', async t => {
  const pictures = () => new Pictures({ maxSegmentBytes: 4 })
  t.strictSame(pictures().read(endsWithNine(), Uint8Array.of(1, 2, 3, 9, 9), 0, 5), { at: 4, damage: undefined })
  t.match(pictures().read(endsWithNine(), Uint8Array.of(1, 2, 3, 4, 9), 0, 5), { at: 4, damage: refusal })
  t.strictSame(pictures().read(endsWithNine(3), Uint8Array.of(1), 0, 1), { at: 1, damage: undefined })
  t.match(pictures().read(endsWithNine(4), Uint8Array.of(1), 0, 1), { at: 1, damage: refusal })
  const full = pictures()
  t.equal(full.hold(new Uint8Array(4)), undefined)
  t.match(full.hold(Uint8Array.of(1)), refusal)
  t.equal(full.held, 4)
  t.match(full.read(endsWithNine(), Uint8Array.of(9), 0, 1), { at: 0, damage: refusal })
  t.match(full.excess(5), refusal)
  t.equal(full.excess(4), undefined)
})

t.test('what is damaged is dropped and counted; without a whole picture the end tells it, as does the byte beyond twice the bound', async t => {
  const pictures = new Pictures({ maxSegmentBytes: 4 })
  const damaged = (): void => {
    const { at, damage } = pictures.read(endsWithNine(), Uint8Array.of(1, 8, 1), 0, 3)
    t.equal(at, 2)
    pictures.giveUp(damage!)
  }
  damaged()
  t.strictSame([pictures.held, pictures.dropped, pictures.patience], [0, { count: 1, bytes: 2 }, 6])
  t.throws(() => pictures.end(), spoilt)
  pictures.hold(Uint8Array.of(1))
  pictures.take(1, 'image/x', undefined)
  t.equal(pictures.patience, 8)
  pictures.hold(Uint8Array.of(1, 2, 3))
  pictures.giveUp(spoilt, 1)
  pictures.lose(6)
  t.strictSame(pictures.dropped, { count: 2, bytes: 10 })
  t.throws(() => pictures.lose(1), spoilt)
  pictures.end()
  t.equal(pictures.patience, 8, 'each body begins anew')
  t.doesNotThrow(() => pictures.end())
  pictures.pass(8, () => new Error('other') as MediaError)
  t.throws(() => pictures.pass(1, () => new MediaError('INVALID_SEGMENT', 'other')), { message: 'other' })
  const large = new Pictures({ maxSegmentBytes: 4 })
  t.throws(() => large.giveUp(large.excess(5)!), refusal, 'too large a first picture is told at once')
  large.hold(Uint8Array.of(1))
  large.take(1, 'image/x', undefined)
  t.doesNotThrow(() => large.giveUp(large.excess(5)!))
  t.throws(() => large.pass(9, () => spoilt), refusal)
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

t.test('a picture costs no less than its bytes, and more in more pieces, until it is taken or given up', async t => {
  const costOf = (...pieces: number[][]) => {
    const pictures = new Pictures({ maxSegmentBytes: 4 })
    for (const piece of pieces) pictures.hold(Uint8Array.from(piece))
    return pictures
  }
  const [whole, pieces] = [costOf([1, 2, 3]), costOf([1], [2], [3])]
  t.ok(whole.cost >= 3)
  t.ok(pieces.cost > whole.cost)
  whole.take(3, 'image/x', undefined)
  pieces.giveUp(spoilt)
  t.strictSame([whole.cost, pieces.cost], [0, 0])
})
