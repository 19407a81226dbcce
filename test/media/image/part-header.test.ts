import t from 'tap'
import { PartHeaderReader } from '../../../lib/media/image/part-header.js'

const lines = (reader: PartHeaderReader, text: string) => Array.from(text, character => reader.readByte(character.charCodeAt(0))).filter(line => line !== undefined)

t.test('lines end with LF, and keep the CR before it', async t => {
  const reader = new PartHeaderReader()
  t.ok(reader.isEmpty)
  t.strictSame(lines(reader, 'a: b\r\nc\n\nd'), ['a: b\r', 'c', ''])
  t.equal(reader.line, 'd')
  t.notOk(reader.isEmpty)
})

t.test('fields are known by their names in any case, and each header begins anew', async t => {
  const header = (...fields: string[]) => {
    const reader = new PartHeaderReader()
    for (const field of fields) reader.readField(field)
    return reader.take()
  }
  t.strictSame(header('Content-type: image/jpeg', 'Content-length: 7760'), { type: 'image/jpeg', length: 7760 })
  t.strictSame(header('CONTENT-TYPE:IMAGE/JPEG ; x=y', 'content-LENGTH:   12\t'), { type: 'image/jpeg', length: 12 })
  t.strictSame(header('X-Timestamp: 1.2', 'HTTP/1.0 200 OK', ' folded: x', 'Content-Disposition: form-data; name="a: b"'), { type: undefined, length: undefined })
  t.strictSame(header('Content-Type: <b>/jpeg'), { type: undefined, length: undefined })
  t.strictSame(header('Content-Type: image/jpeg\u00e9'), { type: undefined, length: undefined })
  const reader = new PartHeaderReader()
  reader.readField('content-length: 5')
  reader.readByte(0x0a)
  t.strictSame(reader.take(), { type: undefined, length: 5 })
  t.strictSame(reader.take(), { type: undefined, length: undefined })
  t.ok(reader.isEmpty)
})

t.test('a length that is no number of bytes is as good as none', async t => {
  for (const value of ['', '-1', '0x10', '1.5', '12, 12', '1234567890123456']) {
    const reader = new PartHeaderReader()
    reader.readField(`Content-Length: ${value}`)
    t.strictSame(reader.take(), { type: undefined, length: undefined }, value)
  }
})

t.test('a header has at most 8 KiB, in one line or in many', async t => {
  const refusal = { code: 'INVALID_SEGMENT', message: "A part's header has more than 8192 bytes: end it with an empty line" }
  for (const text of ['x'.repeat(8192), 'x\n'.repeat(4096)]) {
    const reader = new PartHeaderReader()
    lines(reader, text)
    t.throws(() => reader.readByte(0x0a), refusal)
  }
  const reader = new PartHeaderReader()
  lines(reader, 'x'.repeat(8192))
  reader.take()
  t.equal(reader.readByte(0x78), undefined)
})
