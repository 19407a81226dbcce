// A segment in the live window, and its init segment: what readers and encodings have of them. Types only.
import type { Segment } from '../contract.js'
import type { Frame } from '../event/frame.js'
import type { SharedFrame } from '../event/shared-frame.js'
import type { InitSegment } from '../media/segment.js'
import type { ReferenceFrame } from './segment-frames.js'

/** An init segment as it is announced: encoded once, kept as long as a kept segment needs it. */
export interface Init {
  readonly track: string
  readonly version: number
  readonly media: InitSegment
  readonly frame: Frame
}

/** What a reader is given at a time. */
export interface Due {
  /** Sequence behind it: where the reader goes on. */
  readonly next: number
  /** How many segments are in it. */
  readonly segments: number
  /** Since when it can be handed over, milliseconds of `performance.now()`. */
  readonly since: number
  /** Where the broadcast's timeline stands behind it, seconds. */
  readonly end: number
  /** The publisher's life that it belongs to. */
  readonly life: number
  /** Tells readers that have watched before that the publisher was away. */
  readonly pause: Frame | undefined
}

/** A segment as what a reader is given. */
export interface DueSegment extends Due {
  readonly kind: 'segment'
  readonly segment: WindowSegment
}

/** A segment in the window, with what viewers are handed. */
export interface WindowSegment extends Segment {
  readonly sequence: number
  readonly init: Init
  readonly frame: SharedFrame
  /** What it is to a reader. */
  readonly due: DueSegment
  /** The same event with the segment's URL in place of its bytes. */
  readonly reference: ReferenceFrame
  /** When it was received, milliseconds of a clock that is never set back. */
  readonly receivedAt: number
  /** When what starts it was captured, Unix milliseconds, where the publisher tells. */
  readonly captured?: number
  /** Whether its own track can be decoded from here, also where that is no place to join the whole broadcast. */
  readonly decodable: boolean
  /** Where each of the container's own tracks in it ends, in seconds of the publisher; absent where its bytes carry no time. */
  readonly ends?: ReadonlyMap<number, number>
  /** The publisher's life that it belongs to: a later one has a higher number. */
  readonly life: number
  /** With the first of its track in another life: tells who has watched that the publisher was away. */
  readonly pause?: SharedFrame
  /** The messages that came with it. */
  readonly events?: ReadonlyArray<{ readonly bytes: Uint8Array }>
}
