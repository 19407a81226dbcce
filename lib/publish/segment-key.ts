// Identifies a segment by its time and bytes, so that a repeated one is recognised.
import { createHash } from 'node:crypto'
import type { Steps } from './body-turns.js'

// Characters of a base64 digest: 96 bits distinguish far more segments than are remembered.
const KEY_LENGTH = 16
// Bytes hashed in one step.
const PIECE = 1024 * 1024

/**
 * The key of a segment. Taken before its times are shifted: a repeated segment has its original times.
 * @param start - seconds of the publisher
 */
export function * segmentKey (start: number, bytes: Uint8Array): Steps<string> {
  const hash = createHash('sha256').update(`${start} `)
  for (let at = 0; at < bytes.byteLength; at += PIECE) {
    if (at > 0) yield
    hash.update(bytes.subarray(at, at + PIECE))
  }
  return hash.digest('base64url').slice(0, KEY_LENGTH)
}
