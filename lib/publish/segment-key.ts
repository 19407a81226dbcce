// Names a segment's time and bytes, so that one that its publisher sends again is known.
import { createHash } from 'node:crypto'
import type { Steps } from './body-turns.js'

// Of a digest, in characters of base64: 96 bits tell apart far more segments than are remembered.
const KEY_LENGTH = 16
// Bytes that are digested in one step.
const PIECE = 1024 * 1024

/**
 * The key of a segment. Taken before its times are shifted: what its publisher sends again has the times that it sent first.
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
