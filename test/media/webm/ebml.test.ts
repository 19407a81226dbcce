import t from 'tap'
import { ID, element, headerLength, readElements, readHeader, readString, readUnsigned, sizeLength, unsignedElement, vintLength, vintValue, writeHeader, writeVint } from '../../../lib/media/webm/ebml.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const from = (text: string) => Buffer.from(text, 'hex')

t.test('a variable-size integer says in its first byte how long it is', async t => {
  t.strictSame([0x80, 0xff, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01].map(vintLength), [1, 1, 2, 3, 4, 5, 6, 7, 8])
  t.throws(() => vintLength(0), { name: 'MediaError', code: 'INVALID_SEGMENT' })
  t.equal(vintValue(from('82'), 0, 1), 2)
  t.equal(vintValue(from('ff4002'), 1, 2), 2)
  t.equal(vintValue(from('01000000000000ff'), 0, 8), 255)
})

t.test('all bits as ones are an unknown size, in any length', async t => {
  for (const unknown of ['ff', '7fff', '3fffff', '01ffffffffffffff']) t.equal(vintValue(from(unknown), 0, unknown.length / 2), undefined, unknown)
  t.equal(vintValue(from('7ffe'), 0, 2), 0x3ffe)
})

t.test('a header needs all of its bytes', async t => {
  const whole = from('1a45dfa3010000000000001f')
  for (let length = 0; length < whole.length; length++) t.equal(readHeader(whole.subarray(0, length), 0), undefined)
  t.strictSame(readHeader(whole, 0), { id: 0x1a45dfa3, size: 31, length: 12 })
  t.strictSame(readHeader(from('00a381'), 1), { id: 0xa3, size: 1, length: 2 })
  t.strictSame(readHeader(from('1f43b675ff'), 0), { id: 0x1f43b675, size: undefined, length: 5 })
})

t.test('what is no header, or of a size that nothing has, is refused', async t => {
  for (const bad of ['00', '08', '0f43b675', 'a300', 'a301fffffffffffffe']) {
    t.throws(() => readHeader(from(bad), 0), { name: 'MediaError', code: 'INVALID_SEGMENT', message: /: send the encoder's bytes in order, with none left out$/ }, bad)
  }
})

t.test('elements fill their parent exactly', async t => {
  t.strictSame(readElements(from('')), [])
  t.strictSame(readElements(from('e78105ec80')).map(({ id, body }) => [id, hex(body)]), [[0xe7, '05'], [0xec, '']])
  for (const bad of ['e7', 'e782', 'e78205', 'e7ff05']) t.throws(() => readElements(from(bad)), { code: 'INVALID_SEGMENT' }, bad)
})

t.test('numbers and strings', async t => {
  t.equal(readUnsigned(from('')), 0)
  t.equal(readUnsigned(from('0102030405')), 0x0102030405)
  t.equal(readString(from('7765626d0000')), 'webm')
  t.equal(readString(Buffer.alloc(1000, 'a')).length, 64)
})

t.test('what is written is read again, in as few bytes as hold it', async t => {
  for (const [size, length] of [[0, 1], [126, 1], [127, 2], [16382, 2], [16383, 3], [2 ** 40, 6]] as const) {
    t.equal(sizeLength(size), length)
    const bytes = new Uint8Array(length + 1)
    t.equal(writeVint(bytes, 1, size), length + 1)
    t.equal(vintLength(bytes[1]!), length)
    t.equal(vintValue(bytes, 1, length), size)
  }
  for (const id of [0xa3, 0x4282, 0x2ad7b1, 0x1a45dfa3]) {
    const bytes = new Uint8Array(headerLength(id, 300))
    t.equal(writeHeader(bytes, 0, id, 300), bytes.length)
    t.strictSame(readHeader(bytes, 0), { id, size: 300, length: bytes.length })
  }
  t.equal(hex(element(0xec)), 'ec80')
  t.equal(hex(element(0x4282, from('77'), from('6562'))), '428283776562')
  t.equal(hex(unsignedElement(0xe7, 0)), 'e78100')
  t.equal(hex(unsignedElement(0xe7, 256)), 'e7820100')
})

t.test('no element holds more elements than any muxer writes', async t => {
  const voids = (count: number) => new Uint8Array(2 * count).map((_, at) => at % 2 === 0 ? ID.Void : 0x80)
  t.equal(readElements(voids(4096)).length, 4096)
  t.throws(() => readElements(voids(4097)), { code: 'INVALID_SEGMENT', message: /more than 4096/ })
})
