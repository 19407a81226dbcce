// Hand-made transport streams for tests: packets, tables, PES packets and H.264 with any fields, and the smallest programme that is valid.
import { crc32 } from '../../../lib/media/mpeg-ts/tables.js'

export const PMT = 0x1000
export const VIDEO = 0x100
export const AUDIO = 0x101

type Part = Uint8Array | readonly number[]

export function bytes (...parts: Part[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(part => Uint8Array.from(part))))
}

interface PacketFields {
  readonly starts?: boolean
  readonly damaged?: boolean
  readonly scrambled?: boolean
  /** PCR base in ticks. */
  readonly clock?: number
  readonly payload?: Part
}

/** One packet; stuffing in the adaptation field fills it. */
export function packet (pid: number, { starts = false, damaged = false, scrambled = false, clock, payload = [] }: PacketFields): Uint8Array {
  if (payload.length > 184) throw new RangeError('A packet has room for 184 bytes')
  const reference = clock === undefined ? [] : clockReference(clock)
  const room = 184 - payload.length
  const control = (room > 0 ? 0x20 : 0) | (payload.length > 0 ? 0x10 : 0)
  const adaptation = bytes([room - 1, clock === undefined ? 0 : 0x10], reference, new Uint8Array(184).fill(0xff)).subarray(0, room)
  return bytes([0x47, (damaged ? 0x80 : 0) | (starts ? 0x40 : 0) | pid >> 8, pid & 255, (scrambled ? 0x80 : 0) | control], adaptation, payload)
}

/** A PES packet or a section, in as many packets as it takes. */
export function packets (pid: number, payload: Part, fields: PacketFields = {}): Uint8Array[] {
  const whole = Uint8Array.from(payload)
  const first = fields.clock === undefined ? 184 : 176
  const made = [packet(pid, { ...fields, starts: true, payload: whole.subarray(0, first) })]
  for (let at = first; at < whole.length; at += 184) made.push(packet(pid, { payload: whole.subarray(at, at + 184) }))
  return made
}

export function clockReference (base: number, extension = 7): number[] {
  const high = Math.floor(base / 2)
  return [high >>> 24, high >>> 16 & 255, high >>> 8 & 255, high & 255, base % 2 << 7 | 0x7e, extension]
}

export function section (tableId: number, body: Part, { current = true } = {}): Uint8Array {
  const length = body.length + 9
  const head = bytes([tableId, 0xb0 | length >> 8, length & 255, 0, 1, current ? 0xc1 : 0xc0, 0, 0], body)
  const crc = crc32(head)
  return bytes(head, [crc >>> 24, crc >>> 16 & 255, crc >>> 8 & 255, crc & 255])
}

export function patSection (...programs: Array<[number, number]>): Uint8Array {
  return section(0, programs.flatMap(([number, pid]) => [number >> 8, number & 255, 0xe0 | pid >> 8, pid & 255]))
}

/** A section in a packet, stuffed as muxers do it. */
export function table (pid: number, section: Uint8Array): Uint8Array {
  return packet(pid, { starts: true, payload: bytes([0], section, new Uint8Array(183 - section.length).fill(0xff)) })
}

/** @param streams - type, PID, and bytes of descriptors */
export function pmtSection (streams: ReadonlyArray<readonly [number, number, number?]>, clockPid = VIDEO): Uint8Array {
  return section(2, [0xe0 | clockPid >> 8, clockPid & 255, 0xf0, 0, ...streams.flatMap(([type, pid, info = 0]) => [type, 0xe0 | pid >> 8, pid & 255, 0xf0, info, ...Array<number>(info).fill(0)])])
}

export function tables (...streams: ReadonlyArray<readonly [number, number, number?]>): Uint8Array {
  return bytes(table(0, patSection([1, PMT])), table(PMT, pmtSection(streams)))
}

function time (kind: number, ticks: number): number[] {
  const big = BigInt(ticks)
  const bits = (from: bigint, count: number) => Number(big >> from & (1n << BigInt(count)) - 1n)
  return [kind << 4 | bits(30n, 3) << 1 | 1, bits(22n, 8), bits(15n, 7) << 1 | 1, bits(7n, 8), bits(0n, 7) << 1 | 1]
}

interface PesFields {
  readonly id?: number
  readonly pts?: number
  readonly dts?: number
  /** Whether PES_packet_length says how long it is. */
  readonly bounded?: boolean
  readonly scrambled?: boolean
  readonly es?: Part
}

export function pes ({ id = 0xe0, pts, dts, bounded = false, scrambled = false, es = [] }: PesFields): Uint8Array {
  const times = pts === undefined ? [] : dts === undefined ? time(2, pts) : [...time(3, pts), ...time(1, dts)]
  const length = bounded ? 3 + times.length + es.length : 0
  return bytes([0, 0, 1, id, length >> 8, length & 255, scrambled ? 0xa0 : 0x80, pts === undefined ? 0 : dts === undefined ? 0x80 : 0xc0, times.length], times, es)
}

/** Writes bits, and Exp-Golomb codes. */
export class BitWriter {
  #bits = ''

  bits (value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0')
    return this
  }

  golomb (...values: number[]): this {
    for (const value of values) {
      const bits = (value + 1).toString(2)
      this.#bits += '0'.repeat(bits.length - 1) + bits
    }
    return this
  }

  signed (value: number): this {
    return this.golomb(value > 0 ? 2 * value - 1 : -2 * value)
  }

  get bytes (): Uint8Array {
    const whole = (this.#bits + '1').padEnd(Math.ceil((this.#bits.length + 1) / 8) * 8, '0')
    return Uint8Array.from(whole.match(/.{8}/g)!, byte => parseInt(byte, 2))
  }
}

const START = [0, 0, 1]
export const AUD = bytes(START, [9, 0xf0])
/** Baseline, level 3.1: 64 by 48 pixels. */
export const SPS = bytes(START, [0x67, 0x42, 0xc0, 0x1f], new BitWriter().golomb(0, 0, 2, 1).bits(0, 1).golomb(3, 2).bits(1, 1).bits(0, 2).bytes)
const PPS = bytes(START, [0x68, 0xce, 0x38, 0x80])
const filled = (size: number): Uint8Array => new Uint8Array(size).fill(0x55)

/** An IDR picture with all that is needed to decode it. */
export function keyPicture (size = 20): Uint8Array {
  return bytes(AUD, SPS, PPS, START, [0x65, 0x88], filled(size))
}

export function picture (size = 20): Uint8Array {
  return bytes(AUD, START, [0x41, 0x9a], filled(size))
}

/** AAC-LC frames at 48 kHz in ADTS. */
export function adts (count: number, size = 20, { profile = 1, rate = 3, blocks = 1 } = {}): Uint8Array {
  const frame = bytes([0xff, 0xf1, profile << 6 | rate << 2, 0x40 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 0x1f, 0xfc | blocks - 1], filled(size - 7))
  return bytes(...Array<Uint8Array>(count).fill(frame))
}
