// The boxes before a `moof` that describe its fragment: whether it is the last, when it was captured, and messages.
import { FieldReader, allBoxes, bodyOf, boxOf } from './box-reader.js'
import type { Box } from './box-reader.js'
import { MediaError } from '../media-error.js'
import type { Movie, Track } from './movie.js'
import type { EventMessage } from '../segment.js'

/** ProducerReferenceTimeBox, ISO/IEC 14496-12, 8.16.5. */
export interface ReferenceTime {
  readonly trackId: number
  /** ntp_timestamp, in Unix milliseconds; undefined if it is 0, which producers write if they do not know it. */
  readonly captured: number | undefined
  /** The composition time that was captured then, in the timescale of the track. */
  readonly mediaTime: bigint
}

/** DASHEventMessageBox, ISO/IEC 23009-1, 5.10.3.3. */
export interface Message extends EventMessage {
  /** Whether `start` counts from the start of the segment: version 0. */
  readonly relative: boolean
}

/** A summary of the boxes before a `moof`. */
export interface Leading {
  /** Whether the fragment is marked as its track's last: the brand `lmsg` (ISO/IEC 23009-1, 7.3.1, and DASH-IF Live Media Ingest). */
  readonly last: boolean
  /** The newest one of a video track, else the newest of all. */
  readonly reference: (ReferenceTime & { readonly track: Track, readonly captured: number }) | undefined
  readonly messages: readonly Message[]
}

// Seconds from 1900, the origin of NTP, to 1970.
const NTP_TO_UNIX = 2_208_988_800

/** SegmentTypeBox, ISO/IEC 14496-12, 8.16.2: whether it has a brand, as the major one or a compatible one. */
export function hasBrand (styp: Box, brand: string): boolean {
  const reader = new FieldReader(styp)
  for (let word = 0; reader.left >= 4; word++) {
    // The second word is the minor version.
    if (reader.fourcc() === brand && word !== 1) return true
  }
  return false
}

/**
 * ProducerReferenceTimeBox, ISO/IEC 14496-12, 8.16.5. NTP seconds are in the era 1968 to 2104 (RFC 4330, 3).
 * @throws MediaError `INVALID_SEGMENT` if the box is shorter than its fields
 */
export function readPrft (prft: Box): ReferenceTime {
  const reader = new FieldReader(prft)
  const { version } = reader.fullBox()
  const trackId = reader.uint32()
  const seconds = reader.uint32()
  const fraction = reader.uint32()
  const mediaTime = version === 1 ? reader.bigUint64() : BigInt(reader.uint32())
  const captured = (seconds + (seconds < 2 ** 31 ? 2 ** 32 : 0) - NTP_TO_UNIX + fraction / 2 ** 32) * 1000
  return { trackId, captured: seconds === 0 && fraction === 0 ? undefined : captured, mediaTime }
}

/**
 * DASHEventMessageBox, ISO/IEC 23009-1, 5.10.3.3.
 * @returns undefined for a version that is neither 0 nor 1
 * @throws MediaError `INVALID_SEGMENT` if the box is shorter than its fields, a string has no end or is not UTF-8, or its timescale is 0
 */
export function readEmsg (emsg: Box): Message | undefined {
  const reader = new FieldReader(emsg)
  const { version } = reader.fullBox()
  if (version > 1) return undefined
  const relative = version === 0
  const names = relative ? [reader.string(), reader.string()] as const : undefined
  const timescale = reader.uint32()
  const time = relative ? reader.uint32() : reader.uint64()
  const duration = reader.uint32()
  const id = reader.uint32()
  const [scheme, value] = names ?? [reader.string(), reader.string()]
  if (timescale === 0) throw new MediaError('INVALID_SEGMENT', 'An emsg box has a timescale of 0: give the units per second of its times')
  return {
    scheme,
    value,
    id,
    start: time / timescale,
    duration: duration === 0xffffffff ? undefined : duration / timescale,
    bytes: bodyOf(reader.rest()).slice(),
    relative
  }
}

/**
 * Reads the boxes before a `moof`; unrelated ones, and those of tracks that the movie does not have, are skipped.
 * @throws MediaError `INVALID_SEGMENT` if a `prft` or an `emsg` is malformed
 */
export function readLeading (leading: Uint8Array, movie: Movie): Leading {
  const messages: Message[] = []
  let last = false
  let reference: Leading['reference']
  for (const box of allBoxes(boxOf('leading boxes', leading))) {
    if (box.type === 'styp') last ||= hasBrand(box, 'lmsg')
    if (box.type === 'emsg') messages.push(...[readEmsg(box)].filter(message => message !== undefined))
    if (box.type === 'prft') reference = preferred(reference, readPrft(box), movie)
  }
  return { last, reference, messages }
}

function preferred (before: Leading['reference'], prft: ReferenceTime, movie: Movie): Leading['reference'] {
  const track = movie.tracks.get(prft.trackId)
  if (track === undefined || prft.captured === undefined) return before
  if (before?.track.handler === 'vide' && track.handler !== 'vide') return before
  return { ...prft, track, captured: prft.captured }
}
