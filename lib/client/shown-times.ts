// The real time that a picture shows: finds a segment's times from the server by the time at which it is played.
import type { SegmentMessage } from '../wire.js'

/** Seconds since a moment, and the kind of moment: `captured` if the publisher says so, else `received` by the server. */
export interface Latency {
  readonly seconds: number
  readonly from: 'captured' | 'received'
}

interface Segment {
  /** Seconds of the broadcast's timeline. */
  readonly start: number
  readonly end: number
  readonly received: number
  readonly captured: number | undefined
}

// More than is ever waiting to be shown, at sixty segments a second.
const MOST = 1200

/** The segments in the buffer. */
export class ShownTimes {
  /** How much later the browser plays them than the server's times, seconds. */
  placement = 0
  #segments: Segment[] = []

  add ({ start, duration, received, captured }: SegmentMessage): void {
    this.#segments.push({ start, end: start + duration, received, captured })
    if (this.#segments.length > MOST) this.#segments = this.#segments.slice(MOST / 2)
  }

  /** The age of the picture at a time (seconds of the element's timeline). @param now - milliseconds of the server's clock */
  latency (currentTime: number, now: number): Latency | undefined {
    const time = currentTime - this.placement
    const segment = this.#segments.findLast(({ start }) => time >= start) ?? this.#segments[0]
    if (segment === undefined) return undefined
    const { start, end, received, captured } = segment
    if (captured !== undefined) return { seconds: (now - captured) / 1000 - (time - start), from: 'captured' }
    return { seconds: (now - received) / 1000 + (end - time), from: 'received' }
  }
}
