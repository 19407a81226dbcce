// Reads a broadcast segment by segment, with each init segment before the segments that need it.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Init, WindowSegment } from '../broadcast/window-segment.js'
import { newestJoin, place } from './join.js'
import type { Placement, Start } from './join.js'
import type { Reading } from './reading.js'
import { SentInits } from './sent-inits.js'

/** One viewer's reading of the segments of the tracks it asked for. */
export class SegmentReading implements Reading {
  readonly #live: LiveBroadcast
  readonly #start: Start
  readonly #inits: SentInits

  constructor (live: LiveBroadcast, start: Start, inits = new SentInits()) {
    this.#live = live
    this.#start = start
    this.#inits = inits
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

  item (cursor: number): WindowSegment | undefined {
    return this.#live.window.get(cursor)
  }

  init (cursor: number): Init | undefined {
    return this.#inits.lacking(this.#live, this.#live.window.get(cursor), this.#wants)
  }

  sent (init: Init): void {
    this.#inits.sent(init)
  }

  newest (): number | undefined {
    return newestJoin(this.#live, this.#start.tracks)
  }

  beyondLoss (cursor: number): number | undefined {
    const { first } = this.#live.window
    return cursor < first ? this.newest() ?? first : undefined
  }

  get isCommon (): boolean {
    return this.#start.tracks === undefined && this.#inits.areComplete(this.#live)
  }

  fork (): SegmentReading {
    return new SegmentReading(this.#live, this.#start, this.#inits.fork())
  }

  readonly #wants = (track: string): boolean => this.#start.tracks?.has(track) !== false
}
