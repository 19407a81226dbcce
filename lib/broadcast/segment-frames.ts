// A segment as its viewers are handed it: encoded once, with all that must reach them together with it.
import type { Segment } from '../contract.js'
import { formatEvent } from '../event/event.js'
import type { EventParts } from '../event/frame.js'
import { SharedFrame } from '../event/shared-frame.js'
import type { FrameKeeper } from '../event/shared-frame.js'
import type { EventMessage, InitSegment } from '../media/segment.js'
import { EMSG_EVENT, GAP_EVENT } from '../wire.js'
import type { EmsgMessage, GapMessage, SegmentMessage } from '../wire.js'
import type { Entry } from './entry.js'

/** What a segment's frames are made of. */
export interface SegmentParts {
  readonly id: string
  readonly message: SegmentMessage
  readonly bytes: Uint8Array
  /** Where the segment's bytes are, relative to the path of the routes. */
  readonly url: string
  /** Come before the segment, without ids of their own: who has the segment has them, and who resumes after it is not given them again. */
  readonly events: readonly EventMessage[]
  /** Seconds that the events' own times are moved by. */
  readonly shift: number
}

/** The same events twice: with the segment's bytes, and with its URL in their place. */
export interface SegmentFrames {
  readonly frame: SharedFrame
  readonly reference: ReferenceFrame
}

/** Events with a URL in them, which is relative to that of the stream: as most viewers need it, and as others do, once one of them asks. */
export class ReferenceFrame extends SharedFrame {
  readonly #eventsFrom: (base: string) => readonly EventParts[]
  readonly #keptBy: FrameKeeper | undefined
  #others: Map<string, SharedFrame> | undefined

  /** @param eventsFrom - gives the events, with what stands before the URL */
  constructor (eventsFrom: (base: string) => readonly EventParts[], keeper?: FrameKeeper) {
    super(() => eventsFrom(''), keeper)
    this.#eventsFrom = eventsFrom
    this.#keptBy = keeper
  }

  override get bytes (): number {
    let bytes = super.bytes
    if (this.#others !== undefined) for (const frame of this.#others.values()) bytes += frame.bytes
    return bytes
  }

  /** The frame for streams from which the routes' path is reached so. @param base - `''`, or ends with `/`; one of few, as each has an encoding of its own */
  from (base: string): SharedFrame {
    if (base === '') return this
    this.#others ??= new Map()
    let frame = this.#others.get(base)
    if (frame === undefined) {
      frame = new SharedFrame(() => this.#eventsFrom(base), this.#keptBy)
      this.#others.set(base, frame)
    }
    return frame
  }
}

/** A segment as users' code is given it. @param media - the init segment that it needs */
export function segmentOf ({ id, message: { track, join, received }, bytes, start, duration }: Entry, { mime, bytes: initSegment }: InitSegment): Segment {
  const segment = { id, track, mime, bytes, start, duration, join, received }
  return initSegment === undefined ? segment : { ...segment, initSegment }
}

/** The events of a segment and of the messages that came with it. */
export function segmentFrames ({ id, message, bytes, url, events, shift }: SegmentParts, keeper?: FrameKeeper): SegmentFrames {
  const before = (): EventParts[] => events.map(event => emsgEvent(event, message, shift))
  return {
    frame: new SharedFrame(() => [...before(), { head: `id: ${id}\ndata: ${JSON.stringify(message)}\n`, media: bytes }], keeper),
    reference: new ReferenceFrame(base => [...before(), { head: formatEvent({ id, data: { ...message, url: base + url } }) }], keeper)
  }
}

/** The pause of a publisher before a segment: nothing is missing, so its id is that of the segment before. @param seconds how long it was */
export function pauseFrame (broadcast: string, before: string, seconds: number, keeper?: FrameKeeper): SharedFrame {
  const gap: GapMessage = { broadcast, from: before, to: before, segments: 0, seconds: milliseconds(seconds), reason: 'publisher' }
  return new SharedFrame(() => [{ head: formatEvent({ id: before, event: GAP_EVENT, data: gap }) }], keeper)
}

/** Seconds, to the microsecond: enough for any media clock, and no `0.30000000000000004` on the wire. */
export function microseconds (seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}

function emsgEvent ({ scheme, value, id, start, duration, bytes }: EventMessage, { broadcast, track }: SegmentMessage, shift: number): EventParts {
  const message: EmsgMessage = {
    broadcast, track, scheme, value, id, start: microseconds(start + shift), duration: duration === undefined ? null : microseconds(duration)
  }
  const head = `event: ${EMSG_EVENT}\ndata: ${JSON.stringify(message)}\n`
  return bytes.byteLength === 0 ? { head: head + '\n' } : { head, media: bytes }
}

function milliseconds (seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
