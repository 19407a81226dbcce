// Video as small as H.264 can be (ITU-T H.264): one macroblock, of one shade of grey, which any decoder shows. A key frame has uncompressed
// samples; any other frame says that nothing has changed.
import { concat } from '../media/iso-bmff/box-writer.js'

/** Width and height in pixels. */
export const SIDE = 16

/** For RFC 6381: constrained baseline, level 1. */
export const CODEC = 'avc1.42c00a'

// NAL unit types with their nal_ref_idc, 7.4.1.
const SEQUENCE_PARAMETERS = 0x67
const PICTURE_PARAMETERS = 0x68
const KEY_FRAME = 0x65
const OTHER_FRAME = 0x61
const ENHANCEMENT = 0x06

/** Sequence parameter set, 7.3.2.1: frames are shown in the order in which they are decoded. */
export const SPS = Uint8Array.of(
  SEQUENCE_PARAMETERS, 66, 0xc0, 10, ...bits(ue(0), ue(0), ue(2), ue(1), '0', ue(0), ue(0), '11', '0', '0', '1')
)

/** Picture parameter set, 7.3.2.2. */
export const PPS = Uint8Array.of(
  PICTURE_PARAMETERS, ...bits(ue(0), ue(0), '00', ue(0), ue(0), ue(0), '000', ue(0), ue(0), ue(0), '000', '1')
)

/**
 * A key frame (IDR), 7.3.3 and 7.3.5, macroblock type I_PCM.
 * @param shade - of its samples, 1 to 255
 * @param count - the number of key frames before it: two in a row must have different numbers
 */
export function keyFrame (shade: number, count: number): Uint8Array {
  const header = bits(ue(0), ue(7), ue(0), '0000', ue(count % 2), '00', ue(0), ue(25))
  const samples = new Uint8Array(SIDE * SIDE * 1.5).fill(128).fill(shade, 0, SIDE * SIDE)
  return concat([Uint8Array.of(KEY_FRAME), header, samples, Uint8Array.of(0x80)])
}

/**
 * A frame like the one before it: its one macroblock is skipped.
 * @param count - the number of frames since the key frame, this one included
 */
export function sameFrame (count: number): Uint8Array {
  return Uint8Array.of(OTHER_FRAME, ...bits(ue(0), ue(5), ue(0), (count % 16).toString(2).padStart(4, '0'), '000', ue(0), ue(1), '1'))
}

/**
 * User data that a decoder ignores, D.1.7: makes a frame as large as a test wants.
 * @param size - total size in bytes, 20 or more; it may become one more
 */
export function filling (size: number): Uint8Array {
  // Two bytes for the types of NAL unit and payload, one at the end, and the payload's size in bytes of up to 255.
  const payload = size - 4 - Math.floor((size - 4) / 256)
  const length = [...new Array<number>(Math.floor(payload / 255)).fill(255), payload % 255]
  return concat([Uint8Array.of(ENHANCEMENT, 5), Uint8Array.from(length), new Uint8Array(payload).fill(0x55), Uint8Array.of(0x80)])
}

// Exp-Golomb code, 9.1, in the digits 0 and 1; se(0) has the same code as ue(0).
function ue (value: number): string {
  const code = (value + 1).toString(2)
  return code.padStart(2 * code.length - 1, '0')
}

function bits (...codes: string[]): Uint8Array {
  return Uint8Array.from(codes.join('').match(/.{1,8}/g)!, byte => Number.parseInt(byte.padEnd(8, '0'), 2))
}
