// The vocabulary on the wire, shared by server and player: event names, the JSON of each event, and the grammar of ids.

/** Names of the events that are not segments. A segment is the default `message` event. */
export const STATE_EVENT = 'state'
/** @see {@link InitMessage} */
export const INIT_EVENT = 'init'
/** @see {@link GapMessage} */
export const GAP_EVENT = 'gap'
/** @see {@link EmsgMessage} */
export const EMSG_EVENT = 'emsg'

/** What a viewer is told about its broadcast. */
export type WatchState = 'waiting' | 'live' | 'ended' | 'forbidden' | 'full' | 'closing'

/** Why segments are missing: the viewer was slow, they are no longer kept, the numbering restarted, or the publisher was away. */
export type GapReason = 'slow' | 'expired' | 'restart' | 'publisher'

/** JSON of `event: state`. Times are Unix milliseconds. */
export interface StateMessage {
  readonly broadcast: string
  readonly state: WatchState
  readonly epoch?: number
  readonly latest?: string
  readonly viewer?: string
  readonly now: number
}

/** JSON of `event: init`, followed by the init segment's base64 if it has bytes. */
export interface InitMessage {
  readonly broadcast: string
  readonly track: string
  /** Changes exactly when the init segment's bytes change. */
  readonly version: number
  readonly kind: string
  /** For `MediaSource.isTypeSupported` (RFC 6381). */
  readonly mime: string
  /** For `SourceBuffer.mode`. */
  readonly mode: 'segments' | 'sequence'
  readonly width?: number
  readonly height?: number
}

/** JSON of a segment, followed by its base64, or with `url` in its place. */
export interface SegmentMessage {
  readonly broadcast: string
  readonly track: string
  /** Version of the init segment that it needs. */
  readonly init: number
  /** Earliest presentation time, seconds. */
  readonly start: number
  /** Seconds; 0 for a still picture. */
  readonly duration: number
  readonly join: boolean
  /** When its last byte arrived, Unix milliseconds. */
  readonly received: number
  /** When it was captured, Unix milliseconds, if the publisher says so (`prft`, ISO/IEC 14496-12, 8.16.5). */
  readonly captured?: number
  /** The first segment of another publisher's life. */
  readonly discontinuity?: true
  readonly url?: string
}

/**
 * JSON of a message to viewers with `whole=true`, followed by the base64 of one complete, playable file: the init segment and one group of
 * pictures, which is all segments of one track from a join point up to the next. The event's id is that of the last of them.
 */
export interface WholeMessage extends SegmentMessage {
  readonly whole: true
  /** The file's type with its `codecs` (RFC 6381), for the `type` of a `Blob`. */
  readonly mime: string
  /**
   * Earliest presentation time of the group on the broadcast's timeline, seconds. In the file itself times begin at about 0, if the format
   * allows lowering them.
   */
  readonly start: number
  /** Of the group, seconds; 0 for a still picture. */
  readonly duration: number
  readonly join: true
  /** When the last byte of the group's last segment arrived, Unix milliseconds. */
  readonly received: number
  /** When the first segment of the group was captured, Unix milliseconds, if the publisher says so. */
  readonly captured?: number
}

/** JSON of `event: gap`: the segments that the viewer does not get. `from` and `to` are inclusive. */
export interface GapMessage {
  readonly broadcast: string
  readonly from: string
  readonly to: string
  /** The number of segments, or null if a change of epoch makes it unknowable. */
  readonly segments: number | null
  /** Seconds of the broadcast's timeline, or null if unknowable. */
  readonly seconds: number | null
  readonly reason: GapReason
}

/** JSON of `event: emsg`, followed by the base64 of its `message_data`, if any (ISO/IEC 23009-1, 5.10.3.3). */
export interface EmsgMessage {
  readonly broadcast: string
  readonly track: string
  /** Its meaning: its `scheme_id_uri`. */
  readonly scheme: string
  readonly value: string
  readonly id: number
  /** When it takes effect, in seconds as a segment's start. */
  readonly start: number
  /** Seconds, or null if the publisher does not know. */
  readonly duration: number | null
}

/** A place in a broadcast: one life of its numbering, and the number in it. */
export interface Place {
  readonly epoch: number
  readonly sequence: number
}

/** The parameters of a signed link: the broadcasts it is for, when it expires (Unix milliseconds), and the signature. */
export const LINK_PARAMETERS = ['signed', 'expires', 'signature'] as const

/** The grammar of broadcasts' and tracks' names. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const PLACE = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/

/** Writes a place as an event id, `<epoch>-<sequence>`: ids sort, and are valid Redis stream ids. */
export function formatPlace (epoch: number, sequence: number): string {
  return `${epoch}-${sequence}`
}

/** Reads an event id; undefined for anything that {@link formatPlace} cannot have written. */
export function parsePlace (id: string): Place | undefined {
  const match = PLACE.exec(id)
  if (match === null) return undefined
  const epoch = Number(match[1])
  const sequence = Number(match[2])
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(sequence) ? { epoch, sequence } : undefined
}

/** Seconds, to the microsecond: enough for any media clock, and no `0.30000000000000004` on the wire. */
export function microseconds (seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}

/** A viewer's place in one broadcast, by name; `place` is an event id, undefined before there is one. */
export interface Placed {
  readonly name: string
  readonly place: string | undefined
}

/** Writes the id of an event on a connection with several broadcasts: the viewer's place in each, `demo@<id>,cam2@<id>`. */
export function formatPlaces (placed: readonly Placed[]): string {
  let text = ''
  for (const { name, place } of placed) {
    if (place !== undefined) text += `${text === '' ? '' : ','}${name}@${place}`
  }
  return text
}

/** Reads what {@link formatPlaces} has written: an id for each name. Skips parts of any other form; the ids are not checked. */
export function parsePlaces (text: string): Map<string, string> {
  const places = new Map<string, string>()
  for (const entry of text.split(',')) {
    const at = entry.indexOf('@')
    if (at > 0) places.set(entry.slice(0, at), entry.slice(at + 1))
  }
  return places
}
