// Puts the bytes of a segment into one array of its own, a little at a time: to copy 16 MiB in one go, into memory that the system has yet
// to give, takes the event loop for longer than anything else that is done with them.
import type { ByteQueue } from './byte-queue.js'
import type { MediaSegment } from './segment.js'

/** Bytes that are put together in one step. */
export const GATHERED_AT_ONCE = 128 * 1024

/** Bytes that come to stand in one array. */
export interface Gathered {
  /** All of them, in an array of their own; what is not there yet is put there now. */
  readonly bytes: Uint8Array
  /** Puts some more of them there; absent where all are. @returns whether all are */
  readonly gather?: () => boolean
}

/** Has the bytes of a queue, which nobody else uses any more, put into one array: at once where they are few. */
export function gathered (from: ByteQueue): Gathered {
  if (from.length <= GATHERED_AT_ONCE) return { bytes: from.take(from.length) }
  // So much memory is fresh, mostly, and the system's to give where it is first written to.
  const whole = new Uint8Array(from.length)
  const gather = (most: number): boolean => {
    from.takeInto(whole, whole.length - from.length, Math.min(most, from.length))
    return from.length === 0
  }
  return {
    get bytes () {
      gather(Infinity)
      return whole
    },
    gather: () => gather(GATHERED_AT_ONCE)
  }
}

/** A segment of these bytes. @param from - nobody else uses it any more */
export function gatheredSegment (fields: Omit<MediaSegment, keyof Gathered>, from: ByteQueue): MediaSegment {
  return withBytes(fields, gathered(from))
}

/** A segment whose bytes are these. */
export function withBytes (fields: Omit<MediaSegment, keyof Gathered>, bytes: Gathered): MediaSegment {
  const { gather } = bytes
  return gather === undefined ? { ...fields, bytes: bytes.bytes } : { ...fields, get bytes () { return bytes.bytes }, gather }
}
