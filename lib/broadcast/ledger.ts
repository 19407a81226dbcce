// What a broadcast must know to compose its next segment: the number, the tracks with their init segments' versions, and the timeline. It
// can be put into JSON and be gone on with elsewhere.
import { createHash } from 'node:crypto'
import type { InitSegment, MediaSegment } from '../media/segment.js'
import { formatPlace, microseconds } from '../wire.js'
import type { SegmentMessage } from '../wire.js'
import type { Entry } from './entry.js'
import { Timeline } from './timeline.js'
import type { TimelineState } from './timeline.js'

/** What a segment is a part of that may be sent again: the object's name among all, and what names the segment's time and bytes. */
export interface Part {
  readonly object: string
  readonly key: string
}

/** A segment that its publisher has sent. */
export interface Draft {
  readonly media: MediaSegment
  /** Whether it is the first of a programme from its start. */
  readonly renews: boolean
  readonly part?: Part
}

/** A track as the ledger knows it: its init segment without its bytes, but with what tells it apart from others. */
export interface LedgerTrack {
  readonly version: number
  readonly digest: string
  readonly media: Omit<InitSegment, 'bytes'>
}

/** A ledger as JSON. */
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

  /** @param state - of another ledger, to go on with */
  constructor (broadcast: string, epoch: number, state?: LedgerState) {
    this.#broadcast = broadcast
    this.#epoch = epoch
    this.#next = state?.next ?? 1
    this.tracks = new Map(Object.entries(state?.tracks ?? {}))
    this.#last = new Set(state?.last)
    this.#timeline = new Timeline(state?.timeline)
  }

  get state (): LedgerState {
    return { next: this.#next, tracks: Object.fromEntries(this.tracks), last: [...this.#last], timeline: this.#timeline.state }
  }

  /** Sequence that the next segment gets. */
  get next (): number { return this.#next }

  /** How many segments are remembered that may be sent again. */
  get remembered (): number { return this.#timeline.remembered }

  /** Whether its publishers have marked the last segment of every track. */
  get isLast (): boolean { return this.tracks.size > 0 && this.#last.size === this.tracks.size }

  /** Makes an init segment the valid one of its track. @returns its version */
  setInit (track: string, media: InitSegment): number {
    const known = this.tracks.get(track)
    const digest = digestOf(media)
    if (known?.digest === digest) return known.version
    const version = (known?.version ?? 0) + 1
    const { bytes: _, ...rest } = media
    this.tracks.set(track, { version, digest, media: rest })
    return version
  }

  /** An init segment has come by itself: the track's next segment may begin a new life. */
  renew (track: string): void {
    this.#timeline.renew(track)
  }

  /** Whether a segment was accepted before. One that begins a programme may begin another life with the same bytes. */
  repeats (track: string, publisher: string, { media, renews, part }: Draft): boolean {
    if (renews) this.#timeline.renew(track)
    return part !== undefined && this.#timeline.repeats(track, publisher, media, part.key)
  }

  /**
   * Lays a segment on the timeline, and gives it its number. What its init segment is has been told with {@link Ledger.setInit}.
   * @param receivedAt - milliseconds of a clock that is never set back
   */
  compose (track: string, publisher: string, media: MediaSegment, receivedAt: number, part?: Part): Entry {
    const { start, shift, life, discontinuity, pause } = this.#timeline.place(track, publisher, media, receivedAt)
    if (part !== undefined) this.#timeline.remember(track, part.object, part.key)
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

/** Whether a picture that moves is in it. */
export function hasVideo ({ kind }: Pick<InitSegment, 'kind'>): boolean {
  return kind === 'av' || kind === 'video'
}

// A segment that is composed anew, because another node was faster, has been moved already.
const moved = new WeakMap<MediaSegment, Uint8Array>()

function shifted (media: MediaSegment, seconds: number): Uint8Array {
  const bytes = moved.get(media) ?? media.shift!(seconds)
  moved.set(media, bytes)
  return bytes
}

// Made once for each init segment, which is the same object as long as its bytes are the same.
const digests = new WeakMap<InitSegment, string>()

// A picture's init segment has no bytes, and is made anew with each: what little tells it apart is its own digest.
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
