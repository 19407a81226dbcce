// A picture as small as a JPEG can be (ITU-T T.81): 16 × 16 pixels of one shade of grey, which any browser shows.
import { concat } from '../media/iso-bmff/box-writer.js'

/** Options of a picture. */
export interface PictureOptions {
  /** 0 is black, 255 is white; distinguishes pictures. Default 128. */
  readonly shade?: number
  /** Minimum size in bytes, reached with a comment. Default 0. */
  readonly size?: number
}

// The maximum length of a marker segment, including the length itself.
const MOST = 0xffff

/**
 * A valid baseline JPEG of about 150 bytes.
 * @throws RangeError if the shade is not a whole number from 0 to 255
 */
export function picture ({ shade = 128, size = 0 }: PictureOptions = {}): Uint8Array {
  if (!Number.isInteger(shade) || shade < 0 || shade > 255) throw new RangeError(`shade must be a whole number from 0 to 255, got ${shade}`)
  const parts = [
    segment(0xdb, [0, 8, ...new Array<number>(63).fill(1)]),
    // Eight bits, 16 × 16, one component.
    segment(0xc0, [8, 0, 16, 0, 16, 1, 1, 0x11, 0]),
    // The nine sizes of the DC differences have four-bit codes, each its own number; for the AC coefficients there is only "no more", in
    // one bit.
    segment(0xc4, [0x00, ...counts(4, 9), 0, 1, 2, 3, 4, 5, 6, 7, 8]),
    segment(0xc4, [0x10, ...counts(1, 1), 0]),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    scan(shade - 128),
    marker(0xd9)
  ]
  const rest = size - 2 - parts.reduce((sum, part) => sum + part.length, 0)
  return concat([marker(0xd8), ...comments(rest), ...parts])
}

function marker (code: number): Uint8Array {
  return Uint8Array.of(0xff, code)
}

function segment (code: number, body: readonly number[]): Uint8Array {
  return Uint8Array.of(0xff, code, body.length + 2 >> 8, body.length + 2 & 0xff, ...body)
}

// The number of codes of each length from 1 to 16.
function counts (length: number, count: number): number[] {
  return Array.from({ length: 16 }, (_, index) => index + 1 === length ? count : 0)
}

// In each block of 8 × 8 only the mean is not 0 (F.1.2.1): a quantum of 8 is one step of the shade.
function scan (difference: number): Uint8Array {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1
  const bits = size === 0 ? '' : (difference > 0 ? difference : difference + 2 ** size - 1).toString(2).padStart(size, '0')
  // The other three blocks are the same: size 0, no more.
  const code = `${size.toString(2).padStart(4, '0')}${bits}0${'00000'.repeat(3)}`
  return Uint8Array.from(code.match(/.{1,8}/g)!, byte => Number.parseInt(byte.padEnd(8, '1'), 2))
}

function * comments (size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= 2 + MOST) {
    const length = Math.min(MOST, Math.max(2, left - 2))
    const comment = new Uint8Array(2 + length).fill(0x20)
    comment.set([0xff, 0xfe, length >> 8, length & 0xff])
    yield comment
  }
}
