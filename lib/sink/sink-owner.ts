// A sink's callbacks, and the state that all sinks share. Types only.
import type { OpenResponses } from './open-responses.js'
import type { Sinks } from './sinks.js'
import type { Turns } from './turns.js'

/** The callbacks of a sink. Calls never overlap, and none follows `sinkClosed`. */
export interface SinkOwner {
  /** Bytes that others have written past the sink must be reported now, by `wrote`. */
  sinkLooks (): void
  /** All bytes are accepted: the sink is ready again. */
  sinkDrained (): void
  /** Bytes wait, and none was accepted for `stallTimeout`. */
  sinkStalled (): void
  /** The response is over. */
  sinkClosed (): void
}

/** The state that all sinks of a registration share. */
export interface SinkShared {
  readonly sinks: Sinks
  readonly responses: OpenResponses
  readonly turns: Turns
}
