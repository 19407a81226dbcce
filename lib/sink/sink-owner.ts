// What a sink tells, and what it shares with all others. Types only.
import type { OpenResponses } from './open-responses.js'
import type { Sinks } from './sinks.js'
import type { Turns } from './turns.js'

/** Whom a sink tells. Calls never overlap, and none follows `sinkClosed`. */
export interface SinkOwner {
  /** What others have written past the sink must be told to it now, by `wrote`. */
  sinkLooks (): void
  /** All bytes are taken: the sink is ready again. */
  sinkDrained (): void
  /** Bytes wait, and none was taken for `stallTimeout`. */
  sinkStalled (): void
  /** The response is over. */
  sinkClosed (): void
}

/** What all sinks of a registration share. */
export interface SinkShared {
  readonly sinks: Sinks
  readonly responses: OpenResponses
  readonly turns: Turns
}
