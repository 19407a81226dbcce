// A player's counts from its beginning, over all of its connections and outputs.
import type { GapMessage } from '../wire.js'

// Milliseconds.
const BIT_RATE_SPAN = 5000
const SHORTEST_SPAN = 1000

/** The counts of one player. */
export class Counts {
  segments = 0
  /** Of media. */
  bytes = 0
  gaps = 0
  /** Segments missing by the gaps, as far as known. */
  skipped = 0
  restarts = 0
  seeks = 0
  stalls = 0
  pictures = 0
  #beganAt: number | undefined
  #arrivals: Array<{ readonly at: number, readonly bytes: number }> = []

  /** @param at - milliseconds of a monotonic clock */
  segment (bytes: number, at: number): void {
    this.#beganAt ??= at
    this.segments++
    this.bytes += bytes
    this.#arrivals.push({ at, bytes })
    if (this.#arrivals[0]!.at < at - 2 * BIT_RATE_SPAN) this.#forget(at)
  }

  gap ({ segments }: GapMessage): void {
    this.gaps++
    this.skipped += segments ?? 0
  }

  /** Keeps the counts of a playhead that is being discarded. */
  keep ({ seeks, stalls }: Pick<Counts, 'seeks' | 'stalls'> = { seeks: 0, stalls: 0 }): void {
    this.seeks += seeks
    this.stalls += stalls
  }

  /** Bits of media per second, over the last five seconds, or since the start. @param at - now, as above */
  bitRate (at: number): number {
    this.#forget(at)
    const span = Math.max(SHORTEST_SPAN, Math.min(BIT_RATE_SPAN, at - (this.#beganAt ?? at)))
    return Math.round(this.#arrivals.reduce((sum, { bytes }) => sum + bytes, 0) * 8000 / span)
  }

  #forget (at: number): void {
    this.#arrivals = this.#arrivals.filter(arrival => arrival.at > at - BIT_RATE_SPAN)
  }
}
