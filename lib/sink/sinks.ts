// All open sinks of one registration, and the one timer that looks after them: heartbeats where it is quiet, stalls
// where nothing moves. It runs only while somebody is connected.
import { LoopClock } from './loop-clock.js'

/** A connection that is looked after. */
export interface LookedAfter {
  /** Sends a heartbeat where it has been quiet, and reports a stall. `now` is of the monotonic clock, milliseconds. */
  lookAfter (now: number): void
}

/** Milliseconds. */
export interface SinkTimes {
  /** Quiet until a comment is sent. */
  readonly heartbeat: number
  /** No progress while bytes wait until a sink counts as stalled. */
  readonly stallTimeout: number
}

// Each time-out is noticed at most this part of it late.
const BEATS_PER_TIMEOUT = 16

/** The open sinks. */
export class Sinks {
  /** How often all are looked at, milliseconds. */
  readonly beat: number
  readonly times: SinkTimes
  readonly #sinks = new Set<LookedAfter>()
  readonly #clock = new LoopClock()
  #timer: NodeJS.Timeout | undefined

  constructor (times: SinkTimes) {
    this.times = times
    this.beat = Math.ceil(Math.min(times.heartbeat, times.stallTimeout) / BEATS_PER_TIMEOUT)
  }

  get size (): number { return this.#sinks.size }

  add (sink: LookedAfter): void {
    this.#sinks.add(sink)
    if (this.#timer !== undefined) return
    this.#timer = setInterval(this.#look, this.beat).unref()
    this.#clock.start()
  }

  delete (sink: LookedAfter): void {
    this.#sinks.delete(sink)
    if (this.#sinks.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#clock.stop()
  }

  /**
   * Milliseconds since then, of which what the event loop was blocked for counts as nobody's silence.
   * @param then of the monotonic clock, milliseconds
   */
  since (then: number): number {
    return this.#clock.since(then)
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const sink of this.#sinks) sink.lookAfter(now)
  }
}
