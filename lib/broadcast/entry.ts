// A segment as composed for its broadcast, before a live window takes it: plain values, so that a store can carry it. Types only.
import type { EventMessage } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'

/** A time without a publisher. */
export interface Pause {
  /** Id of the last segment before it. */
  readonly before: string
  /** Its length. */
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
  /** The end of each of the container's own tracks in it, in seconds of the publisher; absent if its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
  /** The publisher's life that it belongs to. */
  readonly life: number
  /** Only on the first segment of its track in another life. */
  readonly pause?: Pause
  readonly events: readonly EventMessage[]
  /** The shift of the events' own times, in seconds. */
  readonly shift: number
  readonly bytes: Uint8Array
}
