// A body that is not looked into is one segment, as long as it is within its bound.
import t from 'tap'
import { OpaqueSplitter } from '../../lib/media/opaque.js'

t.test('a body in many pieces is one segment when it ends, without a time of its own', async t => {
  const splitter = new OpaqueSplitter({ mime: 'image/jpeg', maxSegmentBytes: 6 })
  t.strictSame(splitter.push(Uint8Array.of(1, 2)), [])
  t.strictSame(splitter.push(Uint8Array.of()), [])
  t.strictSame(splitter.push(Uint8Array.of(3, 4, 5, 6)), [], 'the bound itself is within it')
  t.strictSame(splitter.end(), [{
    init: { kind: 'image', mime: 'image/jpeg', mode: 'sequence' },
    bytes: Uint8Array.of(1, 2, 3, 4, 5, 6),
    start: undefined,
    duration: 0,
    join: true
  }])
})

t.test('the segment\'s bytes are a copy in memory of their own', async t => {
  const received = Buffer.from('abcdef').subarray(1, 4)
  const splitter = new OpaqueSplitter({ mime: 'image/jpeg', maxSegmentBytes: 10 })
  splitter.push(received)
  const [segment] = splitter.end()
  received.fill(0)
  t.strictSame(Buffer.from(segment!.bytes).toString(), 'bcd')
  t.equal(segment!.bytes.buffer.byteLength, 3)
})

t.test('a body above the bound is refused as soon as that shows, and says what to do', async t => {
  const splitter = new OpaqueSplitter({ mime: 'image/jpeg', maxSegmentBytes: 3 })
  splitter.push(Uint8Array.of(1, 2, 3))
  t.throws(() => splitter.push(Uint8Array.of(4)), {
    name: 'MediaError',
    code: 'SEGMENT_TOO_LARGE',
    message: 'A body of type image/jpeg is one segment, and may have 3 bytes: send each object in a request of its own, or raise maxSegmentBytes'
  })
})

t.test('what kind it is, its type says', async t => {
  const kinds = ['image/webp', 'audio/aac; rate=48000', 'video/mp2t', 'application/json', 'text/vtt', 'model/gltf', 'imagery'].map(mime => new OpaqueSplitter({ mime, maxSegmentBytes: 1 }).init.kind)
  t.strictSame(kinds, ['image', 'audio', 'video', 'other', 'other', 'other', 'other'])
})

t.test('the whole body is held until it ends', async t => {
  const splitter = new OpaqueSplitter({ mime: 'image/jpeg', maxSegmentBytes: 6000 })
  t.equal(splitter.held, 0)
  splitter.push(new Uint8Array(2000))
  splitter.push(new Uint8Array(3000))
  t.ok(splitter.held >= 5000, `it holds ${splitter.held} bytes`)
  splitter.end()
  t.equal(splitter.held, 0)
})
