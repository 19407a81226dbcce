import t from 'tap'
import { PictureSplitter } from '../../../lib/media/image/picture-splitter.js'
import { JpegScanner } from '../../../lib/media/image/jpeg.js'
import type { InitSegment } from '../../../lib/media/segment.js'
import { EOI, SOI, bytes, jpeg } from './build-picture.js'
import { bearsEveryCut, split } from '../cuts.js'

class Splitter extends PictureSplitter {
  protected scanner (): JpegScanner { return new JpegScanner() }
}

const splitter = (maxSegmentBytes = 1000, init?: InitSegment) => new Splitter({ maxSegmentBytes, init })

t.test('zeros and line ends between pictures are dropped, whatever their number', async t => {
  const { segments, error } = bearsEveryCut(t, () => splitter(jpeg().length), bytes('\r\n', jpeg(), [0, 0, 0], jpeg(), '\n', new Uint8Array(300), jpeg(), '\r\n'))
  t.equal(error, undefined)
  t.equal(segments.length, 3)
  for (const { bytes } of segments) t.ok(jpeg().equals(bytes))
})

t.test('anything else between pictures is refused', async t => {
  t.match(split(splitter(), [bytes(jpeg(), '--', jpeg())]), { segments: [{ join: true }], error: { code: 'INVALID_SEGMENT' } })
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

t.test('a picture above the bound is refused, by any cut, and nothing before it is lost', async t => {
  const large = bytes(SOI, jpeg().subarray(2, -2), new Uint8Array(50), EOI)
  const { segments, error } = bearsEveryCut(t, () => splitter(large.length - 1), bytes(jpeg(), large, jpeg()))
  t.equal(segments.length, 1)
  t.match(error, { code: 'SEGMENT_TOO_LARGE' })
  t.equal(split(splitter(large.length), [jpeg(), large]).segments.length, 2)
})
