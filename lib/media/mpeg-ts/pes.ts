// PES packets (ITU-T H.222.0 | ISO/IEC 13818-1, 2.4.3.6): their header, and the times in it and in the packets around it.
import { PACKET_BYTES, hasClockReference, readPacket } from './packet.js'

/** Ticks per second of every time stamp. */
export const TICKS = 90_000

// A time stamp has 33 bits, and wraps after 26.5 hours.
const WRAP = 2 ** 33
// A step of more than 3.3 hours is no progress: the times have wrapped, or gone back.
const LONGEST_STEP = 2 ** 30

/** A PES packet's header. */
export interface PesHeader {
  /** Presentation time as written, in ticks; undefined if there is none. */
  readonly pts: number | undefined
  /** Decoding time, in ticks: as written, else the presentation time. */
  readonly dts: number | undefined
  /** Bytes of the whole packet, header included; undefined if it ends with the next one. */
  readonly length: number | undefined
  /** Bytes before those of the elementary stream. */
  readonly header: number
  readonly scrambled: boolean
}

/**
 * Reads the header at the start of a transport packet's payload.
 * @returns undefined if it is not audio or video, is malformed, or does not end within the payload. Chromium stops playback at a malformed
 * one.
 */
export function readPesHeader (payload: Uint8Array): PesHeader | undefined {
  if (payload.length < 9 || payload[0] !== 0 || payload[1] !== 0 || payload[2] !== 1) return undefined
  const streamId = payload[3]!
  const isMedia = (streamId >= 0xc0 && streamId <= 0xef) || streamId === 0xbd
  const length = payload[4]! << 8 | payload[5]!
  const fields = payload[8]!
  const header = 9 + fields
  if (!isMedia || (payload[6]! & 0xc0) !== 0x80 || header > payload.length || (length !== 0 && length + 6 < header)) return undefined
  const present = payload[7]! >> 6
  const hasPts = present >= 2
  const hasDts = present === 3
  if (fields < (hasDts ? 10 : hasPts ? 5 : 0)) return undefined
  if ((hasPts && !isTime(payload, 9, present)) || (hasDts && !isTime(payload, 14, 1))) return undefined
  const pts = hasPts ? readTime(payload, 9) : undefined
  return {
    pts,
    dts: hasDts ? readTime(payload, 14) : pts,
    length: length === 0 ? undefined : length + 6,
    header,
    scrambled: (payload[6]! & 0x30) !== 0
  }
}

/** Turns the 33-bit time stamps of a programme into times that do not wrap. */
export class ProgramClock {
  #last: number | undefined

  /**
   * @param written - ticks, as in the bytes
   * @returns ticks: the first time is returned as written, and every other one as close as possible to the one before
   */
  read (written: number): number {
    const last = this.#last ?? written
    const step = modulo(written - last)
    this.#last = last + (step <= LONGEST_STEP ? step : step - WRAP)
    return this.#last
  }
}

/**
 * Moves every PTS, DTS and PCR base in whole transport packets later, modulo 2^33, in place.
 * @param packets - each PES header in them lies within one packet
 * @param isMedia - whether a PID carries PES packets
 * @param seconds - round(seconds × 90000) is added to each time
 */
export function shiftTimes (packets: Uint8Array, isMedia: (pid: number) => boolean, seconds: number): void {
  const ticks = Math.round(seconds * TICKS)
  for (let at = 0; at < packets.length; at += PACKET_BYTES) {
    // Most packets have no times: neither an adaptation field, nor the start of a PES packet.
    if ((packets[at + 1]! & 0x40) === 0 && (packets[at + 3]! & 0x20) === 0) continue
    const packet = packets.subarray(at, at + PACKET_BYTES)
    if (hasClockReference(packet)) shiftClockReference(packet, ticks)
    const header = readPacket(packet)
    if (header?.starts === true && isMedia(header.pid)) shiftPes(packet.subarray(header.payload), ticks)
  }
}

function shiftPes (payload: Uint8Array, ticks: number): void {
  const header = readPesHeader(payload)
  if (header?.pts === undefined) return
  writeTime(payload, 9, modulo(header.pts + ticks))
  if ((payload[7]! & 0x40) !== 0) writeTime(payload, 14, modulo(header.dts! + ticks))
}

// 33 bits of base, 6 reserved ones, and 9 of extension, which are kept.
function shiftClockReference (packet: Uint8Array, ticks: number): void {
  const base = uint32(packet, 6) * 2 + (packet[10]! >> 7)
  const shifted = modulo(base + ticks)
  const high = Math.floor(shifted / 2)
  for (let byte = 0; byte < 4; byte++) packet[6 + byte] = high >>> 24 - 8 * byte & 255
  packet[10] = packet[10]! & 0x7f | shifted % 2 << 7
}

// Four bits for the kind of time, then 3, 15 and 15 bits of it, each followed by a marker bit.
function isTime (bytes: Uint8Array, at: number, kind: number): boolean {
  return bytes[at]! >> 4 === kind && (bytes[at]! & bytes[at + 2]! & bytes[at + 4]! & 1) === 1
}

function readTime (bytes: Uint8Array, at: number): number {
  const low = (bytes[at + 1]! << 7 | bytes[at + 2]! >> 1) * 2 ** 15 + (bytes[at + 3]! << 7 | bytes[at + 4]! >> 1)
  return (bytes[at]! >> 1 & 7) * 2 ** 30 + low
}

function writeTime (bytes: Uint8Array, at: number, ticks: number): void {
  const middle = Math.floor(ticks / 2 ** 15) & 0x7fff
  const low = ticks % 2 ** 15
  bytes[at] = bytes[at]! & 0xf0 | Math.floor(ticks / 2 ** 30) << 1 | 1
  bytes[at + 1] = middle >> 7
  bytes[at + 2] = (middle & 0x7f) << 1 | 1
  bytes[at + 3] = low >> 7
  bytes[at + 4] = (low & 0x7f) << 1 | 1
}

function uint32 (bytes: Uint8Array, at: number): number {
  return bytes[at]! * 2 ** 24 + (bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!)
}

function modulo (ticks: number): number {
  return (ticks % WRAP + WRAP) % WRAP
}
