// Makes one file from fragments: their times are lowered by one value, and durations of another file are removed from the init segment.
import { FieldReader, allBoxes, boxOf, bytesOf, childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { concat } from './box-writer.js'
import { readFragment } from './fragment.js'
import type { Fragment } from './fragment.js'
import { readMovie } from './movie.js'
import { shiftTimes } from './shift.js'

/**
 * Joins consecutive fragments, from a join point on, after their init segment (ISO/IEC 14496-12, 8.8). The times of all tracks are lowered
 * by one value: the earliest presentation time is then 0, or as little above it as keeps decode times from being negative.
 * @param init - `ftyp` and `moov`; not modified
 * @param segments - from a splitter; not modified
 * @throws MediaError like the splitter, for bytes that it would refuse
 */
export function wholeMovie (init: Uint8Array, segments: readonly Uint8Array[]): Uint8Array {
  const head = init.slice()
  const moov = requiredBox(boxOf('init segment', head), 'moov')
  forgetDurations(moov)
  lowerDelays(moov)
  const movie = readMovie(moov)
  const media = concat(segments)
  const lowest = Math.min(...childBoxes(boxOf('segments', media), 'moof').map(moof => earliest(readFragment(moof, movie))))
  return concat([head, shiftTimes(media, -lowest, movie)])
}

// Seconds. A decode time is later than its presentation time only if the first pictures refer to others.
function earliest ({ start, tracks }: Fragment): number {
  return tracks.reduce((least, { decodeTime, track }) => Math.min(least, Number(decodeTime) / track.timescale), start)
}

// Durations of an earlier file, or of the recording so far: a player would stop there, or show a wrong end.
function forgetDurations (moov: Box): void {
  for (const box of allBoxes(moov)) {
    if (box.type === 'mvhd') clearDuration(box, 16, 24)
    if (box.type === 'trak') clearDuration(requiredBox(box, 'tkhd'), 20, 28)
    if (box.type === 'trak') clearDuration(requiredBox(requiredBox(box, 'mdia'), 'mdhd'), 16, 24)
    if (box.type === 'mvex') childBoxes(box, 'mehd').forEach(free)
  }
}

// MovieHeaderBox, TrackHeaderBox and MediaHeaderBox (8.2.2, 8.3.2, 8.4.2) have wider fields in version 1.
function clearDuration (header: Box, narrowAt: number, wideAt: number): void {
  const isWide = header.view.getUint8(header.start) === 1
  const at = header.start + (isWide ? wideAt : narrowAt)
  bytesOf(header).fill(0, at - header.at, at - header.at + (isWide ? 8 : 4))
}

// MovieExtendsHeaderBox, 8.8.2: replaced by free space, so that all sizes stay the same.
function free ({ view, at }: Box): void {
  view.setUint32(at + 4, 0x66726565)
}

/** An entry of an EditListBox, 8.6.6. */
interface EditEntry {
  /** In the movie timescale. */
  readonly duration: number
  readonly isEmpty: boolean
  write (duration: number): void
}

// Removes the delay common to all tracks before their media; their relative delays stay. Media lasts to the file's end.
function lowerDelays (moov: Box): void {
  const lists = childBoxes(moov, 'trak').map(
    trak => childBoxes(trak, 'edts').flatMap(edts => childBoxes(edts, 'elst')).slice(0, 1).flatMap(entriesOf)
  )
  const common = Math.min(...lists.map(entries => leading(entries).reduce((sum, { duration }) => sum + duration, 0)))
  for (const entries of lists) {
    let left = common
    for (const { duration, write } of leading(entries)) {
      const taken = Math.min(left, duration)
      write(duration - taken)
      left -= taken
    }
    for (const { write } of entries.slice(leading(entries).length)) write(0)
  }
}

function leading (entries: EditEntry[]): EditEntry[] {
  const media = entries.findIndex(({ isEmpty }) => !isEmpty)
  return media < 0 ? entries : entries.slice(0, media)
}

// All complete entries: the movie reader stops at the first one with media.
function entriesOf (elst: Box): EditEntry[] {
  const { view } = elst
  const reader = new FieldReader(elst)
  const isWide = reader.fullBox().version === 1
  const count = reader.uint32()
  const entries: EditEntry[] = []
  while (entries.length < count && reader.left >= (isWide ? 20 : 12)) {
    const at = elst.end - reader.left
    const duration = isWide ? reader.uint64() : reader.uint32()
    const isEmpty = (isWide ? reader.int64() : reader.int32()) === -1
    reader.skip(4)
    const write = (written: number): void => {
      if (isWide) view.setBigUint64(at, BigInt(written))
      else view.setUint32(at, written)
    }
    entries.push({ duration, isEmpty, write })
  }
  return entries
}
