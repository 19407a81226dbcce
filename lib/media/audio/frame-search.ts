// Finds the next frames after a splice, or in a body that begins inside a frame, as every relay of a radio station does.
import { configOf } from './frame.js'
import type { FrameFormat } from './frame.js'

/** Headers that must agree before bytes are accepted as frames: a single one occurs by chance. */
const AGREEING_FRAMES = 3
/** Bytes that are always enough to tell whether frames begin with the first: two of the longest (ADTS, 13 bits of length), and the header
 * after them. */
export const LONGEST_SEARCH = 2 * 8192 + 16

/**
 * Finds the first of three consecutive frames of the same rate and channels. Bytes before the result need no second look.
 * @returns its index, and whether it is confirmed; if not, the index of the first byte that may still begin one
 */
export function findFrames (bytes: Uint8Array, format: FrameFormat): { readonly at: number, readonly isFound: boolean } {
  for (let at = 0; at < bytes.length; at++) {
    const are = areFrames(bytes, at, format)
    if (are !== false) return { at, isFound: are === true }
  }
  return { at: bytes.length, isFound: false }
}

/** @returns whether three agreeing frames begin there; undefined if more bytes are needed to tell */
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
