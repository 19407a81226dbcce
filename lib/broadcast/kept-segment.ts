// A segment as the live window keeps it: plain values, passed to readers as they are. Users' code gets a plain copy.
import type { Segment } from '../contract.js'
import type { EventMessage, InitSegment } from '../media/segment.js'
import type { SegmentMessage } from '../wire.js'
import type { Entry, Pause } from './entry.js'
import type { Init, WindowSegment } from './window-segment.js'

/** A kept segment. */
export class KeptSegment implements WindowSegment {
  readonly kind = 'segment'
  readonly id: string
  readonly sequence: number
  readonly init: Init
  readonly message: SegmentMessage
  readonly bytes: Uint8Array
  readonly start: number
  readonly duration: number
  readonly decodable: boolean
  readonly receivedAt: number
  readonly life: number
  readonly shift: number
  readonly events: readonly EventMessage[]
  declare readonly ends?: ReadonlyMap<number, number>
  declare readonly pause?: Pause

  /** @param receivedAt - milliseconds of the monotonic clock */
  constructor (entry: Entry, init: Init, receivedAt: number) {
    this.id = entry.id
    this.sequence = entry.sequence
    this.init = init
    this.message = entry.message
    this.bytes = entry.bytes
    this.start = entry.start
    this.duration = entry.duration
    this.decodable = entry.decodable
    this.receivedAt = receivedAt
    this.life = entry.life
    this.shift = entry.shift
    this.events = entry.events
    if (entry.ends !== undefined) this.ends = entry.ends
    if (entry.pause !== undefined) this.pause = entry.pause
  }

  get track (): string { return this.message.track }
  get join (): boolean { return this.message.join }
  get next (): number { return this.sequence + 1 }
  get segments (): number { return 1 }
  get since (): number { return this.receivedAt }
  get end (): number { return this.start + this.duration }
}

/** A segment for users' code. @param media - the init segment that it needs */
export function segmentOf (segment: Pick<Entry, 'id' | 'message' | 'bytes' | 'start' | 'duration'>, media: InitSegment): Segment {
  const { id, message: { track, join, received }, bytes, start, duration } = segment
  const plain = { id, track, mime: media.mime, bytes, start, duration, join, received }
  return media.bytes === undefined ? plain : { ...plain, initSegment: media.bytes }
}
