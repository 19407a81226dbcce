// Parts in any order, each any number of times, are one body that gunzip reads; and it notices whatever is wrong with it.
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { appended, checksumOf } from '../../lib/event/checksum.js'
import { GZIP_HEADER, deflateLater, deflated, gzipTrailer, inParts, stored } from '../../lib/event/gzip.js'
import type { Part } from '../../lib/event/gzip.js'
import { knownBytes } from '../kit/segments.js'

function bodyOf (parts: readonly Part[]): Buffer {
  let crc = 0
  let length = 0
  for (const { checksum } of parts) {
    crc = appended(crc, checksum)
    length += checksum.length
  }
  return Buffer.concat([GZIP_HEADER, ...parts.map(({ bytes }) => bytes), gzipTrailer(crc, length)])
}

const later = async (text: Uint8Array): Promise<Part> => await new Promise(resolve => { deflateLater(text, resolve) })

t.test('any parts in any order make a body', async t => {
  const texts = ['data: a\n\n', 'data: é\n\n'.repeat(1000), knownBytes(1, 100_000).toString('base64'), 'x'.repeat(65_535), 'y'.repeat(65_536), 'z'.repeat(200_000), ''].map(text => Buffer.from(text))
  const parts: Part[] = []
  for (const text of texts) parts.push(stored(text), deflated(text), await later(text))
  const body = texts.flatMap(text => [text, text, text])
  t.ok(gunzipSync(bodyOf(parts)).equals(Buffer.concat(body)))
  t.ok(gunzipSync(bodyOf(parts.toReversed())).equals(Buffer.concat(body.toReversed())))
  t.ok(gunzipSync(bodyOf([parts[7]!, parts[7]!, parts[1]!])).equals(Buffer.concat([body[7]!, body[7]!, body[1]!])))
  t.equal(gunzipSync(bodyOf([])).byteLength, 0)
})

t.test('base64 shrinks to little more than what it says, at once and later alike', async t => {
  const media = knownBytes(1, 65_536)
  const text = Buffer.from(media.toString('base64'))
  t.ok(deflated(text).bytes.byteLength < 1.01 * media.byteLength, `${deflated(text).bytes.byteLength} bytes`)
  t.ok((await later(text)).bytes.equals(deflated(text).bytes))
})

t.test('what cannot be compressed is stored', async t => {
  const bytes = knownBytes(1, 100_000)
  t.ok((await later(bytes)).bytes.equals(stored(bytes).bytes))
})

t.test('what is missing or wrong is noticed', async t => {
  const parts = ['one', 'two', 'three'].map(text => deflated(Buffer.from(text)))
  const whole = bodyOf(parts)
  t.throws(() => gunzipSync(whole.subarray(0, -1)), { code: 'Z_BUF_ERROR' })
  const [first, , third] = parts
  const checksum = { ...parts[1]!.checksum, crc: 7 }
  t.throws(() => gunzipSync(bodyOf([first!, { ...parts[1]!, checksum }, third!])), { code: 'Z_DATA_ERROR' })
})

t.test('a body of more than 4 GiB tells its length modulo that', async t => {
  t.equal(gzipTrailer(-1, 2 ** 32 + 5).readUInt32LE(9), 5)
  t.equal(gzipTrailer(-1, 5).readUInt32LE(5), 0xffffffff)
})

t.test('text in pieces is one part, whether it is compressed or not', async t => {
  const texts = ['data: a\n\n'.repeat(10_000), '', knownBytes(1, 50_000).toString('base64')].map(text => Buffer.from(text))
  const whole = Buffer.concat(texts)
  for (const deflates of [true, false]) {
    const { bytes, checksum } = await inParts(texts, deflates)
    t.equal(bytes.length, texts.length)
    t.ok(gunzipSync(bodyOf([{ bytes: Buffer.concat(bytes), checksum }])).equals(whole))
    t.equal(Buffer.concat(bytes).byteLength < whole.byteLength, deflates)
  }
  t.strictSame(await inParts([], true), { bytes: [], checksum: checksumOf(Buffer.alloc(0)) })
})
