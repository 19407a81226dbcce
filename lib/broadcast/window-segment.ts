// A segment in the live window, and its init segment, as readers see them. Types only.
import type { EventMessage, InitSegment } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'
import type { Pause } from './entry.js'

/** An announced init segment, kept as long as a kept segment needs it. */
export interface Init {
  readonly track: string
  readonly version: number
  readonly media: InitSegment
}

/** One item for a reader. */
export interface Due {
  /** Sequence of the first segment in it. */
  readonly sequence: number
  /** Sequence after it: where the reader continues. */
  readonly next: number
  /** The number of segments in it. */
  readonly segments: number
  /** When it became available, milliseconds of the monotonic clock. */
  readonly since: number
  /** The timeline's position after it, seconds. */
  readonly end: number
  /** The publisher's life that it belongs to: a later one has a higher number. */
  readonly life: number
  /** Only on the first segment of its track in another life: tells readers that were there before that the publisher was away. */
  readonly pause?: Pause
}

/** A segment in the window, as one item for a reader. */
export interface WindowSegment extends Due {
  readonly kind: 'segment'
  readonly id: string
  readonly track: string
  readonly init: Init
  /** What viewers are told of it. */
  readonly message: SegmentMessage
  readonly bytes: Uint8Array
  /** Seconds on the broadcast's timeline, not rounded. */
  readonly start: number
  readonly duration: number
  /** Whether viewers may join at it. */
  readonly join: boolean
  /** When it was received, milliseconds of the monotonic clock. */
  readonly receivedAt: number
  /** Whether its own track can be decoded from here, even if it is no join point of the whole broadcast. */
  readonly decodable: boolean
  /** The end of each of the container's own tracks in it, in seconds of the publisher; absent if its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
  /** The messages that came with it. */
  readonly events: readonly EventMessage[]
  /** The shift of the events' own times, in seconds. */
  readonly shift: number
}
