// CRC-32 of bytes that are read once and sent to many: the checksum of the whole is combined from those of its parts (RFC 1952, 8).
import { crc32 } from 'node:zlib'

/** The data needed to append bytes to others without reading them again. */
export interface Checksum {
  /** CRC-32, as a signed 32-bit number. */
  readonly crc: number
  /** The number of bytes. */
  readonly length: number
  /** x^(8·length) modulo the CRC's polynomial: shifts the preceding CRC past these bytes. */
  readonly shift: number
}

// Bits are reflected, as everywhere in this CRC: the highest is the coefficient of x^0.
const POLYNOMIAL = 0xedb88320 | 0
const ONE = 0x80000000 | 0
const X_TO_THE_8 = ONE >>> 8

/** The checksum of bytes. */
export function checksumOf (bytes: Uint8Array): Checksum {
  return { crc: crc32(bytes) | 0, length: bytes.byteLength, shift: power(bytes.byteLength) }
}

/** CRC-32 of two byte strings, from the CRC-32 of the first and the checksum of the second. */
export function appended (crc: number, { crc: next, shift }: Checksum): number {
  return product(shift, crc) ^ next
}

/** The checksum of two byte strings, one after the other. */
export function joinedChecksum (one: Checksum, next: Checksum): Checksum {
  return { crc: appended(one.crc, next), length: one.length + next.length, shift: product(one.shift, next.shift) }
}

/**
 * The checksum of the bytes appended between two moments.
 * @param before - CRC-32 of all bytes before them
 * @param after - CRC-32 including them
 * @param length - their number
 */
export function between (before: number, after: number, length: number): Checksum {
  const shift = power(length)
  return { crc: product(shift, before) ^ after, length, shift }
}

// x^(8·length), by squaring.
function power (length: number): number {
  let result = ONE
  for (let rest = length, square = X_TO_THE_8; rest > 0; rest = Math.floor(rest / 2), square = product(square, square)) {
    if (rest % 2 === 1) result = product(result, square)
  }
  return result
}

// The product of two polynomials over GF(2), modulo the CRC's.
function product (one: number, other: number): number {
  let sum = 0
  for (let bits = one, shifted = other; bits !== 0; bits <<= 1) {
    if (bits < 0) sum ^= shifted
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL
  }
  return sum
}
