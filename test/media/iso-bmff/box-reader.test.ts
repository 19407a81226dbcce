import t from 'tap'
import { FieldReader, allBoxes, bodyOf, boxOf, bytesOf, childBoxes, requiredBox } from '../../../lib/media/iso-bmff/box-reader.js'
import { box, bytes, fourcc, open, u16, u32, u64, wideBox } from './build-box.js'

const malformed = (type: string) => ({
  code: 'INVALID_SEGMENT',
  message: `The ${type} box does not hold what its own fields say: send its bytes as the encoder wrote them`
})

t.test('fields are read in order, big-endian', async t => {
  const reader = new FieldReader(open(box('test', [1, 2, 3], u16(500), u32(0xfffffffe), u32(-2), u64(2 ** 40), u64(2n ** 53n + 1n), u64(-3), fourcc('moov'), [1, 0, 0, 5])))
  reader.skip(2)
  t.equal(reader.uint8(), 3)
  t.equal(reader.uint16(), 500)
  t.equal(reader.uint32(), 0xfffffffe)
  t.equal(reader.int32(), -2)
  t.equal(reader.uint64(), 2 ** 40)
  t.equal(reader.bigUint64(), 2n ** 53n + 1n)
  t.equal(reader.int64(), -3)
  t.equal(reader.fourcc(), 'moov')
  t.strictSame(reader.fullBox(), { version: 1, flags: 5 })
  t.equal(reader.left, 0)
})

t.test('no field is read beyond the end of its box, whatever follows the box', async t => {
  const parent = boxOf('moov', bytes(box('tkhd', [1, 2, 3]), box('free', u64(1))))
  const reader = () => new FieldReader(requiredBox(parent, 'tkhd'))
  t.throws(() => reader().uint32(), malformed('tkhd'))
  t.throws(() => reader().uint64(), malformed('tkhd'))
  t.throws(() => reader().skip(4), malformed('tkhd'))
  t.throws(() => reader().fourcc(), malformed('tkhd'))
  t.throws(() => reader().box(), malformed('tkhd'))
})

t.test('the rest of a box is a box of the same type, and its body is not copied', async t => {
  const written = bytes(box('esds', [9, 9, 1, 2]))
  const reader = new FieldReader(open(written))
  reader.skip(2)
  const rest = reader.rest()
  t.equal(rest.type, 'esds')
  t.strictSame([...bodyOf(rest)], [1, 2])
  t.equal(bodyOf(rest).buffer, written.buffer)
})

t.test('a string ends with a zero byte, and is UTF-8', async t => {
  const reader = (...body: number[]) => new FieldReader(open(box('emsg', body)))
  const two = reader(0xc3, 0xa9, 0x61, 0, 0, 7)
  t.equal(two.string(), 'éa')
  t.equal(two.string(), '')
  t.equal(two.uint8(), 7)
  t.throws(() => reader(0x61, 0x62).string(), malformed('emsg'), 'no end')
  t.throws(() => reader().string(), malformed('emsg'), 'nothing at all')
  t.throws(() => reader(0xff, 0).string(), malformed('emsg'), 'no UTF-8')
})

t.test('a box is known with its header, whatever form its size has', async t => {
  const written = [box('styp', [1]), wideBox('moof', [2, 2]), box('mdat')]
  const boxes = allBoxes(boxOf('segment', bytes(...written)))
  t.strictSame(boxes.map(({ type }) => type), ['styp', 'moof', 'mdat'])
  t.strictSame(boxes.map(box => [...bytesOf(box)]), written.map(box => [...box]))
  t.strictSame([...bodyOf(boxOf('moof', written[1]!, 16))], [2, 2])
})

t.test('children are found by type, also with a 64-bit size', async t => {
  const parent = boxOf('moov', bytes(box('trak', [1]), box('free'), wideBox('trak', [2, 2]), box('trak')))
  t.strictSame(childBoxes(parent, 'trak').map(child => [...bodyOf(child)]), [[1], [2, 2], []])
  t.strictSame(childBoxes(parent, 'mvex'), [])
})

t.test('children that do not fill their parent exactly are malformed', async t => {
  const bodies = {
    'less than a header': [0, 0, 0],
    'a size of 0': bytes(u32(0), fourcc('trak'), [1, 2, 3]),
    'a size of 7': bytes(u32(7), fourcc('trak'), [1, 2, 3]),
    'a size beyond the parent': bytes(u32(13), fourcc('trak'), u32(0)),
    'a 64-bit size that is cut': bytes(u32(1), fourcc('trak'), u32(0)),
    'a 64-bit size of 15': bytes(u32(1), fourcc('trak'), u64(15), u32(0)),
    'a 64-bit size of almost 2^64': bytes(u32(1), fourcc('trak'), u64(-1), u32(0))
  }
  for (const [what, body] of Object.entries(bodies)) {
    t.throws(() => childBoxes(boxOf('moov', Uint8Array.from(body)), 'free'), malformed('moov'), what)
  }
})

t.test('a mandatory child that is missing is named', async t => {
  t.throws(() => requiredBox(open(box('traf')), 'tfhd'), {
    code: 'INVALID_SEGMENT',
    message: "The traf box has no tfhd box in it: send the encoder's whole traf"
  })
})

t.test('of one array, no more boxes are read than any encoder writes, again and again', async t => {
  const inner = box('a   ', ...Array<Uint8Array>(4000).fill(box('b   ')))
  const outer = boxOf('outer', bytes(inner, inner, inner))
  const boxes = allBoxes(outer)
  t.equal(allBoxes(boxes[0]!).length, 4000)
  t.equal(allBoxes(boxes[1]!).length, 4000)
  t.throws(() => allBoxes(boxes[2]!), { code: 'INVALID_SEGMENT', message: /^There are too many boxes within boxes/ })
})

t.test('nor does any write more than 4,096 into one box', async t => {
  const holding = (count: number) => boxOf('moof', bytes(...Array<Uint8Array>(count).fill(box('free'))))
  t.equal(allBoxes(holding(4096)).length, 4096)
  t.throws(() => allBoxes(holding(4097)), { code: 'INVALID_SEGMENT', message: /^There are more than 4096 boxes in the moof/ })
})
