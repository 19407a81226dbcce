// A segment as it has been composed for its broadcast, before it is taken into a live window: plain values, so that it can go by way of
// others. Types only.
import type { EventMessage } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'

/** That a publisher was away. */
export interface Pause {
  /** Id of the segment before it. */
  readonly before: string
  /** How long. */
  readonly seconds: number
}

/** A segment with its place, its time and its id. */
export interface Entry {
  readonly id: string
  readonly sequence: number
  /** What viewers are told of it; its `init` is the version that it needs. */
  readonly message: SegmentMessage
  /** Seconds on the broadcast's timeline, not rounded. */
  readonly start: number
  readonly duration: number
  /** Whether its own track can be decoded from here. */
  readonly decodable: boolean
  /** Where each of the container's own tracks in it ends, in seconds of the publisher; absent where its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
  /** The publisher's life that it belongs to. */
  readonly life: number
  /** With the first of its track in another life. */
  readonly pause?: Pause
  readonly events: readonly EventMessage[]
  /** Seconds that the events' own times are moved by. */
  readonly shift: number
  readonly bytes: Uint8Array
}
