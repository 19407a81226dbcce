// `reply.sseStream()`: a reply that is a stream of server-sent events. It goes through `reply.send`, so that users' hooks and headers work
// as for any other reply; only its bytes go through the sink instead of Node's pipe.
import type { FastifyReply } from 'fastify'
import type { CloseReason, EventFields, SseStream, SseStreamOptions } from '../contract.js'
import { formatEvent } from '../delivery/sse/event.js'
import { eventFrame } from '../delivery/sse/frame.js'
import type { Frame } from '../delivery/sse/frame.js'
import { HEARTBEAT } from '../delivery/sse/shared-frame.js'
import { lastEventIdOf } from '../delivery/sse/last-event-id.js'
import { afterClosing, jittered } from '../delivery/sse/retry.js'
import type { RawResponse } from '../sink/open-responses.js'
import { Sink } from '../sink/sink.js'
import type { SinkOwner, SinkShared } from '../sink/sink-owner.js'
import type { LookedAfter } from '../sink/sinks.js'
import { Payload } from './payload.js'
import type { PayloadOwner } from './payload.js'

/** Bytes of unsent events that may wait by default. */
const DEFAULT_MAX_PENDING_BYTES = 1024 * 1024

/** The state that the streams of a registration share. */
export interface StreamShared extends SinkShared {
  /** Milliseconds. */
  readonly retry: number
  /** Milliseconds. */
  readonly closeTimeout: number
  /** The open streams, ended when the server closes. */
  readonly streams: Set<ReplyStream>
  /** Whether the server is closing. */
  readonly closing: boolean
}

interface Pending {
  readonly frame: Frame
  settle (taken: boolean): void
}

/** {@link SseStream} over a sink or, if a hook has wrapped the payload, over the payload itself. */
export class ReplyStream implements SseStream, SinkOwner, PayloadOwner, LookedAfter {
  readonly closed: Promise<CloseReason>
  readonly lastEventId: string | undefined
  /** The argument of `reply.send`. */
  readonly payload = new Payload(this)
  readonly #shared: StreamShared
  readonly #response: RawResponse
  readonly #sink: Sink
  readonly #maxPendingBytes: number
  readonly #abort = new AbortController()
  // Events that wait for the connection, and those that it has not accepted yet.
  readonly #waiting: Pending[] = []
  readonly #handed: Pending[] = []
  #pendingBytes = 0
  #reason: CloseReason | undefined
  #settleClosed!: (reason: CloseReason) => void
  #finished = false
  // Only for a wrapped payload: whether its reader wants more, and when that last changed.
  #wrapped = false
  #wanted = false
  #movedAt = 0

  constructor (shared: StreamShared, reply: FastifyReply, options: SseStreamOptions) {
    const { request } = reply
    this.lastEventId = lastEventIdOf(request.headers['last-event-id'])
    this.closed = new Promise(resolve => { this.#settleClosed = resolve })
    this.#shared = shared
    this.#response = reply.raw
    this.#maxPendingBytes = options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES
    this.#sink = new Sink(request.raw, reply.raw, this, shared)
    // Some clients are not "open" before they receive a byte.
    if (request.method !== 'HEAD') this.#enqueue({ retry: options.retry ?? jittered(shared.retry) })
    shared.streams.add(this)
    if (reply.raw.destroyed) this.#sink.destroy()
    else if (request.method === 'HEAD') this.end('ended')
    else if (shared.closing) this.end('closing')
  }

  get signal (): AbortSignal { return this.#abort.signal }

  /** Whether nothing more can be sent. */
  get over (): boolean { return this.#reason !== undefined }

  get writable (): boolean {
    return this.#reason === undefined && this.#waiting.length === 0 && (this.#wrapped ? this.#wanted : this.#sink.ready)
  }

  async send (event: EventFields): Promise<boolean> {
    return await new Promise<boolean>(resolve => {
      const frame = frameOf(event)
      if (this.#reason !== undefined) resolve(false)
      else if (this.#pendingBytes > 0 && this.#pendingBytes + frame.plain.byteLength > this.#maxPendingBytes) resolve(false)
      else this.#wait({ frame, settle: resolve })
    })
  }

  close (): void {
    this.end('ended')
  }

  /** Ends the stream after the pending events. */
  end (reason: CloseReason): void {
    if (this.#reason !== undefined) return
    const { closeTimeout, retry } = this.#shared
    if (reason === 'closing') this.#enqueue({ retry: afterClosing(closeTimeout, retry) })
    this.#reason = reason
    this.#pump()
  }

  takeOver (destination: NodeJS.WritableStream): boolean {
    if (destination !== this.#response) return false
    this.#sink.open()
    this.#sink.uncork()
    this.#pump()
    return true
  }

  wanted (): void {
    if (!this.#wrapped) this.#shared.sinks.add(this)
    this.#wrapped = this.#wanted = true
    this.#movedAt = performance.now()
    this.#taken(true)
    this.#pump()
  }

  lookAfter (now: number): void {
    const { sinks } = this.#shared
    if (!this.#wanted && sinks.since(this.#movedAt) >= sinks.times.stallTimeout) this.sinkStalled()
    else if (this.writable && now - this.#movedAt > sinks.times.heartbeat - sinks.beat) this.#push(HEARTBEAT)
  }

  // No other code writes for it.
  sinkLooks (): void {}

  sinkDrained (): void {
    this.#taken(true)
    this.#pump()
  }

  sinkStalled (): void {
    this.#reason ??= 'stalled'
    this.#sink.destroy()
  }

  sinkClosed (): void {
    this.#reason ??= 'client'
    this.#taken(false)
    for (const { settle } of this.#waiting.splice(0)) settle(false)
    this.#shared.sinks.delete(this)
    this.#shared.streams.delete(this)
    this.#settleClosed(this.#reason)
    this.#abort.abort()
  }

  #enqueue (event: EventFields): void {
    this.#wait({ frame: frameOf(event), settle: () => {} })
  }

  #wait (pending: Pending): void {
    this.#pendingBytes += pending.frame.plain.byteLength
    this.#waiting.push(pending)
    this.#pump()
  }

  #pump (): void {
    while (this.#wrapped ? this.#wanted : this.#sink.ready) {
      const pending = this.#waiting.shift()
      if (pending === undefined) break
      this.#handed.push(pending)
      if (this.#wrapped) this.#push(pending.frame)
      else this.#write(pending.frame)
    }
    if (this.#reason !== undefined && this.#waiting.length === 0) this.#finish()
  }

  #write (frame: Frame): void {
    this.#sink.write(frame)
    if (this.#sink.ready) this.#taken(true)
  }

  #push (frame: Frame): void {
    this.#wanted = false
    this.#movedAt = performance.now()
    this.payload.push(frame.plain)
  }

  #finish (): void {
    if (this.#finished || !(this.#wrapped || this.#sink.ready)) return
    this.#finished = true
    this.#taken(true)
    this.payload.finish(this.#wrapped)
    if (!this.#wrapped) this.#sink.end()
  }

  #taken (all: boolean): void {
    for (const { frame, settle } of this.#handed.splice(0)) {
      this.#pendingBytes -= frame.plain.byteLength
      settle(all)
    }
  }
}

// In memory of its own: it may wait, and what waits is bounded by its bytes.
function frameOf (event: EventFields): Frame {
  return eventFrame([{ head: formatEvent(event) }])
}
