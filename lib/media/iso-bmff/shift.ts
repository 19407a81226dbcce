// Moves a whole segment later, or earlier, on its tracks' timelines, by the times in its boxes.
import { allBoxes, boxOf, bytesOf, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { concat, moveData, writeBox, writeTfdt } from './box-writer.js'
import { isWide, readTfdt, readTfhd } from './boxes.js'
import { readPrft } from './leading-boxes.js'
import type { Movie } from './movie.js'

// Positions of their times, in bytes from the beginning of the body.
const TFDT_TIME = 4
const PRFT_TIME = 16

/**
 * Adds to the decode times of a segment (`tfdt`, ISO/IEC 14496-12, 8.8.12), and to the times before its `moof` that count from the same
 * zero: `prft` (8.16.5) and version 1 of `emsg` (ISO/IEC 23009-1, 5.10.3.3). A time that would be negative becomes 0, as none can be
 * written. A `sidx` is removed because it would be wrong; so is a `prft` that cannot hold its new time.
 * @param bytes - of a segment that the movie's splitter has read; modified
 * @param seconds - rounded to each track's own timescale
 * @returns the same array, or another if the segment's length changes: if a `tfdt` of 32 bits cannot hold its time
 * @throws MediaError `INVALID_SEGMENT` if a `saio` is malformed in a `moof` that must grow
 */
export function shiftTimes (bytes: Uint8Array, seconds: number, movie: Movie): Uint8Array {
  const boxes = allBoxes(boxOf('segment', bytes))
  const shifted = boxes.map(box => shiftBox(box, seconds, movie))
  return shifted.every((box, index) => box === boxes[index]) ? bytes : concat(shifted.filter(box => box !== undefined).map(bytesOf))
}

/**
 * Restores the bits lost in 32-bit decode times of a segment (`tfdt`, ISO/IEC 14496-12, 8.8.12); each has 64 bits then. A `sidx` is
 * removed, as in {@link shiftTimes}, and so is a `prft` of 32 bits, as its time has wrapped as well.
 * @param bytes - of a segment that the movie's splitter has read, with one `moof`; not modified
 * @param wraps - how often the time of each of its track fragments has wrapped, in order
 * @throws MediaError `INVALID_SEGMENT` if a `saio` is malformed
 */
export function unwrapTimes (bytes: Uint8Array, wraps: readonly number[]): Uint8Array {
  const counts = wraps.values()
  const boxes = allBoxes(boxOf('segment', bytes)).filter(box => box.type !== 'sidx' && (box.type !== 'prft' || isWide(box)))
  const later = (_: Box, tfdt: Box): bigint => readTfdt(tfdt) + (BigInt(counts.next().value!) << 32n)
  return concat(boxes.map(box => bytesOf(box.type === 'moof' ? rewriteMoof(box, later) : box)))
}

// Returns the box itself if it was modified in place, a replacement, or none.
function shiftBox (box: Box, seconds: number, movie: Movie): Box | undefined {
  if (box.type === 'moof') return shiftMoof(box, seconds, movie)
  if (box.type === 'prft') return shiftPrft(box, seconds, movie)
  if (box.type === 'emsg') shiftEmsg(box, seconds)
  return box.type === 'sidx' ? undefined : box
}

function shiftMoof (moof: Box, seconds: number, movie: Movie): Box {
  return rewriteMoof(moof, (traf, tfdt) => {
    // The splitter has checked that each track exists.
    const { timescale } = movie.tracks.get(readTfhd(requiredBox(traf, 'tfhd')).trackId)!
    return later(readTfdt(tfdt), seconds, timescale)
  })
}

// Returns the box itself if it was modified in place, or a replacement. `timeOf` gives the new time of each track fragment, in order.
function rewriteMoof (moof: Box, timeOf: (traf: Box, tfdt: Box) => bigint): Box {
  const children = allBoxes(moof).map(box => {
    if (box.type !== 'traf') return { box, decoding: undefined }
    const tfdt = requiredBox(box, 'tfdt')
    return { box, decoding: { tfdt, time: timeOf(box, tfdt) } }
  })
  if (children.every(({ decoding }) => decoding === undefined || fits(decoding.tfdt, decoding.time))) {
    for (const { decoding } of children) if (decoding !== undefined) writeTime(decoding.tfdt, TFDT_TIME, decoding.time)
    return moof
  }
  const written = children.map(({ box, decoding }) => decoding === undefined ? bytesOf(box) : rewriteTraf(box, decoding))
  const grown = requiredBox(boxOf('segment', writeBox('moof', written)), 'moof')
  moveData(grown, grown.end - grown.at - (moof.end - moof.at))
  return grown
}

interface Decoding {
  readonly tfdt: Box
  /** Its new time. */
  readonly time: bigint
}

function rewriteTraf (traf: Box, { tfdt, time }: Decoding): Uint8Array {
  return writeBox('traf', allBoxes(traf).map(box => box.at === tfdt.at ? writeTfdt(time) : bytesOf(box)))
}

function shiftPrft (prft: Box, seconds: number, movie: Movie): Box | undefined {
  const { trackId, mediaTime } = readPrft(prft)
  const track = movie.tracks.get(trackId)
  if (track === undefined) return undefined
  const time = later(mediaTime, seconds, track.timescale)
  if (!fits(prft, time)) return undefined
  writeTime(prft, PRFT_TIME, time)
  return prft
}

// In version 0 the time is relative to the segment.
function shiftEmsg ({ view, start }: Box, seconds: number): void {
  if (view.getUint8(start) !== 1) return
  view.setBigUint64(start + 8, later(view.getBigUint64(start + 8), seconds, view.getUint32(start + 4)))
}

function later (time: bigint, seconds: number, timescale: number): bigint {
  const sum = time + BigInt(Math.round(seconds * timescale))
  return sum < 0n ? 0n : sum
}

function fits (box: Box, time: bigint): boolean {
  return isWide(box) || time < 2n ** 32n
}

function writeTime (box: Box, at: number, time: bigint): void {
  if (isWide(box)) box.view.setBigUint64(box.start + at, time)
  else box.view.setUint32(box.start + at, Number(time))
}
