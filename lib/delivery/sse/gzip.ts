// One gzip body (RFC 1952) built from parts that many connections share: each part is a run of whole deflate blocks (RFC 1951) that ends on
// a byte boundary and refers to nothing before it, so parts in any order make a valid body. A part sent by itself ends with an empty stored
// block: some decoders (Go's) release their output only at such a block, or when their window is full.
import { constants, deflateRaw, deflateRawSync } from 'node:zlib'
import { checksumOf, joinedChecksum } from './checksum.js'
import type { Checksum } from './checksum.js'

/** Text as deflate blocks. */
export interface Part {
  readonly bytes: Buffer
  /** Of the text. */
  readonly checksum: Checksum
}

/** The start of a gzip body: deflate, no name, no time, no system. */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

// An empty stored block, as zlib writes it for Z_SYNC_FLUSH.
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff])
// The last block must be marked: another empty stored one.
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff])
const NOTHING = new Uint8Array(0)
const STORED_HEADER_BYTES = 5
const MOST_STORED = 0xffff
// For base64, Huffman coding gains all that is possible, and searching for repetitions gains nothing. The largest blocks have the fewest
// code tables.
const HUFFMAN = { strategy: constants.Z_HUFFMAN_ONLY, finishFlush: constants.Z_SYNC_FLUSH, memLevel: 9 }

/** Uncompressed text, only framed in blocks: no work, and no gain. Every decoder releases it as soon as it arrives. */
export function stored (text: Uint8Array): Part {
  return inStoredBlocks(text, FLUSH)
}

/** As {@link stored}, for text that is sent with a part after it, and released with that. */
export function storedAhead (text: Uint8Array): Part {
  return inStoredBlocks(text, NOTHING)
}

/** Compresses text at once. */
export function deflated (text: Uint8Array): Part {
  return { bytes: deflateRawSync(text, HUFFMAN), checksum: checksumOf(text) }
}

/** Compresses text off the main thread. If it would become longer, it is stored. */
export function deflateLater (text: Uint8Array, done: (part: Part) => void): void {
  deflateRaw(text, { ...HUFFMAN, maxOutputLength: Math.max(1, text.byteLength) }, (error, bytes) => {
    done(error === null ? { bytes, checksum: checksumOf(text) } : stored(text))
  })
}

/**
 * Text in pieces as deflate blocks, compressed off the main thread if worthwhile.
 * @returns their bytes, in order, and the checksum of all
 */
export async function inParts (pieces: Iterable<Uint8Array>, deflates: boolean): Promise<{ bytes: Buffer[], checksum: Checksum }> {
  const bytes: Buffer[] = []
  let checksum = checksumOf(NOTHING)
  for (const piece of pieces) {
    const part = await new Promise<Part>(resolve => {
      if (deflates) deflateLater(piece, resolve)
      else setImmediate(() => resolve(stored(piece)))
    })
    bytes.push(part.bytes)
    checksum = joinedChecksum(checksum, part.checksum)
  }
  return { bytes, checksum }
}

/** The end of a gzip body. @param crc - of all its text @param length - of all its text, in bytes */
export function gzipTrailer (crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(LAST_BLOCK.byteLength + 8)
  let at = LAST_BLOCK.copy(bytes)
  at = bytes.writeInt32LE(crc, at)
  bytes.writeUInt32LE(length % 2 ** 32, at)
  return bytes
}

function inStoredBlocks (text: Uint8Array, end: Uint8Array): Part {
  const blocks = Math.ceil(text.byteLength / MOST_STORED)
  const bytes = Buffer.allocUnsafeSlow(text.byteLength + blocks * STORED_HEADER_BYTES + end.byteLength)
  let at = 0
  for (let from = 0; from < text.byteLength; from += MOST_STORED) {
    const block = text.subarray(from, from + MOST_STORED)
    at = bytes.writeUInt8(0, at)
    at = bytes.writeUInt16LE(block.byteLength, at)
    at = bytes.writeUInt16LE(block.byteLength ^ MOST_STORED, at)
    bytes.set(block, at)
    at += block.byteLength
  }
  bytes.set(end, at)
  return { bytes, checksum: checksumOf(text) }
}
