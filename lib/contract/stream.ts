// What `reply.sseStream` takes and returns. Types only.
import type { CloseReason } from './broadcast.js'

/** Settings of one `reply.sseStream`. */
export interface SseStreamOptions {
  /** Milliseconds, sent at the start. Default: the registration's, jittered. */
  readonly retry?: number
  /** Bytes of unsent events that may wait before `send` refuses. Default 1 MiB; one event may always wait. */
  readonly maxPendingBytes?: number
}

/** One server-sent event (WHATWG HTML, "Server-sent events", 9.2.5). At least one field is given. */
export interface EventFields {
  /** The viewer's `lastEventId` from here on. CR, LF and NUL are refused. */
  readonly id?: string | number
  /** The event's name, `message` if absent. CR, LF and NUL are refused. */
  readonly event?: string
  /** Text as it is, with any line ends (the receiver sees LF); anything else as JSON. */
  readonly data?: unknown
  /** How long the viewer waits before it reconnects, whole milliseconds. */
  readonly retry?: number
  /** Not shown to the viewer. */
  readonly comment?: string
}

/** A reply that is a stream of server-sent events. */
export interface SseStream {
  /**
   * Sends one event. The promise always settles: true once the connection has accepted the event's bytes, false if it never will because
   * the client left, the stream closed, or more than `maxPendingBytes` already wait.
   * @throws (rejects) FST_MEDIA_SSE_INVALID_EVENT
   */
  send (event: EventFields): Promise<boolean>
  /** Ends the stream after the pending events. */
  close (): void
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<CloseReason>
  /** Aborted when the stream is over. */
  readonly signal: AbortSignal
  /** The last event id that the client saw, from the `Last-Event-ID` header. */
  readonly lastEventId: string | undefined
  /** Whether an event sent now would go out at once. */
  readonly writable: boolean
}

/** Events for `reply.sseStream`, or a function that makes them for this client. */
export type SseSource = SseEvents | ((stream: SseStream) => SseEvents)

/** Events, one after the other. */
export type SseEvents = AsyncIterable<EventFields> | Iterable<EventFields>
