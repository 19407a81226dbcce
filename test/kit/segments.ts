// Opaque segments of known bytes, and chance that a seed decides.

/** Bytes that a seed and a length decide, in no pattern that another seed shares, and that begin as no known media does. */
export function knownBytes (seed: number, length: number): Buffer {
  const next = random(seed * 7919 + length)
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let index = 0; index < words.length; index++) words[index] = next() * 2 ** 32
  const bytes = Buffer.from(words.buffer, 0, length)
  // Chance would sooner or later make them MPEG audio, of which 11 bits are all that is constant.
  if (length > 0) bytes[0] = 1
  return bytes
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
