// Hand-made ISO BMFF for tests: boxes with any fields, and the smallest movie and fragments that are valid.
import { boxOf, requiredBox } from '../../../lib/media/iso-bmff/box-reader.js'
import type { Box } from '../../../lib/media/iso-bmff/box-reader.js'

export type Part = Uint8Array | readonly number[]

export function bytes (...parts: Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

export function u16 (...values: number[]): number[] {
  return values.flatMap(value => [value >>> 8 & 255, value & 255])
}

export function u32 (...values: number[]): number[] {
  return values.flatMap(value => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255])
}

export function u64 (...values: Array<number | bigint>): number[] {
  return values.flatMap(value => [...new Uint8Array(new BigUint64Array([BigInt.asUintN(64, BigInt(value))]).buffer)].reverse())
}

export function fourcc (type: string): number[] {
  return [...type].map(character => character.charCodeAt(0))
}

export function box (type: string, ...parts: Part[]): Uint8Array {
  const body = bytes(...parts)
  return bytes(u32(8 + body.length), fourcc(type), body)
}

export function fullBox (type: string, version: number, flags: number, ...parts: Part[]): Uint8Array {
  return box(type, [version], u32(flags).slice(1), ...parts)
}

/** With the 64-bit size form. */
export function wideBox (type: string, ...parts: Part[]): Uint8Array {
  const body = bytes(...parts)
  return bytes(u32(1), fourcc(type), u64(16 + body.length), body)
}

/** The box as the readers get it. */
export function open (written: Uint8Array): Box {
  return requiredBox(boxOf('test', written), String.fromCharCode(...written.subarray(4, 8)))
}

export function zeros (count: number): Uint8Array {
  return new Uint8Array(count)
}

export function visualEntry (type: string, ...configuration: Part[]): Uint8Array {
  return box(type, zeros(24), u16(320, 180), zeros(50), ...configuration)
}

export function audioEntry (type: string, ...configuration: Part[]): Uint8Array {
  return box(type, zeros(28), ...configuration)
}

export const avc1 = visualEntry('avc1', box('avcC', [1, 0x64, 0, 0x1f, 0xff]))
export const opus = audioEntry('Opus')

export interface TrakFields {
  id?: number
  handler?: string
  timescale?: number
  entry?: Uint8Array
  edts?: Uint8Array
}

export function trak ({ id = 1, handler = 'vide', timescale = 1000, entry = avc1, edts = zeros(0) }: TrakFields = {}): Uint8Array {
  return box('trak',
    fullBox('tkhd', 0, 0, zeros(8), u32(id)),
    edts,
    box('mdia',
      fullBox('mdhd', 0, 0, zeros(8), u32(timescale)),
      fullBox('hdlr', 0, 0, zeros(4), fourcc(handler)),
      box('minf', box('stbl', fullBox('stsd', 0, 0, u32(1), entry)))))
}

export const video = trak()
export const audio = trak({ id: 2, handler: 'soun', entry: opus })

export function trex (id: number, duration = 0, size = 0, flags = 0): Uint8Array {
  return fullBox('trex', 0, 0, u32(id, 1, duration, size, flags))
}

export function moov (...traks: Uint8Array[]): Uint8Array {
  return box('moov', fullBox('mvhd', 0, 0, zeros(8), u32(600)), ...traks, box('mvex', trex(1), trex(2), trex(3)))
}

export const SYNC = 0x02000000
export const NON_SYNC = 0x01010000

/** A track fragment whose samples last 40 units and have the sizes given. */
export function traf ({ id = 1, time = 0, sizes = [4], flags = SYNC }: { id?: number, time?: number, sizes?: number[], flags?: number } = {}): Uint8Array {
  return box('traf',
    fullBox('tfhd', 0, 0x20028, u32(id, 40, flags)),
    fullBox('tfdt', 1, 0, u64(time)),
    fullBox('trun', 0, 0x200, u32(sizes.length, ...sizes)))
}

export function moof (...trafs: Uint8Array[]): Uint8Array {
  return box('moof', fullBox('mfhd', 0, 0, u32(1)), ...trafs)
}
