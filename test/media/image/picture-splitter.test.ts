import t from 'tap'
import { PictureSplitter } from '../../../lib/media/image/picture-splitter.js'
import { JPEG } from '../../../lib/media/image/jpeg.js'
import { PNG } from '../../../lib/media/image/png.js'
import type { InitSegment } from '../../../lib/media/segment.js'
import { EOI, SIGNATURE, SOI, bytes, chunk, ihdr, jpeg, png, scan, segment } from './build-picture.js'
import type { Part } from './build-picture.js'
import { bearsEveryCut, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = (maxSegmentBytes = 1000, init?: InitSegment) => new PictureSplitter(JPEG, { maxSegmentBytes, init })

t.test('zeros and line ends between pictures are dropped, whatever their number', async t => {
  const { segments, error } = bearsEveryCut(t, () => splitter(jpeg().length), bytes('\r\n', jpeg(), [0, 0, 0], jpeg(), '\n', new Uint8Array(300), jpeg(), '\r\n'))
  t.equal(error, undefined)
  t.equal(segments.length, 3)
  for (const { bytes } of segments) t.ok(jpeg().equals(bytes))
})

/** What stands between two good pictures, and how often that is damage. */
const DAMAGED: Record<string, [Part[], number]> = {
  'bytes that are none': [['--garbage--'], 1],
  'the first bytes of one': [[SOI, 'x', SOI, [0xff, 0xff, 0xd8, 0xfe]], 2],
  'one without its end': [[jpeg().subarray(0, -2)], 1],
  'one cut off in a header': [[jpeg().subarray(0, 6)], 1],
  'a damaged scan, and bytes that are none': [[SOI, scan(1, 0xff, 2, 3), EOI, 'x'], 1],
  'two damaged': [[SOI, scan(1, 0xff, 2, 3), SOI, scan(0xff, 1)], 2]
}

t.test('what is damaged is dropped and counted, and the pictures around it stay', async t => {
  for (const [what, [damage, count]] of Object.entries(DAMAGED)) {
    const body = bytes(jpeg(), ...damage, jpeg(), jpeg())
    const { segments, error } = bearsEveryCut(t, splitter, body)
    t.equal(error, undefined)
    // A length that reaches into the next picture takes that with it.
    t.equal(segments.length, what === 'one cut off in a header' ? 2 : 3, what)
    for (const { bytes } of segments) t.ok(jpeg().equals(bytes))
    const one = splitter()
    split(one, [body])
    t.strictSame(one.dropped, { count, bytes: body.length - segments.length * jpeg().length }, what)
    t.match(bearsEveryCut(t, splitter, bytes(SOI, [0xff, 0xff, 1], ...damage)), { segments: [], error: { code: 'INVALID_SEGMENT' } }, 'alone it is refused')
  }
})

t.test('the same for PNG', async t => {
  const body = bytes(png(), png().subarray(0, 40), png(), 'x', png(), SIGNATURE, SIGNATURE.subarray(0, 5), png(), SIGNATURE, chunk('IHDR', [1]), png())
  const { segments, error } = bearsEveryCut(t, () => new PictureSplitter(PNG, { maxSegmentBytes: 1000 }), body)
  t.equal(error, undefined)
  t.ok(segments.length >= 4, String(segments.length))
  for (const { bytes } of segments) t.ok(png().equals(bytes))
})

t.test('bytes that are no picture are refused in the end: behind twice the largest one', async t => {
  const body = bytes(jpeg(), 'x'.repeat(201), jpeg())
  t.match(bearsEveryCut(t, () => splitter(100), body), { segments: { length: 1 }, error: { code: 'INVALID_SEGMENT' } })
  t.match(bearsEveryCut(t, () => splitter(101), body), { segments: { length: 2 }, error: undefined })
})

t.test('pictures that belong to the one before them are dropped: gain maps', async t => {
  const leader = bytes(SOI, segment(0xe2, bytes('MPF\0II')), jpeg().subarray(2))
  const said = (...body: Part[]) => bearsEveryCut(t, splitter, bytes(...body)).segments.map(({ bytes }) => bytes.length)
  t.strictSame(said(leader, jpeg(4, 2), jpeg(2, 1), leader, jpeg(4, 2)), [leader.length, leader.length])
  t.strictSame(said(leader, jpeg(), jpeg(4, 2)), [leader.length, jpeg().length, jpeg().length], 'one of the same size is the next picture')
  const photograph = fixture('image/jpeg-ultrahdr.jpg')
  const { segments, error } = bearsEveryCut(t, () => splitter(1 << 20), bytes(photograph, photograph))
  t.equal(error, undefined)
  t.strictSame(segments.map(({ init: { width } }) => width), [160, 160])
})

t.test('the init is the newest picture’s; one picture a request keeps the object', async t => {
  const first = splitter()
  t.equal(first.init, undefined)
  const [picture] = first.push(jpeg())
  t.equal(first.init, picture?.init)
  const second = splitter(1000, first.init)
  t.equal(second.init, undefined)
  t.equal(second.push(jpeg())[0]?.init, first.init)
})

t.test('a body that ends inside a picture is refused; after a whole one another body may follow', async t => {
  const split = splitter()
  t.equal(split.push(jpeg()).length, 1)
  t.strictSame(split.end(), [])
  t.equal(split.push(bytes(jpeg(), SOI)).length, 1)
  t.throws(() => split.end(), { code: 'INVALID_SEGMENT', message: 'The body ends inside a picture: send it to its end' })
  t.throws(() => split.push(jpeg()), { code: 'INVALID_SEGMENT' })
})

t.test('a first picture above the bound is refused, by any cut; a later one is dropped, and refused where no other comes', async t => {
  const large = bytes(SOI, jpeg().subarray(2, -2), new Uint8Array(50), EOI)
  const limited = () => splitter(large.length - 1)
  t.match(bearsEveryCut(t, limited, bytes(large, jpeg())), { segments: [], error: { code: 'SEGMENT_TOO_LARGE' } })
  t.match(bearsEveryCut(t, limited, bytes(jpeg(), large, jpeg())), { segments: { length: 2 }, error: undefined })
  t.match(bearsEveryCut(t, limited, bytes(jpeg(), large, large, large, jpeg())), { segments: { length: 1 }, error: { code: 'SEGMENT_TOO_LARGE' } })
  t.equal(split(splitter(large.length), [jpeg(), large]).segments.length, 2)
})

t.test('a PNG that is cut off between two chunks costs itself alone', async t => {
  const cut = bytes(SIGNATURE, ihdr(16, 8))
  const pngs = () => new PictureSplitter(PNG, { maxSegmentBytes: 1000 })
  const body = bytes(png(), cut, png(), png())
  const { segments, error } = bearsEveryCut(t, pngs, body)
  t.strictSame([error, segments.map(({ bytes }) => png().equals(bytes))], [undefined, [true, true, true]])
  const one = pngs()
  split(one, [body])
  t.strictSame(one.dropped, { count: 1, bytes: cut.length })
})

t.test('a picture is held until it is whole, and nothing of it after an error', async t => {
  const one = splitter()
  one.push(bytes(jpeg(), jpeg().subarray(0, -1)))
  t.ok(one.held >= jpeg().length - 1, `it holds ${one.held} bytes`)
  one.push(jpeg().subarray(-1))
  t.equal(one.held, 0)
  one.push(jpeg().subarray(0, -1))
  t.throws(() => one.end(), { code: 'INVALID_SEGMENT' })
  t.equal(one.held, 0)
})
