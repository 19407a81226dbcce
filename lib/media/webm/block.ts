// The fields of a Block, a SimpleBlock and a BlockGroup (RFC 9559, 10) around the frames, read in place: frames may be as large as a
// segment.
import type { ByteQueue } from '../byte-queue.js'
import type { BlockHeader } from './cluster.js'
import { MAX_HEADER_BYTES, malformed, readHeader, readUnsigned, vintLength, vintValue } from './ebml.js'

/** The maximum of bytes in a block's track, time and flags. */
export const MAX_BLOCK_HEADER_BYTES = 8 + 3
const MAX_INTEGER_BYTES = 8
// A block, its duration, its references, and spare room.
const MOST_IN_GROUP = 64

/**
 * Reads track, time and flags of a Block or SimpleBlock (RFC 9559, 10.1 and 10.2).
 * @param end - the end of the block, or of its bytes so far
 * @param clusterTime - that of its cluster, in units of the TimestampScale
 */
export function readBlock (
  bytes: Uint8Array, at: number, end: number, clusterTime: number | undefined
): { header: BlockHeader, headerLength: number } {
  if (clusterTime === undefined) throw malformed('A block comes before the Timestamp of its cluster')
  const timeAt = at < end ? at + vintLength(bytes[at]!) : end
  if (timeAt + 3 > end) throw malformed('A block is too short for its own header')
  const relative = (bytes[timeAt]! << 8 | bytes[timeAt + 1]!) << 16 >> 16
  const track = vintValue(bytes, at, timeAt - at) ?? 0
  return { header: { track, time: clusterTime + relative, flags: bytes[timeAt + 2]! }, headerLength: timeAt + 3 - at }
}

/** An element at the front of a queue: the position of its body, in bytes. */
export interface Part {
  readonly id: number
  readonly at: number
  readonly size: number
}

/**
 * The parts of a BlockGroup whose body is at the front of a queue.
 * @param groupBytes - the length of that body
 * @throws MediaError `INVALID_SEGMENT` if an element in it is incomplete, or of unknown size, or there are more than 64
 */
export function partsOfGroup (input: ByteQueue, groupBytes: number): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < groupBytes;) {
    if (parts.length === MOST_IN_GROUP) throw malformed(`A BlockGroup has more than ${MOST_IN_GROUP} elements in it`)
    const header = readHeader(input.peek(Math.min(MAX_HEADER_BYTES, groupBytes - at), at), 0)
    if (header?.size === undefined || at + header.length + header.size > groupBytes) {
      throw malformed('An element does not hold what its own size says')
    }
    parts.push({ id: header.id, at: at + header.length, size: header.size })
    at += header.length + header.size
  }
  return parts
}

/**
 * The body of an integer, in a new array.
 * @throws MediaError `INVALID_SEGMENT` if it has more than 8 bytes (RFC 8794, 7.1 and 7.2)
 */
export function integerAt (input: ByteQueue, at: number, size: number): Uint8Array {
  if (size > MAX_INTEGER_BYTES) throw malformed('A number has more than 8 bytes')
  return input.peek(size, at).slice()
}

/** A time, in units of the TimestampScale. @throws MediaError `INVALID_SEGMENT` above 2^53 */
export function timestamp (body: Uint8Array): number {
  const time = readUnsigned(body)
  if (time > Number.MAX_SAFE_INTEGER) throw malformed('A time is above 2^53')
  return time
}
