// Media that was damaged on its way to the server: whole as a container, and nothing that a decoder can go on with.

/** The top-level boxes of a movie (ISO/IEC 14496-12, 4.2): where each begins and ends, header and all. */
function boxesOf (movie: Uint8Array): Array<{ readonly type: string, readonly start: number, readonly end: number }> {
  const view = new DataView(movie.buffer, movie.byteOffset, movie.byteLength)
  const boxes = []
  for (let start = 0; start + 8 <= movie.byteLength;) {
    const end = start + view.getUint32(start)
    boxes.push({ type: String.fromCharCode(...movie.subarray(start + 4, start + 8)), start, end })
    start = end
  }
  return boxes
}

/**
 * Damages H.264 in the middle of some of a movie's fragments: the length before a NAL unit (ISO/IEC 14496-15, 4.3.2) becomes far too large.
 * @param which - whether a fragment is damaged, by its number from 0 on
 */
export function damaged (movie: Uint8Array, which: (fragment: number) => boolean): Uint8Array {
  const bytes = movie.slice()
  const view = new DataView(bytes.buffer)
  for (const [index, { start, end }] of boxesOf(movie).filter(({ type }) => type === 'mdat').entries()) {
    if (!which(index)) continue
    const at: number[] = []
    // The picture's samples come first.
    for (let next = start + 8; next + 4 < end && view.getUint32(next) > 0 && next + 4 + view.getUint32(next) <= end; next += 4 + view.getUint32(next)) at.push(next)
    view.setUint32(at[Math.floor(at.length / 2)]!, 0x7fffffff)
  }
  return bytes
}
