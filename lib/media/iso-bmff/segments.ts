// Makes the segments of a complete fragment: one, or two if viewers can join in its middle.
import { ByteQueue } from '../byte-queue.js'
import { gathered, withBytes } from '../gathering.js'
import { boxOf, requiredBox } from './box-reader.js'
import { readFragment } from './fragment.js'
import type { Fragment } from './fragment.js'
import type { Leading, Message } from './leading-boxes.js'
import type { Movie } from './movie.js'
import { isSyncPicture } from './nal.js'
import type { EventMessage, InitSegment, MediaSegment } from '../segment.js'
import { shiftTimes, unwrapTimes } from './shift.js'
import { splitAtSync } from './sync-split.js'
import { checkSampleData } from './track-fragment.js'

/** The current init segment, and its contents. */
export interface Initialisation {
  readonly init: InitSegment
  readonly movie: Movie
}

/** A fragment from its `moof` on, until its samples have come. */
export interface PendingFragment {
  readonly current: Initialisation
  readonly fragment: Fragment
  /** Position of its `moof` in the segment, in bytes. */
  readonly at: number
  /** The contents of the boxes before that; undefined if there are none. */
  readonly leading: Leading | undefined
  /** Whether a `moov` stands between it and the fragment before it. */
  readonly afterInit: boolean
  /** How often the decode time of each of its track fragments has wrapped; undefined if none has. */
  readonly wraps: readonly number[] | undefined
}

interface Part {
  readonly bytes: ByteQueue
  /** Position of its `moof`, in bytes. */
  readonly at: number
  readonly fragment: Fragment
}

// Part of the first sample, in bytes: the NAL units that identify it are at its beginning.
const LOOKED_AT = 65_536

/**
 * Makes a fragment's segments.
 * @param bytes - the whole fragment, with the boxes before its `moof`; not used by the caller any more
 * @param maxSegmentBytes - a fragment stays whole if splitting would make it larger than this
 * @throws MediaError `INVALID_SEGMENT` if required sample data is not after the `moof`
 */
export function segmentsOf (pending: PendingFragment, bytes: ByteQueue, maxSegmentBytes: number): MediaSegment[] {
  const { at, fragment, wraps } = pending
  if (wraps !== undefined) {
    const unwrapped = unwrapTimes(bytes.peek(bytes.length), wraps)
    return segmentsOf(inFull(pending, unwrapped), ByteQueue.of([unwrapped]), maxSegmentBytes)
  }
  const parts = (fragment.syncLater ? splitParts(pending, bytes, maxSegmentBytes) : undefined) ?? [{ bytes, at, fragment }]
  return parts.map((part, index) => segmentOf(part, pending, index === 0, index === parts.length - 1))
}

// The fragment with full-width times.
function inFull (pending: PendingFragment, bytes: Uint8Array): PendingFragment {
  const { leading, current } = pending
  const moof = requiredBox(boxOf('segment', bytes), 'moof')
  const fragment = readFragment(moof, current.movie)
  const full = { ...pending, at: moof.at, fragment, wraps: undefined }
  const reference = leading?.reference
  const part = fragment.tracks.find(({ track }) => track === reference?.track)
  if (leading === undefined || reference === undefined || part === undefined) return full
  // Its 32 bits may have wrapped just before those of the fragment, or just after.
  const mediaTime = part.decodeTime - BigInt.asIntN(32, part.decodeTime - reference.mediaTime)
  return { ...full, leading: { ...leading, reference: { ...reference, mediaTime } } }
}

function splitParts ({ current, fragment, at }: PendingFragment, bytes: ByteQueue, maxSegmentBytes: number): Part[] | undefined {
  const samples = fragment.tracks.reduce((sum, part) => sum + part.samples, 0)
  const parts = splitAtSync(bytes, { at, moofSize: fragment.moofSize, samples }, current.movie)
  if (parts?.some(({ bytes }) => bytes.length > maxSegmentBytes)) return undefined
  return parts?.map(({ bytes, at, moof }) => ({ bytes, at, fragment: readFragment(moof, current.movie) }))
}

function segmentOf (part: Part, pending: PendingFragment, first: boolean, last: boolean): MediaSegment {
  const { bytes, at, fragment } = part
  const { current: { init, movie }, leading, afterInit } = pending
  const join = fragment.join && !isFalseSync(bytes, at, fragment)
  const whole = gathered(bytes)
  return withBytes({
    init,
    start: fragment.start,
    duration: fragment.duration,
    join,
    starts: fragment.starts,
    ends: fragment.ends,
    shift: seconds => shiftTimes(whole.bytes, seconds, movie),
    ...(leading === undefined && !afterInit ? {} : marksOf(part, pending, first, last))
  }, whole)
}

// Properties of some segments only. In a split fragment, the first part has the init segment before it and the messages; only the last part
// can be the track's last.
function marksOf ({ fragment }: Part, { leading, afterInit }: PendingFragment, first: boolean, last: boolean): Partial<MediaSegment> {
  const captured = leading && capturedAt(leading, fragment)
  const events = first && leading ? leading.messages.map(message => placed(message, fragment)) : []
  return {
    ...first && afterInit && { afterInit },
    ...captured !== undefined && { captured },
    ...events.length > 0 && { events },
    ...last && leading?.last && { last }
  }
}

// The capture time belongs to a composition time, so it is moved to the one at the start of the part.
function capturedAt ({ reference }: Leading, { tracks }: Fragment): number | undefined {
  const part = tracks.find(({ track, samples }) => track === reference?.track && samples > 0)
  if (reference === undefined || part === undefined) return undefined
  const units = Number(part.decodeTime - reference.mediaTime) + part.earliest
  return reference.captured + units / part.track.timescale * 1000
}

function placed ({ relative, start, ...message }: Message, fragment: Fragment): EventMessage {
  return { ...message, start: relative ? fragment.start + start : start }
}

function isFalseSync (bytes: ByteQueue, at: number, { unmarked, moofSize }: Fragment): boolean {
  if (unmarked === undefined) return false
  const { sample: { position, size }, nal } = unmarked
  checkSampleData(bytes.length - at, moofSize, position, size)
  return !isSyncPicture(bytes.peek(Math.min(size, LOOKED_AT), at + position), nal, size)
}
