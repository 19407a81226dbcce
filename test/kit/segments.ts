// Opaque segments of known bytes.
import { createHash } from 'node:crypto'

/** Bytes that a seed and a length decide, in no pattern that another seed shares. */
export function knownBytes (seed: number | string, length: number): Buffer {
  const parts: Buffer[] = []
  let digest = createHash('sha256').update(String(seed)).digest()
  for (let made = 0; made < length; made += digest.byteLength) {
    parts.push(digest)
    digest = createHash('sha256').update(digest).digest()
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** Random numbers in [0, 1) that a seed decides (mulberry32). */
export function random (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
