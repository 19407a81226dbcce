import t from 'tap'
import { PNG, PngSplitter, isPng } from '../../../lib/media/image/png.js'
import { SIGNATURE, bytes, chunk, ihdr, png } from './build-picture.js'
import { bearsEveryCut, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = (maxSegmentBytes = 1 << 20) => new PngSplitter({ maxSegmentBytes })

t.test('a body is known by its signature', async t => {
  t.ok(isPng(fixture('image/png.bin')))
  t.notOk(isPng(SIGNATURE.subarray(0, 7)))
  t.notOk(isPng(fixture('image/mjpeg.bin')))
})

t.test("ffmpeg's image2pipe: every picture is a segment, however the body is cut", async t => {
  const body = fixture('image/png.bin')
  const { segments, error } = bearsEveryCut(t, splitter, body)
  t.equal(error, undefined)
  t.equal(segments.length, 4)
  t.ok(Buffer.concat(segments.map(({ bytes }) => bytes)).equals(body))
  const init = { kind: 'image', mime: 'image/png', mode: 'sequence', width: 96, height: 72 } as const
  for (const segment of segments) t.strictSame({ ...segment, bytes: 0 }, { init, bytes: 0, start: undefined, duration: 0, join: true })
  t.ok(segments.every(({ init }) => init === segments[0]!.init))
})

t.test('a picture leaves with its last byte; another size makes another init', async t => {
  const split = splitter()
  t.strictSame(split.push(png().subarray(0, -1)), [])
  const [first] = split.push(png().subarray(-1))
  const [second, third] = split.push(bytes(png(), [0, 0, 0x0d, 0x0a], png(17)))
  t.equal(second?.init, first?.init)
  t.match(third?.init, { width: 17, height: 8 })
  t.equal(split.init, third?.init)
})

const REFUSED = {
  'another chunk first': [bytes(SIGNATURE, chunk('CgBI', [1, 2, 3, 4])), 'does not begin with an IHDR chunk'],
  'a short IHDR': [bytes(SIGNATURE, chunk('IHDR', [1, 2, 3, 4])), 'does not begin with an IHDR chunk'],
  'rubbish behind a chunk': [bytes(SIGNATURE, ihdr(1, 1), [0, 0, 0, 0, 0, 0, 0, 0]), 'has no chunk where one must begin']
} as const

t.test('what is no PNG is refused', async t => {
  for (const [what, [body, message]] of Object.entries(REFUSED)) {
    t.test(what, async t => {
      const { segments, error } = bearsEveryCut(t, splitter, bytes(body))
      t.equal(segments.length, 0)
      t.match(error, { code: 'INVALID_SEGMENT', message: `A PNG picture ${message}: send each picture whole, and nothing between them` })
    })
  }
})

t.test('too large a chunk is refused by its header, before it is held', async t => {
  const start = bytes(SIGNATURE, ihdr(1, 1), [0, 0, 4, 0], 'IDAT')
  t.match(split(splitter(1000), [start]), { segments: [], error: { code: 'SEGMENT_TOO_LARGE' } })
  t.match(split(splitter(1000), [start.subarray(0, -1)]), { error: { code: 'INVALID_SEGMENT', message: 'The body ends inside a picture: send it to its end' } })
})

t.test('where a chunk must begin, the next picture may: then as much of its signature as has come is told', async t => {
  const begun = (...behind: Array<Uint8Array | string>) => {
    const scanner = PNG.scanner()
    const body = bytes(SIGNATURE, ihdr(1, 1), ...behind)
    for (let at = 0; at < body.length && scanner.damage === undefined;) at = scanner.scan(body, at, body.length)
    t.match(scanner.damage, { code: 'INVALID_SEGMENT' })
    return scanner.nextBegun
  }
  t.strictSame([begun(SIGNATURE), begun('12345', SIGNATURE), begun('1234567', SIGNATURE), begun('12345678')], [8, 3, 1, 0])
})
