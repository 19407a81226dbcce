// Copies the bytes of a segment into one array, a little at a time: copying 16 MiB at once, into memory that the system has yet to provide,
// would block the event loop for longer than any other work on them.
import type { ByteQueue } from './byte-queue.js'
import type { MediaSegment } from './segment.js'

/** Bytes copied in one step. */
export const GATHERED_AT_ONCE = 128 * 1024

/** Bytes on their way into one array. */
export interface Gathered {
  /** All of them, in an array of their own; completes the copy if necessary. */
  readonly bytes: Uint8Array
  /** Copies some more of them; absent if all are copied. @returns whether all are */
  readonly gather?: () => boolean
}

/** Copies the bytes of a queue, which the caller no longer uses, into one array: at once if they are few. */
export function gathered (from: ByteQueue): Gathered {
  if (from.length <= GATHERED_AT_ONCE) return { bytes: from.take(from.length) }
  // An array this large is usually fresh memory, which the system provides when it is first written to.
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

/** A segment of these bytes. @param from - not used by the caller any more */
export function gatheredSegment (fields: Omit<MediaSegment, keyof Gathered>, from: ByteQueue): MediaSegment {
  return withBytes(fields, gathered(from))
}

/** A segment with these bytes. */
export function withBytes (fields: Omit<MediaSegment, keyof Gathered>, bytes: Gathered): MediaSegment {
  const { gather } = bytes
  return gather === undefined ? { ...fields, bytes: bytes.bytes } : { ...fields, get bytes () { return bytes.bytes }, gather }
}
