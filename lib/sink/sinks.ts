// All open sinks of one registration, and the one timer that checks them: for quiet connections it sends heartbeats, for stuck ones it
// reports stalls. It runs only while there are connections.
import { LoopClock } from './loop-clock.js'

/** A connection that is checked. */
export interface LookedAfter {
  /** Sends a heartbeat if it has been quiet, and reports a stall. `now` is in milliseconds of the monotonic clock. */
  lookAfter (now: number): void
}

/** Milliseconds. */
export interface SinkTimes {
  /** Silence until a comment is sent. */
  readonly heartbeat: number
  /** Time without progress, while bytes wait, until a sink counts as stalled. */
  readonly stallTimeout: number
}

// Each timeout is noticed late by at most this fraction of it.
const BEATS_PER_TIMEOUT = 16
// Milliseconds: a connection is first looked at this late at most.
const LONGEST_BEAT = 1000

/** The open sinks. */
export class Sinks {
  /** The interval of the checks, milliseconds. */
  readonly beat: number
  readonly times: SinkTimes
  readonly #sinks = new Set<LookedAfter>()
  readonly #clock = new LoopClock()
  #timer: NodeJS.Timeout | undefined

  constructor (times: SinkTimes) {
    this.times = times
    this.beat = Math.min(LONGEST_BEAT, Math.ceil(Math.min(times.heartbeat, times.stallTimeout) / BEATS_PER_TIMEOUT))
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
   * Milliseconds since then, without time during which the event loop was blocked.
   * @param then in milliseconds of the monotonic clock
   */
  since (then: number): number {
    return this.#clock.since(then)
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const sink of this.#sinks) sink.lookAfter(now)
  }
}
