// The tables of a transport stream (ITU-T H.222.0 | ISO/IEC 13818-1, 2.4.4): PAT and PMT, read from packets and written into packets again.
import { MediaError } from '../media-error.js'
import { PACKET_BYTES, SYNC_BYTE } from './packet.js'

// section_length is at most 1021 for these tables; Chromium accepts 1020.
const MAX_SECTION = 1023

/** An elementary stream that Chromium's Media Source Extensions play. */
export interface ElementaryStream {
  readonly pid: number
  /**
   * Its coding: H.264 (ITU-T H.264, Annex B), AAC in ADTS (ISO/IEC 13818-7), or MPEG-1 and MPEG-2 audio (ISO/IEC 11172-3, 13818-3).
   */
  readonly coding: 'h264' | 'adts' | 'mpeg-audio'
}

/** The playable part of a programme's PMT. */
export interface ProgramMap {
  /** The PID of the packets with the programme's clock. */
  readonly clockPid: number
  readonly video: ElementaryStream | undefined
  readonly audio: ElementaryStream | undefined
}

// ITU-T H.222.0, table 2-34: the stream types that Chromium reads.
const CODINGS = new Map<number, ElementaryStream['coding']>([[0x1b, 'h264'], [0x0f, 'adts'], [0x03, 'mpeg-audio'], [0x04, 'mpeg-audio']])
const UNPLAYABLE = new Map([
  [0x01, 'MPEG-1 video'], [0x02, 'MPEG-2 video'], [0x10, 'MPEG-4 Part 2 video'], [0x24, 'HEVC'], [0x33, 'VVC'],
  [0xea, 'VC-1'], [0xdb, 'encrypted H.264']
])
const UNHEARD = new Map([[0x11, 'AAC in LATM'], [0x81, 'AC-3'], [0x87, 'E-AC-3'], [0xcf, 'encrypted AAC']])

/** Collects the sections of one PID. The first one that begins in a packet is read, as in Chromium. */
export class SectionReader {
  #bytes = new Uint8Array(MAX_SECTION)
  /** Bytes gathered; undefined outside a section. */
  #length: number | undefined

  /**
   * @param payload - of the next packet
   * @param starts - whether a section begins in it
   * @returns a section that is now complete and valid
   */
  push (payload: Uint8Array, starts: boolean): Uint8Array | undefined {
    if (starts) this.#length = 0
    if (this.#length === undefined) return undefined
    const more = starts ? payload.subarray(1 + (payload[0] ?? 0)) : payload
    const room = MAX_SECTION - this.#length
    this.#bytes.set(more.subarray(0, room), this.#length)
    this.#length += Math.min(room, more.length)
    if (this.#length < 3) return undefined
    const whole = 3 + ((this.#bytes[1]! & 0x0f) << 8 | this.#bytes[2]!)
    if (whole <= MAX_SECTION && this.#length < whole) return undefined
    const section = this.#bytes.slice(0, whole)
    this.#length = undefined
    return whole <= MAX_SECTION && crc32(section) === 0 ? section : undefined
  }
}

/**
 * Reads a program_association_section (2.4.4.3).
 * @returns the PID of the first programme's PMT: Chromium plays the first one
 */
export function readPat (section: Uint8Array): number | undefined {
  if (!isTable(section, 0x00)) return undefined
  for (let at = 8; at + 8 <= section.length; at += 4) {
    if (uint16(section, at) !== 0) return uint16(section, at + 2) & 0x1fff
  }
  return undefined
}

/**
 * Reads a TS_program_map_section (2.4.4.8). Of several streams of one kind it takes the one with the lowest PID, as Chromium does.
 * @returns undefined if it is no such section
 * @throws MediaError `UNSUPPORTED_MEDIA` if there is video, but none that browsers play, or neither video nor audio that they play
 */
export function readPmt (section: Uint8Array): ProgramMap | undefined {
  if (!isTable(section, 0x02)) return undefined
  const types: number[] = []
  const streams: ElementaryStream[] = []
  for (let at = 12 + (uint16(section, 10) & 0x0fff); at + 9 <= section.length; at += 5 + (uint16(section, at + 3) & 0x0fff)) {
    const coding = CODINGS.get(section[at]!)
    if (coding !== undefined) streams.push({ pid: uint16(section, at + 1) & 0x1fff, coding })
    types.push(section[at]!)
  }
  streams.sort((one, other) => one.pid - other.pid)
  const video = streams.find(({ coding }) => coding === 'h264')
  const audio = streams.find(({ coding }) => coding !== 'h264')
  if (video === undefined) checkPlayable(types, audio)
  return { clockPid: uint16(section, 8) & 0x1fff, video, audio }
}

/**
 * Writes a section into packets of its own, starting with continuity_counter 0, so that the same section gives the same bytes.
 * @param pid - of the packets
 */
export function packSection (pid: number, section: Uint8Array): Uint8Array {
  const room = PACKET_BYTES - 4
  const count = Math.ceil((section.length + 1) / room)
  const packets = new Uint8Array(count * PACKET_BYTES).fill(0xff)
  for (let index = 0; index < count; index++) {
    const at = index * PACKET_BYTES
    packets.set([SYNC_BYTE, (index === 0 ? 0x40 : 0) | pid >> 8, pid & 255, 0x10 | index], at)
    // The pointer_field of the first packet: the section follows directly.
    if (index === 0) packets.set([0], at + 4)
    const from = index === 0 ? 0 : index * room - 1
    packets.set(section.subarray(from, (index + 1) * room - 1), at + (index === 0 ? 5 : 4))
  }
  return packets
}

/** CRC_32 (ITU-T H.222.0, Annex A) over a section; 0 if its own CRC is included and right. */
export function crc32 (bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1
  }
  return crc >>> 0
}

function checkPlayable (types: readonly number[], audio: ElementaryStream | undefined): void {
  const video = types.map(type => UNPLAYABLE.get(type)).find(name => name !== undefined)
  if (video !== undefined) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The transport stream has ${video}, which browsers do not play from it: encode as H.264 ` +
      'without encryption (-c:v libx264), or send HEVC and other video as fragmented MP4 (-f mp4 -movflags cmaf+frag_keyframe)')
  }
  if (audio !== undefined) return
  const found = types.map(type => UNHEARD.get(type) ?? `stream type 0x${type.toString(16).padStart(2, '0')}`).join(', ')
  throw new MediaError('UNSUPPORTED_MEDIA', 'The transport stream has no video and no audio that browsers play (it has ' +
    `${found || 'nothing'}): encode as H.264 and AAC (-c:v libx264 -c:a aac)`)
}

// Whether it is long enough for the fields of every table, current, and the last section of its table.
function isTable (section: Uint8Array, tableId: number): boolean {
  return section.length >= (tableId === 0x02 ? 16 : 12) && section[0] === tableId && (section[5]! & 1) === 1
}

function uint16 (bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!
}
