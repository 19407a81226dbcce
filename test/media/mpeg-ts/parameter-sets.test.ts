import t from 'tap'
import { AccessUnitHead, readSps } from '../../../lib/media/mpeg-ts/parameter-sets.js'
import { AUD, BitWriter, SPS, bytes, keyPicture, picture } from './build-ts.js'

interface SpsFields {
  readonly profile?: number
  readonly chroma?: (writer: BitWriter) => BitWriter
  readonly order?: (writer: BitWriter) => BitWriter
  readonly frames?: boolean
  readonly crop?: [number, number, number, number]
}

function sps ({ profile = 66, chroma = writer => writer, order = writer => writer.golomb(2), frames = true, crop }: SpsFields): Uint8Array {
  const writer = order(chroma(new BitWriter().golomb(0)).golomb(0)).golomb(1).bits(0, 1).golomb(19, frames ? 11 : 5).bits(frames ? 1 : 0, 1)
  if (!frames) writer.bits(0, 1)
  writer.bits(1, 1).bits(crop === undefined ? 0 : 1, 1)
  if (crop !== undefined) writer.golomb(...crop)
  return bytes([0x67, profile, 0xc0, 0x1f], writer.bits(0, 1).bytes)
}

const size = (nal: Uint8Array) => {
  const { width, height } = readSps(nal) ?? {}
  return [width, height]
}
const chroma = (format: number, scaling = (writer: BitWriter) => writer.bits(0, 1)) => (writer: BitWriter) => {
  writer.golomb(format)
  if (format === 3) writer.bits(0, 1)
  return scaling(writer.golomb(0, 0).bits(0, 1))
}

t.test('profile, level and size are read', async t => {
  t.strictSame(readSps(sps({})), { codec: 'avc1.42c01f', width: 320, height: 192 })
  t.strictSame(readSps(SPS.subarray(3)), { codec: 'avc1.42c01f', width: 64, height: 48 })
})

t.test('cropping counts in the units of chroma and of fields', async t => {
  const crop: [number, number, number, number] = [1, 2, 0, 3]
  t.strictSame(size(sps({ crop })), [314, 186])
  t.strictSame(size(sps({ crop, frames: false })), [314, 180])
  t.strictSame(size(sps({ profile: 100, chroma: chroma(0), crop })), [317, 189])
  t.strictSame(size(sps({ profile: 122, chroma: chroma(2), crop })), [314, 189])
  t.strictSame(size(sps({ profile: 244, chroma: chroma(3), crop })), [317, 189])
  t.strictSame(size(sps({ profile: 244, chroma: writer => writer.golomb(3).bits(1, 1).golomb(0, 0).bits(0, 2), crop })), [317, 189])
})

t.test('scaling lists and every kind of picture order are passed over', async t => {
  const lists = (count: number) => (writer: BitWriter) => {
    writer.bits(1, 1)
    for (let list = 0; list < count; list++) {
      if (list === 1) {
        writer.bits(1, 1).signed(-8)
      } else if (list === 2 || list === 7) {
        writer.bits(1, 1)
        for (let index = 0; index < (list < 6 ? 16 : 64); index++) writer.signed(index % 2 === 0 ? 3 : -2)
      } else {
        writer.bits(0, 1)
      }
    }
    return writer
  }
  t.strictSame(size(sps({ profile: 100, chroma: chroma(1, lists(8)) })), [320, 192])
  t.strictSame(size(sps({ profile: 244, chroma: chroma(3, lists(12)) })), [320, 192])
  t.strictSame(size(sps({ order: writer => writer.golomb(0, 4) })), [320, 192])
  t.strictSame(size(sps({ order: writer => writer.golomb(1).bits(0, 1).signed(-3).signed(2).golomb(2).signed(1).signed(5) })), [320, 192])
})

t.test('emulation prevention is undone', async t => {
  const plain = sps({ order: writer => writer.golomb(1).bits(0, 1).golomb(0, 0, 1).golomb(2 ** 24 - 1) })
  const text = Buffer.from(plain).toString('hex')
  t.match(text, /0000/)
  const escaped = text.replace(/(?<=^(?:..)*)0000(?=0[0-3])/g, '000003')
  t.strictSame(size(Buffer.from(escaped, 'hex')), [320, 192])
  t.strictSame(size(bytes(sps({}), [1, 3, 1, 0, 3])), [320, 192], 'a 3 after less than two zeros is none')
})

t.test('malformed ones are none', async t => {
  for (let length = 0; length < sps({}).length - 1; length++) t.equal(readSps(sps({}).subarray(0, length)), undefined)
  t.equal(readSps(sps({ crop: [200, 200, 0, 0] })), undefined)
  t.equal(readSps(sps({ crop: [0, 0, 200, 200] })), undefined)
  t.equal(readSps(sps({ order: writer => writer.golomb(1).bits(0, 1).golomb(0, 0, 2 ** 31) })), undefined)
  t.equal(readSps(bytes([0x67, 66, 0, 31], new Uint8Array(40))), undefined)
})

function head (unit: Uint8Array, step = unit.length): AccessUnitHead {
  const read = new AccessUnitHead()
  read.push(Uint8Array.of(0, 0, 1, 0x41))
  read.begin()
  for (let at = 0; at < unit.length && read.isKey === undefined; at += step) read.push(unit.subarray(at, at + step))
  return read
}

t.test('a key picture is known by its slice, however its bytes come', async t => {
  for (const step of [1, 2, 3, 7, 1000]) {
    const key = head(keyPicture(), step)
    t.strictSame([key.isKey, key.delimited, key.picture], [true, true, { codec: 'avc1.42c01f', width: 64, height: 48 }])
    const other = head(picture(), step)
    t.strictSame([other.isKey, other.delimited, other.picture], [false, true, undefined])
  }
})

t.test('nothing is known before the slice, and nothing is after too many bytes', async t => {
  t.equal(head(bytes(AUD, SPS)).isKey, undefined)
  t.equal(head(bytes(AUD, SPS, new Uint8Array(17_000))).isKey, false)
  t.equal(head(bytes(AUD, SPS, new Uint8Array(17_000), [0, 0, 1, 0x65]), 184).isKey, false)
})

t.test('a delimiter stands first', async t => {
  t.equal(head(bytes(SPS, AUD, [0, 0, 1, 0x65])).delimited, false)
  t.equal(head(bytes([0], AUD, [0, 0, 1, 0x65])).delimited, true)
})
