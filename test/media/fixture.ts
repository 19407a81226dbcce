// Captured publisher bodies, and an independent walk over their top-level boxes.
import { readFileSync, readdirSync } from 'node:fs'

const FOLDER = new URL('../fixtures/', import.meta.url)

/** One file, or all the files of a folder in order as one body. */
export function fixture (name: string): Buffer {
  if (!name.endsWith('/')) return readFileSync(new URL(name, FOLDER))
  return Buffer.concat(readdirSync(new URL(name, FOLDER)).sort().map(file => fixture(name + file)))
}

/** The fragmented MP4 bodies that can be published. */
export const PUBLISHABLE = ['fmp4/cmaf.mp4', 'fmp4/everyframe.mp4', 'fmp4/fragdur.mp4', 'fmp4/sepmoof.mp4', 'fmp4/prft.mp4', 'gstreamer-mp4mux/', 'mediarecorder-mp4-vp9/', 'dash/']

export function topLevelBoxes (body: Buffer): Array<{ type: string, offset: number, bytes: Buffer }> {
  const boxes = []
  for (let offset = 0; offset < body.length;) {
    const size = body.readUInt32BE(offset)
    boxes.push({ type: body.toString('latin1', offset + 4, offset + 8), offset, bytes: body.subarray(offset, offset + size) })
    offset += size
  }
  return boxes
}

/** Numbers in [0, limit), the same for the same seed. */
export function seeded (seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    return ((state ^ state >>> 13) >>> 0) % limit
  }
}
