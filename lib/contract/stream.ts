// What `reply.sseStream` takes and gives. Types alone.
import type { CloseReason } from './broadcast.js'

/** Settings of one `reply.sseStream`. */
export interface SseStreamOptions {
  /** Milliseconds, sent at the start; the registration's, jittered, where absent. */
  readonly retry?: number
  /** Bytes of unsent events that may wait before `send` refuses. Default 1 MiB; one event may always wait. */
  readonly maxPendingBytes?: number
}

/** One server-sent event (WHATWG HTML, "Server-sent events", 9.2.5). At least one field is given. */
export interface EventFields {
  /** The viewer's `lastEventId` from here on. CR, LF and NUL are refused. */
  readonly id?: string | number
  /** The event's name, `message` where absent. CR, LF and NUL are refused. */
  readonly event?: string
  /** Text as it is, with any line ends (the receiver sees LF); anything else as JSON. */
  readonly data?: unknown
  /** The viewer's waiting time before it reconnects, whole milliseconds. */
  readonly retry?: number
  /** Not shown to the viewer. */
  readonly comment?: string
}

/** A reply that is a stream of server-sent events. */
export interface SseStream {
  /**
   * Sends one event. The promise settles in every case: true once the connection has taken the event's bytes, false
   * where it never will: the client left, the stream closed, or more than `maxPendingBytes` wait already.
   * @throws (rejects) FST_MEDIA_SSE_INVALID_EVENT
   */
  send (event: EventFields): Promise<boolean>
  /** Ends the stream after what is pending. */
  close (): void
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<CloseReason>
  /** Aborted when the stream is over. */
  readonly signal: AbortSignal
  /** What the client saw last, from the `Last-Event-ID` header. */
  readonly lastEventId: string | undefined
  /** Whether an event sent now would go out at once. */
  readonly writable: boolean
}

/** Events for `reply.sseStream`, or a function that makes them for this client. */
export type SseSource = SseEvents | ((stream: SseStream) => SseEvents)

/** Events, one after the other. */
export type SseEvents = AsyncIterable<EventFields> | Iterable<EventFields>
