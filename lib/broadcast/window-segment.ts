// A segment in the live window, and its init segment: as readers have them. Types only.
import type { EventMessage, InitSegment } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'
import type { Pause } from './entry.js'

/** An init segment as it is announced, kept as long as a kept segment needs it. */
export interface Init {
  readonly track: string
  readonly version: number
  readonly media: InitSegment
}

/** What a reader is given at a time. */
export interface Due {
  /** Sequence of the first segment in it. */
  readonly sequence: number
  /** Sequence behind it: where the reader goes on. */
  readonly next: number
  /** How many segments are in it. */
  readonly segments: number
  /** Since when it can be handed over, milliseconds of the monotonic clock. */
  readonly since: number
  /** Where the broadcast's timeline stands behind it, seconds. */
  readonly end: number
  /** The publisher's life that it belongs to: a later one has a higher number. */
  readonly life: number
  /** With the first of its track in another life: the publisher was away, as readers are told that have watched before. */
  readonly pause?: Pause
}

/** A segment in the window, which is all that a reader is given at a time. */
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
  /** Whether watching may begin with it. */
  readonly join: boolean
  /** When it was received, milliseconds of the monotonic clock. */
  readonly receivedAt: number
  /** Whether its own track can be decoded from here, also where that is no place to join the whole broadcast. */
  readonly decodable: boolean
  /** Where each of the container's own tracks in it ends, in seconds of the publisher; absent where its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
  /** The messages that came with it. */
  readonly events: readonly EventMessage[]
  /** Seconds that the events' own times are moved by. */
  readonly shift: number
}
