// What is published: fragmented MP4 and opaque objects whose media bytes are known by whoever knows the mark at their end.
import { knownBytes } from '../../test/kit/segments.js'
import { SOUND_INIT, MOVIE_INIT } from '../../test/broadcast/lives.js'
import { NON_SYNC, SYNC, fourcc, moof, traf, u32 } from '../../test/media/iso-bmff/build-box.js'

/** What the last bytes of a segment say about it. */
export interface Mark {
  /** Number of the body that it came with. */
  readonly body: number
  /** Its number in that, from 0. */
  readonly index: number
  /** How many bytes of media there are, the mark included. */
  readonly length: number
}

const MARK_BYTES = 12
const MAX_INDEX = 100_000
// Of a fragment, by the clock of its track.
const DURATION = 40

/** The tracks that can be published, by the kind of media. */
export const INITS = { video: MOVIE_INIT, audio: SOUND_INIT } as const
export type Kind = keyof typeof INITS
const TRACK_IDS: Readonly<Record<Kind, number>> = { video: 1, audio: 2 }

/** The bytes that a mark stands for, with the mark at their end. */
export function mediaOf ({ body, index, length }: Mark): Buffer {
  const bytes = knownBytes(body * MAX_INDEX + index, length)
  for (const [at, value] of [body, index, length].entries()) bytes.writeUInt32BE(value, length - MARK_BYTES + 4 * at)
  return bytes
}

/** The mark at the end of a segment. */
export function markOf (segment: Uint8Array): Mark {
  const [body = 0, index = 0, length = 0] = [0, 4, 8].map(at => Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength).readUInt32BE(segment.byteLength - MARK_BYTES + at))
  return { body, index, length }
}

/** A fragment that holds those bytes. @param join - whether decoding can start there */
export function fragmentOf (kind: Kind, mark: Mark, join: boolean): Buffer {
  const header = moof(traf({ id: TRACK_IDS[kind], time: mark.index * DURATION, sizes: [mark.length], flags: join ? SYNC : NON_SYNC }))
  return Buffer.concat([header, Uint8Array.from([...u32(8 + mark.length), ...fourcc('mdat')]), mediaOf(mark)])
}
