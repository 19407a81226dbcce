// Splits a fragment whose first video sample is no sync sample before the first that is one (ffmpeg: -frag_duration), so that viewers can
// join there. Both parts are fragments of their own, made anew.
import { allBoxes, boxOf, bytesOf, childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { concat, fullBody, moveData, writeBox, writeTfdt } from './box-writer.js'
import { BASE_IS_MOOF, isSync } from './boxes.js'
import type { Sample } from './boxes.js'
import { firstVideo } from './fragment.js'
import type { Movie } from './movie.js'
import { readTrackFragments, sampleData } from './track-fragment.js'
import type { SampleRun, TrackFragment } from './track-fragment.js'

// What a rebuilt moof says; anything else there (encryption, sample groups, a vendor's uuid) would be lost, or be wrong.
const REBUILT = new Set(['mfhd', 'traf', 'tfhd', 'tfdt', 'trun', 'free', 'skip'])
// Of a sample in a rebuilt trun: duration, size, flags and composition offset, of 32 bits each.
const TABLE_ROW = 16
// Eleven minutes of 25 pictures a second. Each sample becomes an object, all of them in one step.
const MOST_SAMPLES = 16_384

/** Samples of one track fragment that go into one part. */
interface Share {
  readonly tfhd: Box
  readonly decodeTime: bigint
  readonly runs: readonly SampleRun[]
}

/**
 * Splits a segment's fragment before its first video sync sample. The samples of other tracks go to the part in which they are decoded.
 * @param bytes - of the segment
 * @param at - where its `moof` begins, in bytes
 * @param samples - how many it has
 * @returns the bytes of both parts, with what stands before the `moof` in the first, but for a `sidx`, which would be wrong; undefined where
 * the fragment holds what cannot be split, or more than 16,384 samples, or so many for its size that a table of them would be larger than itself
 * @throws MediaError `INVALID_SEGMENT` where sample data is not behind the `moof`
 */
export function splitAtSync (bytes: Uint8Array, at: number, samples: number, movie: Movie): [Uint8Array, Uint8Array] | undefined {
  if (samples > MOST_SAMPLES || samples * TABLE_ROW > bytes.length) return undefined
  const source = bytes.subarray(at)
  const moof = requiredBox(boxOf('segment', source), 'moof')
  const [mfhd] = childBoxes(moof, 'mfhd')
  if (mfhd === undefined || !isRebuildable(moof)) return undefined
  const leading = allBoxes(boxOf('leading boxes', bytes.subarray(0, at))).filter(({ type }) => type !== 'sidx')
  const tracks = readTrackFragments(moof, movie, true)
  const counts = countBefore(tracks)
  const before = tracks.map((part, index) => share(part, 0, counts[index]!))
  const after = tracks.map((part, index) => share(part, counts[index]!, part.samples))
  const write = (shares: Share[]): Uint8Array[] => writeFragment(mfhd, shares, ({ position, samples }) => sampleData(source, moof.end, position, sum(samples, 'size')))
  return [concat([...leading.map(bytesOf), ...write(before)]), concat(write(after))]
}

function isRebuildable (moof: Box): boolean {
  return allBoxes(moof).every(box => REBUILT.has(box.type) && (box.type !== 'traf' || allBoxes(box).every(({ type }) => REBUILT.has(type))))
}

// How many samples of each track fragment belong before the cut.
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

function writeFragment (mfhd: Box, shares: readonly Share[], read: (run: SampleRun) => Uint8Array): Uint8Array[] {
  const data: Uint8Array[] = []
  let written = 0
  const trafs = shares.filter(({ runs }) => runs.length > 0).map(({ tfhd, decodeTime, runs }) => {
    const truns = runs.map(run => {
      const bytes = read(run)
      const trun = writeTrun(run, written)
      data.push(bytes)
      written += bytes.length
      return trun
    })
    return writeBox('traf', [writeTfhd(tfhd), writeTfdt(decodeTime), ...truns])
  })
  const moof = writeBox('moof', [bytesOf(mfhd), ...trafs])
  const mdat = writeBox('mdat', data)
  moveData(requiredBox(boxOf('segment', moof), 'moof'), moof.length + mdat.length - written)
  return [moof, mdat]
}

// The publisher's own, with its sample description and defaults; data counts from the moof in any case.
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
