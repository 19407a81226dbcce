// Splits a fragment whose first video sample is not a sync sample before its first sync sample (ffmpeg: -frag_duration), so that viewers
// can join there. Both parts are new fragments of their own.
import { ByteQueue } from '../byte-queue.js'
import { allBoxes, boxOf, bytesOf, childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { boxHeader, fullBody, moveData, writeBox, writeTfdt } from './box-writer.js'
import { BASE_IS_MOOF, isSync } from './boxes.js'
import type { Sample } from './boxes.js'
import { firstVideo } from './fragment.js'
import type { Movie } from './movie.js'
import { checkSampleData, readTrackFragments } from './track-fragment.js'
import type { SampleRun, TrackFragment } from './track-fragment.js'

// Boxes kept in a rebuilt moof; any other box there (encryption, sample groups, a vendor's uuid) would be lost or wrong.
const REBUILT = new Set(['mfhd', 'traf', 'tfhd', 'tfdt', 'trun', 'free', 'skip'])
// Per sample in a rebuilt trun: duration, size, flags and composition offset, of 32 bits each.
const TABLE_ROW = 16
// Eleven minutes of video at 25 frames a second. Each sample becomes an object, all of them in one step.
const MOST_SAMPLES = 16_384

/** Samples of one track fragment that go into one part. */
interface Share {
  readonly tfhd: Box
  readonly decodeTime: bigint
  readonly runs: readonly SampleRun[]
}

/** The position and size of a segment's fragment. */
export interface Place {
  /** Position of its `moof`, in bytes. */
  readonly at: number
  readonly moofSize: number
  /** The number of its samples. */
  readonly samples: number
}

/** One of the two fragments made from one. */
export interface SplitPart {
  readonly bytes: ByteQueue
  /** Position of its `moof`, in bytes. */
  readonly at: number
  readonly moof: Box
}

/**
 * Splits a segment's fragment before its first video sync sample. The samples of other tracks go to the part in which they are decoded.
 * @param bytes - of the segment; the parts share them
 * @returns both parts, with the boxes before the `moof` in the first, except a `sidx`, which would be wrong; undefined if the fragment
 * contains something that cannot be split, or more than 16,384 samples, or so many for its size that a table of them would be larger than
 * the fragment
 * @throws MediaError `INVALID_SEGMENT` if sample data is not after the `moof`
 */
export function splitAtSync (bytes: ByteQueue, { at, moofSize, samples }: Place, movie: Movie): [SplitPart, SplitPart] | undefined {
  if (samples > MOST_SAMPLES || samples * TABLE_ROW > bytes.length) return undefined
  const head = bytes.peek(at + moofSize)
  const moof = requiredBox(boxOf('segment', head.subarray(at)), 'moof')
  const [mfhd] = childBoxes(moof, 'mfhd')
  if (mfhd === undefined || !isRebuildable(moof)) return undefined
  const leading = allBoxes(boxOf('leading boxes', head.subarray(0, at))).filter(({ type }) => type !== 'sidx').map(bytesOf)
  const tracks = readTrackFragments(moof, movie, true)
  const counts = countBefore(tracks)
  const before = tracks.map((part, index) => share(part, 0, counts[index]!))
  const after = tracks.map((part, index) => share(part, counts[index]!, part.samples))
  const data = new SampleData(bytes, at, moofSize)
  return [writePart(leading, mfhd, before, data), writePart([], mfhd, after, data)]
}

/** The data after a `moof`, located by its distance from there. */
class SampleData {
  readonly #arrays: readonly Uint8Array[]
  // The position of each array.
  readonly #starts: readonly number[]
  readonly #moofSize: number
  readonly #length: number

  constructor (bytes: ByteQueue, at: number, moofSize: number) {
    this.#length = bytes.length - at
    this.#moofSize = moofSize
    this.#arrays = bytes.views(this.#length, at)
    let start = 0
    this.#starts = this.#arrays.map(({ length }) => (start += length) - length)
  }

  /** A run's data, as parts of the original arrays. @throws MediaError `INVALID_SEGMENT` if it is not all after the `moof` */
  of ({ position, samples }: SampleRun): Uint8Array[] {
    const size = sum(samples, 'size')
    checkSampleData(this.#length, this.#moofSize, position, size)
    const found: Uint8Array[] = []
    let index = this.#arrayAt(position)
    for (let at = position; at < position + size; index++) {
      const bytes = this.#arrays[index]!.subarray(at - this.#starts[index]!, position + size - this.#starts[index]!)
      found.push(bytes)
      at += bytes.length
    }
    return found
  }

  // By binary search: there may be many arrays, and many runs.
  #arrayAt (position: number): number {
    let [low, high] = [0, this.#starts.length]
    while (high - low > 1) {
      const middle = low + high >> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle
    }
    return low
  }
}

function isRebuildable (moof: Box): boolean {
  return allBoxes(moof).every(box => REBUILT.has(box.type) && (box.type !== 'traf' || allBoxes(box).every(({ type }) => REBUILT.has(type))))
}

// The number of samples of each track fragment before the cut.
function countBefore (tracks: readonly TrackFragment[]): number[] {
  const video = firstVideo(tracks)!.track
  const samples = tracks.map(({ runs }) => runs.flatMap(run => run.samples))
  const firstSync = tracks.map(({ track }, index) => track === video ? samples[index]!.findIndex(({ flags }) => isSync(flags)) : -1)
  const cut = firstSync.findIndex(index => index >= 0)
  const time = secondsBefore(tracks[cut]!, samples[cut]!.slice(0, firstSync[cut]))
  return tracks.map((part, index) => {
    if (index === cut) return firstSync[cut]!
    if (part.track === video) return index < cut ? part.samples : 0
    return countUntil(part, samples[index]!, time)
  })
}

function secondsBefore ({ track, decodeTime }: TrackFragment, samples: readonly Sample[]): number {
  return (Number(decodeTime) + sum(samples, 'duration')) / track.timescale
}

function countUntil ({ track, decodeTime }: TrackFragment, samples: readonly Sample[], seconds: number): number {
  let time = Number(decodeTime)
  const count = samples.findIndex(({ duration }) => {
    if (time / track.timescale >= seconds) return true
    time += duration
    return false
  })
  return count < 0 ? samples.length : count
}

function share ({ tfhd, decodeTime, runs }: TrackFragment, from: number, to: number): Share {
  const shared: SampleRun[] = []
  let elapsed = 0
  let index = 0
  for (const { version, position, samples } of runs) {
    const skipped = samples.slice(0, Math.max(0, from - index))
    const wanted = samples.slice(skipped.length, Math.max(0, to - index))
    elapsed += sum(skipped, 'duration')
    index += samples.length
    if (wanted.length > 0) shared.push({ version, position: position + sum(skipped, 'size'), samples: wanted })
  }
  return { tfhd, decodeTime: decodeTime + BigInt(elapsed), runs: shared }
}

function writePart (leading: readonly Uint8Array[], mfhd: Box, shares: readonly Share[], from: SampleData): SplitPart {
  const data: Uint8Array[] = []
  let written = 0
  const trafs = shares.filter(({ runs }) => runs.length > 0).map(({ tfhd, decodeTime, runs }) => {
    const truns = runs.map(run => {
      const trun = writeTrun(run, written)
      for (const bytes of from.of(run)) data.push(bytes)
      written += sum(run.samples, 'size')
      return trun
    })
    return writeBox('traf', [writeTfhd(tfhd), writeTfdt(decodeTime), ...truns])
  })
  const moof = writeBox('moof', [bytesOf(mfhd), ...trafs])
  const mdat = boxHeader('mdat', written)
  const box = requiredBox(boxOf('segment', moof), 'moof')
  moveData(box, moof.length + mdat.length)
  return { bytes: ByteQueue.of([...leading, moof, mdat, ...data]), at: leading.reduce((total, { length }) => total + length, 0), moof: box }
}

// The publisher's own sample description and defaults; data always counts from the moof.
function writeTfhd (tfhd: Box): Uint8Array {
  const copy = bytesOf(tfhd).slice()
  const view = new DataView(copy.buffer)
  const flags = tfhd.start - tfhd.at
  view.setUint32(flags, view.getUint32(flags) | BASE_IS_MOOF)
  return copy
}

// Data offset, and all four fields for each sample: TrackRunBox, 8.8.8.
function writeTrun ({ version, samples }: SampleRun, dataOffset: number): Uint8Array {
  const rows = samples.flatMap(({ duration, size, flags, offset }) => [duration, size, flags, offset])
  return writeBox('trun', [fullBody(version, 0xf01, [samples.length, dataOffset, ...rows])])
}

function sum (samples: readonly Sample[], field: 'duration' | 'size'): number {
  return samples.reduce((total, sample) => total + sample[field], 0)
}
