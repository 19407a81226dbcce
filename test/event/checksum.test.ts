// The checksum of a whole is that of its parts, whatever they are.
import { crc32 } from 'node:zlib'
import t from 'tap'
import { appended, between, checksumOf, joinedChecksum } from '../../lib/event/checksum.js'
import { knownBytes } from '../kit/segments.js'

t.test('of one part it is what zlib says', async t => {
  for (const length of [0, 1, 9, 65_536]) {
    const bytes = knownBytes(length, length)
    const checksum = checksumOf(bytes)
    t.equal(checksum.length, length)
    t.equal(checksum.crc >>> 0, crc32(bytes))
    t.equal(appended(0, checksum) >>> 0, crc32(bytes), 'after nothing')
  }
})

t.test('of many parts, of every length, it is that of the whole', async t => {
  const lengths = [0, 1, 2, 3, 5, 8, 13, 255, 256, 257, 4095, 65_535, 65_536, 1_000_003]
  const parts = lengths.map((length, seed) => knownBytes(seed, length))
  for (const order of [parts, parts.toReversed()]) {
    let crc = 0
    for (const part of order) crc = appended(crc, checksumOf(part))
    t.equal(crc >>> 0, crc32(Buffer.concat(order)))
  }
})

t.test('of what was appended between two moments it is that of those parts', async t => {
  const parts = [0, 1, 70_000, 3, 256].map((length, seed) => knownBytes(seed, length))
  const crcs = [0]
  for (const part of parts) crcs.push(appended(crcs.at(-1)!, checksumOf(part)))
  for (let from = 0; from <= parts.length; from++) {
    for (let to = from; to <= parts.length; to++) {
      const middle = Buffer.concat(parts.slice(from, to))
      t.strictSame(between(crcs[from]!, crcs[to]!, middle.byteLength), checksumOf(middle))
    }
  }
})

t.test('of two parts as one, others may go on from it', async t => {
  const [one, other, last] = [5, 70_000, 3].map((length, seed) => knownBytes(seed, length)) as [Buffer, Buffer, Buffer]
  const both = joinedChecksum(checksumOf(one), checksumOf(other))
  t.strictSame(both, checksumOf(Buffer.concat([one, other])))
  t.equal(appended(both.crc, checksumOf(last)) >>> 0, crc32(Buffer.concat([one, other, last])))
})
