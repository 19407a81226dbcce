// Finds the groups of pictures of one track in the live window: each can become one file. It looks at each segment once, and only on
// demand, so a broadcast without viewers of whole files spends nothing on it.
import type { Pause } from './entry.js'
import type { LiveWindow } from './live-window.js'
import type { WindowSegment } from './window-segment.js'

/**
 * The segments of one track from one decodable segment up to the next, all of one init segment and one publisher's life.
 */
export interface Group {
  /** Sequence of the first. */
  readonly first: number
  /** Sequence of the last so far. */
  readonly last: number
  /** The number of its segments. */
  readonly segments: number
  /** Earliest presentation time, in seconds of the broadcast's timeline. */
  readonly start: number
  /** The latest end of its segments, likewise. */
  readonly end: number
  readonly life: number
  /** Only on the first of its track in another life: tells existing viewers that the publisher was away. */
  readonly pause: Pause | undefined
  /** When it was complete, milliseconds of a monotonic clock; undefined while segments may still be added. */
  readonly completeSince: number | undefined
}

type GrowingGroup = { -readonly [Name in keyof Group]: Group[Name] }

/** The groups of one track. */
export class Groups {
  readonly #window: LiveWindow
  readonly #track: string
  readonly #groups: GrowingGroup[] = []
  // Sequence of the next segment to look at.
  #next = 1
  // The pause before a life that has no decodable segment yet.
  #pause: Pause | undefined

  constructor (window: LiveWindow, track: string) {
    this.#window = window
    this.#track = track
  }

  /** Groups whose first segment is still kept, oldest first. @param isOver - nothing more will be published */
  find (isOver: boolean): readonly Group[] {
    const window = this.#window
    const kept = this.#groups.findIndex(({ first }) => first >= window.first)
    this.#groups.splice(0, kept < 0 ? this.#groups.length : kept)
    for (let sequence = Math.max(this.#next, window.first); sequence < window.next; sequence++) this.#take(window.get(sequence)!)
    this.#next = window.next
    if (isOver) this.#complete(performance.now())
    return this.#groups
  }

  #take (segment: WindowSegment): void {
    if (segment.track !== this.#track) return
    const { sequence, receivedAt, life, start } = segment
    const end = start + segment.duration
    const open = this.#open()
    if (open !== undefined && this.#goesOn(open, segment)) {
      open.last = sequence
      open.segments++
      open.start = Math.min(open.start, start)
      open.end = Math.max(open.end, end)
      return
    }
    this.#complete(receivedAt)
    this.#pause = segment.pause ?? this.#pause
    if (!segment.decodable) return
    const completeSince = standsAlone(segment) ? receivedAt : undefined
    this.#groups.push({ first: sequence, last: sequence, segments: 1, start, end, life, pause: this.#pause, completeSince })
    this.#pause = undefined
  }

  #open (): GrowingGroup | undefined {
    const newest = this.#groups.at(-1)
    return newest?.completeSince === undefined ? newest : undefined
  }

  #complete (since: number): void {
    const open = this.#open()
    if (open !== undefined) open.completeSince = since
  }

  #goesOn ({ first }: Group, { decodable, life, init }: WindowSegment): boolean {
    const begin = this.#window.get(first)!
    return !decodable && life === begin.life && init === begin.init
  }
}

// Pictures and audio have no groups: each segment can be decoded by itself, and none has to wait for the next.
function standsAlone ({ init: { media } }: WindowSegment): boolean {
  return media.bytes === undefined || (media.kind !== 'av' && media.kind !== 'video')
}
