// Finds where frames go on behind a splice, or in a body that begins in the midst of one, as every relay of a radio station does.
import { configOf } from './frame.js'
import type { FrameFormat } from './frame.js'

/** Headers that must agree before bytes are taken for frames: one alone occurs by chance. */
const AGREEING_FRAMES = 3
/** Bytes that always tell whether frames begin with the first: two of the longest (ADTS, 13 bits of length), and the header behind them. */
export const LONGEST_SEARCH = 2 * 8192 + 16

/**
 * Where in the bytes the first of three frames begins, one behind the other and of the same rate and channels. No byte before is looked at
 * again.
 * @returns its index, and whether it is one; where it is not told yet, the index of the first byte that may begin it
 */
export function findFrames (bytes: Uint8Array, format: FrameFormat): { readonly at: number, readonly isFound: boolean } {
  for (let at = 0; at < bytes.length; at++) {
    const are = areFrames(bytes, at, format)
    if (are !== false) return { at, isFound: are === true }
  }
  return { at: bytes.length, isFound: false }
}

/** @returns whether three agreeing frames begin there; undefined where more bytes are needed to tell */
export function areFrames (bytes: Uint8Array, from: number, format: FrameFormat): boolean | undefined {
  let at = from
  let config: number | undefined
  for (let frames = 0; frames < AGREEING_FRAMES; frames++) {
    if (at < bytes.length && bytes[at] !== 0xff) return false
    if (at + format.headerBytes > bytes.length) return undefined
    const header = format.readHeader(bytes, at)
    if (header === undefined) return false
    config ??= configOf(header)
    if (configOf(header) !== config) return false
    at += header.size
  }
  return true
}
