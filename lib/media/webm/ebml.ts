// Elements of EBML (RFC 8794) with Matroska's names (RFC 9559): reading that never leaves the given bytes, and writing.
import { MediaError } from '../media-error.js'

/** Element IDs, marker bits included (RFC 9559, 5.1). */
export const ID = {
  EBML: 0x1a45dfa3,
  DocType: 0x4282,
  Void: 0xec,
  CRC32: 0xbf,
  Segment: 0x18538067,
  SeekHead: 0x114d9b74,
  Info: 0x1549a966,
  TimestampScale: 0x2ad7b1,
  MuxingApp: 0x4d80,
  WritingApp: 0x5741,
  Tracks: 0x1654ae6b,
  TrackEntry: 0xae,
  TrackNumber: 0xd7,
  TrackUID: 0x73c5,
  TrackType: 0x83,
  FlagLacing: 0x9c,
  DefaultDuration: 0x23e383,
  CodecID: 0x86,
  CodecPrivate: 0x63a2,
  CodecDelay: 0x56aa,
  SeekPreRoll: 0x56bb,
  ContentEncodings: 0x6d80,
  Video: 0xe0,
  PixelWidth: 0xb0,
  PixelHeight: 0xba,
  AlphaMode: 0x53c0,
  Audio: 0xe1,
  Cluster: 0x1f43b675,
  Timestamp: 0xe7,
  Position: 0xa7,
  PrevSize: 0xab,
  SilentTracks: 0x5854,
  SimpleBlock: 0xa3,
  BlockGroup: 0xa0,
  Block: 0xa1,
  BlockDuration: 0x9b,
  ReferenceBlock: 0xfb,
  DiscardPadding: 0x75a2,
  EncryptedBlock: 0xaf,
  Cues: 0x1c53bb6b,
  Chapters: 0x1043a770,
  Attachments: 0x1941a469,
  Tags: 0x1254c367
} as const

/** The maximum size of an element's header here: an ID of 4 bytes, a size of 8. */
export const MAX_HEADER_BYTES = 12

/** The fields before an element's body (RFC 8794, 4). */
export interface ElementHeader {
  readonly id: number
  /** Of the body, in bytes; undefined if the element lasts until another begins. */
  readonly size: number | undefined
  /** Of the header itself, in bytes. */
  readonly length: number
}

/** A complete element. */
export interface Element {
  readonly id: number
  /** Not copied. */
  readonly body: Uint8Array
}

// A header has a dozen or so. Without a limit, 16 MB of empty ones are eight million objects in one step.
const MOST_ELEMENTS = 4_096

/** @param found - the fault, as the beginning of a sentence */
export function malformed (found: string): MediaError {
  return new MediaError('INVALID_SEGMENT', `${found}: send the encoder's bytes in order, with none left out`)
}

/**
 * The length in bytes of a variable-size integer (RFC 8794, 4.1), from its first byte.
 * @throws MediaError `INVALID_SEGMENT` above 8
 */
export function vintLength (first: number): number {
  if (first === 0) throw malformed('There is no element where one must begin')
  return Math.clz32(first) - 23
}

/**
 * The value of a variable-size integer, rounded above 2^53; undefined if all its bits are ones, as in an unknown size (RFC 8794, 6.2).
 * @param length - as {@link vintLength} returns it; this many bytes must be present
 */
export function vintValue (bytes: Uint8Array, at: number, length: number): number | undefined {
  let value = bytes[at]! & 0xff >> length
  let ones = value === 0xff >> length
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index]!
    value = value * 256 + byte
    ones &&= byte === 0xff
  }
  return ones ? undefined : value
}

/**
 * Reads the header of an element.
 * @returns undefined if more bytes are needed; {@link MAX_HEADER_BYTES} are always enough
 * @throws MediaError `INVALID_SEGMENT` for an ID of more than 4 bytes, or a size of more than 8, or above 2^53
 */
export function readHeader (bytes: Uint8Array, at: number): ElementHeader | undefined {
  if (at >= bytes.length) return undefined
  const sizeAt = at + vintLength(bytes[at]!)
  if (sizeAt - at > 4) throw malformed('There is no element where one must begin')
  if (sizeAt >= bytes.length) return undefined
  const end = sizeAt + vintLength(bytes[sizeAt]!)
  if (end > bytes.length) return undefined
  const size = vintValue(bytes, sizeAt, end - sizeAt)
  if (size !== undefined && size > Number.MAX_SAFE_INTEGER) throw malformed('An element gives a size that no body has')
  let id = 0
  for (let index = at; index < sizeAt; index++) id = id * 256 + bytes[index]!
  return { id, size, length: end - at }
}

/**
 * The elements that fill these bytes, in order.
 * @throws MediaError `INVALID_SEGMENT` if one is incomplete, or of unknown size, or there are more than 4,096
 */
export function readElements (bytes: Uint8Array): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    if (found.length === MOST_ELEMENTS) throw malformed(`There are more than ${MOST_ELEMENTS} elements in one, which no muxer writes`)
    const header = readHeader(bytes, at)
    const end = header?.size === undefined ? Infinity : at + header.length + header.size
    if (header === undefined || end > bytes.length) throw malformed('An element does not hold what its own size says')
    found.push({ id: header.id, body: bytes.subarray(at + header.length, end) })
    at = end
  }
  return found
}

/** An unsigned integer (RFC 8794, 7.2), rounded above 2^53. */
export function readUnsigned (body: Uint8Array): number {
  let value = 0
  for (const byte of body) value = value * 256 + byte
  return value
}

/** A string in ASCII (RFC 8794, 7.4), without its zero padding. */
export function readString (body: Uint8Array): string {
  return String.fromCharCode(...body.subarray(0, 64)).replace(/\0+$/, '')
}

/** How many bytes {@link writeHeader} writes. */
export function headerLength (id: number, size: number): number {
  return idLength(id) + sizeLength(size)
}

/** Writes the header of an element. @returns the position of its body */
export function writeHeader (target: Uint8Array, at: number, id: number, size: number): number {
  const sizeAt = at + idLength(id)
  writeUnsigned(target, at, sizeAt, id)
  return writeVint(target, sizeAt, size)
}

/** The number of bytes that {@link writeVint} writes: the fewest that hold the value, except that all ones would mean an unknown size. */
export function sizeLength (value: number): number {
  let length = 1
  while (value >= 128 ** length - 1) length++
  return length
}

/** Writes a variable-size integer (RFC 8794, 4.1). @returns the position after it */
export function writeVint (target: Uint8Array, at: number, value: number): number {
  const length = sizeLength(value)
  writeUnsigned(target, at, at + length, value)
  target[at]! |= 0x100 >> length
  return at + length
}

/** An element of these parts. */
export function element (id: number, ...parts: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(headerLength(id, size) + size)
  let at = writeHeader(bytes, 0, id, size)
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** An element with an unsigned integer, in as few bytes as possible (RFC 8794, 7.2). */
export function unsignedElement (id: number, value: number): Uint8Array<ArrayBuffer> {
  let length = 1
  while (value >= 256 ** length) length++
  const body = new Uint8Array(length)
  writeUnsigned(body, 0, length, value)
  return element(id, body)
}

function idLength (id: number): number {
  return 4 - (Math.clz32(id) >> 3)
}

function writeUnsigned (target: Uint8Array, at: number, end: number, value: number): void {
  let rest = value
  for (let index = end - 1; index >= at; index--) {
    target[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
}
