// The counts of one life of a broadcast, and of its whole registration: a few numbers, changed as things happen.
import type { CloseReason, MediaSseStats, ViewerClose, ViewingStats } from '../contract.js'
import type { GapMessage, GapReason } from '../wire.js'
import { Delays } from './delays.js'

// How many of the newest delays are kept. Lower per broadcast: there are many broadcasts and one registration.
const KEEP = 128
const KEEP_OF_ALL = 1024

/** Zero for each reason: no viewer has left yet. */
export function noneClosed (): Record<CloseReason, number> {
  return { client: 0, ended: 0, lagged: 0, stalled: 0, closing: 0, kicked: 0, expired: 0, error: 0 }
}

/** The counts of a registration or, with an `all` that counts along, of one life of a broadcast. */
export class Counts {
  /** Viewers of one broadcast that have left. */
  readonly closed = noneClosed()
  /** Bytes that the connections of those viewers accepted. */
  sent = 0
  readonly #all: Counts | undefined
  #segments = 0
  #bytes = 0
  #skips = 0
  #skipped = 0
  readonly #gaps: Record<GapReason, number> = { slow: 0, expired: 0, restart: 0, publisher: 0 }
  #stalls = 0
  readonly #first: Delays
  readonly #last: Delays

  /** @param all - the counts of the registration, which include all of these */
  constructor (all?: Counts) {
    this.#all = all
    const keep = all === undefined ? KEEP_OF_ALL : KEEP
    this.#first = new Delays(keep)
    this.#last = new Delays(keep)
  }

  get segments (): number { return this.#segments }
  get bytes (): number { return this.#bytes }

  /** A segment was published. */
  published (bytes: number): void {
    this.#segments++
    this.#bytes += bytes
    this.#all?.published(bytes)
  }

  /** A segment was handed over: to the first viewer and to the last, each this many seconds after its receipt. */
  handedOver (first: number, last: number): void {
    this.#first.add(first)
    this.#last.add(last)
    this.#all?.handedOver(first, last)
  }

  /** A viewer skipped ahead. */
  skip (gap: GapMessage): void {
    this.#skips++
    this.#skipped += gap.segments ?? 0
    this.#gaps[gap.reason]++
    this.#all?.skip(gap)
  }

  /** A viewer was told of a publisher's pause. */
  pause (): void {
    this.#gaps.publisher++
    this.#all?.pause()
  }

  stall (): void {
    this.#stalls++
    this.#all?.stall()
  }

  /** A viewer has left. */
  left ({ reason, bytes }: ViewerClose): void {
    this.closed[reason]++
    this.sent += bytes
  }

  stats (): Omit<ViewingStats, 'sent' | 'lag' | 'closed'> {
    return {
      segments: this.#segments,
      bytes: this.#bytes,
      skips: this.#skips,
      skipped: this.#skipped,
      gaps: { ...this.#gaps },
      stalls: this.#stalls,
      delay: { first: this.#first.stats(), last: this.#last.stats() }
    }
  }

  /** Of all delays, not only of the newest. */
  delays (): MediaSseStats['delay'] {
    return { first: this.#first.histogram(), last: this.#last.histogram() }
  }
}
