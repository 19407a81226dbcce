// The state that a broadcast needs to compose its next segment: the number, the tracks with their init segments' versions, and the
// timeline. It can be written as JSON and continued elsewhere; its memory of segments, which is long, is handed on piece by piece.
import { createHash } from 'node:crypto'
import type { InitSegment, MediaSegment } from '../media/segment.js'
import { formatPlace, microseconds } from '../wire.js'
import type { SegmentMessage } from '../wire.js'
import type { Entry } from './entry.js'
import { Timeline, memoryName } from './timeline.js'
import type { Memory, TimelineState } from './timeline.js'

/** The object that a segment belongs to, if that may be sent again: the object's unique name, and a key of the segment's time and bytes. */
export interface Part {
  readonly object: string
  readonly key: string
}

/** A segment as its publisher sent it. */
export interface Draft {
  readonly media: MediaSegment
  /** Whether it is the first segment of a programme. */
  readonly renews: boolean
  readonly part?: Part
}

/** A track as the ledger knows it: its init segment without the bytes, but with a digest that identifies it. */
export interface LedgerTrack {
  readonly version: number
  readonly digest: string
  readonly media: Omit<InitSegment, 'bytes'>
}

/** A key that was added to a ledger's memory, and the name of its object there. */
export interface Remembered {
  readonly object: string
  readonly key: string
  /** Whether the object has no other: those that it had belong to a life that is over. */
  readonly isFirst: boolean
}

/** A ledger as JSON, without its memory. */
export interface LedgerState {
  readonly next: number
  readonly tracks: Readonly<Record<string, LedgerTrack>>
  /** Tracks whose publisher has marked their last segment. */
  readonly last: readonly string[]
  readonly timeline: TimelineState
}

/** The ledger of one life of a broadcast. */
export class Ledger {
  readonly tracks: Map<string, LedgerTrack>
  readonly #broadcast: string
  readonly #epoch: number
  readonly #timeline: Timeline
  readonly #last: Set<string>
  #next: number
  #added: Remembered | undefined

  /** @param state - of another ledger, to continue, with its memory */
  constructor (broadcast: string, epoch: number, state?: LedgerState, memory?: Memory) {
    this.#broadcast = broadcast
    this.#epoch = epoch
    this.#next = state?.next ?? 1
    this.tracks = new Map(Object.entries(state?.tracks ?? {}))
    this.#last = new Set(state?.last)
    this.#timeline = new Timeline(state?.timeline, memory)
  }

  get state (): LedgerState {
    return { next: this.#next, tracks: Object.fromEntries(this.tracks), last: [...this.#last], timeline: this.#timeline.state }
  }

  /** Sequence of the next segment. */
  get next (): number { return this.#next }

  /** The number of remembered segments that may be sent again. */
  get remembered (): number { return this.#timeline.remembered }

  /** The names of the objects in its memory. */
  get objects (): string[] { return this.#timeline.objects }

  /** What the newest segment has added to its memory. */
  get added (): Remembered | undefined { return this.#added }

  /** Whether its publishers have marked the last segment of every track. */
  get isLast (): boolean { return this.tracks.size > 0 && this.#last.size === this.tracks.size }

  /** Makes an init segment the current one of its track. @returns its version */
  setInit (track: string, media: InitSegment): number {
    const known = this.tracks.get(track)
    const digest = digestOf(media)
    if (known?.digest === digest) return known.version
    const version = (known?.version ?? 0) + 1
    const { bytes: _, ...rest } = media
    this.tracks.set(track, { version, digest, media: rest })
    return version
  }

  /** An init segment came by itself: the track's next segment may begin a new life. */
  renew (track: string): void {
    this.#timeline.renew(track)
    this.#added = undefined
  }

  /** Whether a segment was accepted before. The first segment of a programme may begin another life with the same bytes. */
  repeats (track: string, publisher: string, { media, renews, part }: Draft): boolean {
    if (renews) this.#timeline.renew(track)
    return part !== undefined && this.#timeline.repeats(track, publisher, media, part.key)
  }

  /**
   * Places a segment on the timeline and numbers it. Its init segment was set with {@link Ledger.setInit}.
   * @param receivedAt - milliseconds of a monotonic clock
   */
  compose (track: string, publisher: string, media: MediaSegment, receivedAt: number, part?: Part): Entry {
    const { start, shift, life, discontinuity, pause } = this.#timeline.place(track, publisher, media, receivedAt)
    const keys = part === undefined ? 0 : this.#timeline.remember(track, part.object, part.key)
    this.#added = undefined
    if (part !== undefined && keys > 0) this.#added = { object: memoryName(track, part.object), key: part.key, isFirst: keys === 1 }
    if (media.last === true) this.#last.add(track)
    else this.#last.delete(track)
    const sequence = this.#next++
    const message: SegmentMessage = {
      broadcast: this.#broadcast,
      track,
      init: this.tracks.get(track)!.version,
      start: microseconds(start),
      duration: microseconds(media.duration),
      join: media.join && (hasVideo(media.init) || !this.#hasVideo),
      received: Date.now(),
      ...(media.captured === undefined ? {} : { captured: Math.round(media.captured) }),
      ...(discontinuity ? { discontinuity: true } : {})
    }
    return {
      id: formatPlace(this.#epoch, sequence),
      sequence,
      message,
      start,
      duration: media.duration,
      decodable: media.join,
      ...(media.ends === undefined ? {} : { ends: media.ends }),
      life,
      ...(pause === undefined ? {} : { pause: { before: formatPlace(this.#epoch, sequence - 1), seconds: pause } }),
      events: media.events ?? [],
      shift,
      bytes: shift === 0 || media.shift === undefined ? media.bytes : shifted(media, shift)
    }
  }

  get #hasVideo (): boolean {
    for (const { media } of this.tracks.values()) if (hasVideo(media)) return true
    return false
  }
}

/** Whether it contains video, not a still picture. */
export function hasVideo ({ kind }: Pick<InitSegment, 'kind'>): boolean {
  return kind === 'av' || kind === 'video'
}

// A segment that is composed again, because another node was faster, has been shifted already.
const moved = new WeakMap<MediaSegment, Uint8Array>()

function shifted (media: MediaSegment, seconds: number): Uint8Array {
  const bytes = moved.get(media) ?? media.shift!(seconds)
  moved.set(media, bytes)
  return bytes
}

// One digest per init segment object: the same object as long as its bytes are the same.
const digests = new WeakMap<InitSegment, string>()

// A picture's init segment has no bytes and is a new object each time; its few fields are its digest.
function digestOf (media: InitSegment): string {
  const known = digests.get(media)
  if (known !== undefined) return known
  const { kind, mime, mode, width, height, bytes } = media
  const described = JSON.stringify([kind, mime, mode, width, height])
  if (bytes === undefined) return described
  const digest = createHash('sha256').update(described).update(bytes).digest('base64url')
  digests.set(media, digest)
  return digest
}
