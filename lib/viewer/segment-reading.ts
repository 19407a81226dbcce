// Reads a broadcast segment by segment, each init segment before what needs it.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Due, WindowSegment } from '../broadcast/live-window.js'
import type { Frame } from '../event/frame.js'
import type { SharedFrame } from '../event/shared-frame.js'
import { newestJoin, place } from './place.js'
import type { Placement, Start } from './place.js'
import type { Reading } from './reading.js'
import { SentInits } from './sent-inits.js'

/** One viewer's reading of the segments of the tracks it asked for. */
export class SegmentReading implements Reading {
  readonly #live: LiveBroadcast
  readonly #start: Start
  readonly #inlineBytes: number
  readonly #base: string
  readonly #inits = new SentInits()

  /**
   * @param inlineBytes - segments of more bytes go by reference; `Infinity` for none
   * @param base - how the routes' path is reached from the stream's URL
   */
  constructor (live: LiveBroadcast, start: Start, inlineBytes: number, base = '') {
    this.#live = live
    this.#start = start
    this.#inlineBytes = inlineBytes
    this.#base = base
  }

  get tracks (): ReadonlySet<string> | undefined { return this.#start.tracks }

  place (lost?: string): Placement | undefined {
    return place(this.#live, lost === undefined ? this.#start : { ...this.#start, lastEventId: lost })
  }

  pass (cursor: number): number {
    if (this.#start.tracks === undefined) return cursor
    const { window } = this.#live
    let passed = cursor
    for (let segment = window.get(passed); segment !== undefined && !this.#wants(segment.track); segment = window.get(passed)) passed++
    return passed
  }

  due (cursor: number): Due | undefined {
    return this.#live.window.get(cursor)?.due
  }

  frame (cursor: number): SharedFrame {
    return deliveredFrame(this.#live.window.get(cursor)!, this.#inlineBytes, this.#base)
  }

  init (cursor: number): Frame | undefined {
    return this.#inits.next(this.#live, this.#live.window.get(cursor), this.#wants)?.frame
  }

  newest (): number | undefined {
    return newestJoin(this.#live, this.#start.tracks)
  }

  beyondLoss (cursor: number): number | undefined {
    const { first } = this.#live.window
    return cursor < first ? this.newest() ?? first : undefined
  }

  get edge (): number | undefined {
    return this.#start.tracks === undefined && (this.#base === '' || this.#inlineBytes === Infinity) && this.#inits.areComplete(this.#live) ? this.#inlineBytes : undefined
  }

  readonly #wants = (track: string): boolean => this.#start.tracks?.has(track) !== false
}

/** The event of a segment. @param inlineBytes - segments of more bytes go by reference @param base - how the routes' path is reached from the stream's URL */
export function deliveredFrame ({ bytes, frame, reference }: WindowSegment, inlineBytes: number, base = ''): SharedFrame {
  return bytes.byteLength > inlineBytes ? reference.from(base) : frame
}
