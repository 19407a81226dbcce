// A segment in the live window, cheap as long as nobody watches: what viewers are handed is made when the first asks for it.
import type { SharedFrame } from '../event/shared-frame.js'
import type { EventMessage } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'
import type { Entry } from './entry.js'
import type { DueSegment, Init, WindowSegment } from './window-segment.js'
import type { ReferenceFrame, SegmentFrames } from './segment-frames.js'

/** What makes a segment's frames. */
export interface FrameMaker {
  frames (segment: KeptSegment): SegmentFrames
}

/** A kept segment. What users' code is given of it are its own properties. */
export class KeptSegment implements WindowSegment {
  readonly id: string
  readonly track: string
  readonly mime: string
  readonly bytes: Uint8Array
  readonly start: number
  readonly duration: number
  readonly join: boolean
  readonly received: number
  readonly sequence: number
  readonly decodable: boolean
  readonly receivedAt: number
  readonly life: number
  readonly init: Init
  readonly message: SegmentMessage
  /** Seconds that the events' own times are moved by. */
  readonly shift: number
  readonly events: readonly EventMessage[]
  declare readonly initSegment?: Uint8Array
  declare readonly ends?: ReadonlyMap<number, number>
  declare readonly captured?: number
  declare readonly pause?: SharedFrame
  readonly #maker: FrameMaker
  #frames: SegmentFrames | undefined
  #due: DueSegment | undefined

  /**
   * @param receivedAt - milliseconds of a clock that is never set back
   * @param pause - tells who has watched that the publisher was away before it
   */
  constructor (entry: Entry, init: Init, receivedAt: number, pause: SharedFrame | undefined, maker: FrameMaker) {
    const { message } = entry
    this.id = entry.id
    this.track = message.track
    this.mime = init.media.mime
    this.bytes = entry.bytes
    this.start = entry.start
    this.duration = entry.duration
    this.join = message.join
    this.received = message.received
    this.sequence = entry.sequence
    this.decodable = entry.decodable
    this.receivedAt = receivedAt
    this.life = entry.life
    this.init = init
    this.message = message
    this.shift = entry.shift
    this.events = entry.events
    this.#maker = maker
    if (init.media.bytes !== undefined) this.initSegment = init.media.bytes
    if (entry.ends !== undefined) this.ends = entry.ends
    if (message.captured !== undefined) this.captured = message.captured
    if (pause !== undefined) this.pause = pause
  }

  get frame (): SharedFrame { return this.#made.frame }
  get reference (): ReferenceFrame { return this.#made.reference }

  get due (): DueSegment {
    this.#due ??= { kind: 'segment', segment: this, next: this.sequence + 1, segments: 1, since: this.receivedAt, end: this.start + this.duration, life: this.life, pause: this.pause }
    return this.#due
  }

  get #made (): SegmentFrames {
    this.#frames ??= this.#maker.frames(this)
    return this.#frames
  }
}
