// One viewer's connection as a place to put frames: it takes a frame, or it is waiting, and it knows when bytes last moved.
// Two roads, one behaviour: on HTTP/1.1 the shared chunk-framed bytes go straight to the socket; everywhere else
// (HTTP/1.0, HTTP/2, `inject`, a response queued behind a pipelined one) the plain bytes go through the response.
import type { OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { partsWithId, textFrame } from '../event/frame.js'
import type { Frame } from '../event/frame.js'
import { whenOver } from './open-responses.js'
import type { OpenResponses, RawRequest, RawResponse } from './open-responses.js'
import type { LookedAfter, Sinks } from './sinks.js'

/** Whom a sink tells. Calls never overlap, and none follows `sinkClosed`. */
export interface SinkOwner {
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
}

// Node tells only when a whole write is taken. Slices make that progress visible inside a large frame; small slices
// make it visible on a connection so slow that a large one would look like a stall.
const SLICE_BYTES = 256 * 1024
const SLOW_SLICE_BYTES = 16 * 1024
// Milliseconds.
const SLOW_AFTER = 500

/** A comment that keeps a quiet connection alive. */
export const HEARTBEAT = textFrame(':\n\n')

/** A connection that takes frames. */
export class Sink implements LookedAfter {
  readonly #request: RawRequest
  readonly #response: RawResponse
  readonly #owner: SinkOwner
  readonly #shared: SinkShared
  // Where the bytes go: set by open().
  #socket: Socket | undefined
  #opened = false
  #ended = false
  #closed = false
  // What the socket's idle time-out was before this response took it off.
  #idleTimeout = 0
  // The part of the current frame that has not been handed over.
  #rest: Buffer | undefined
  // Sizes of the slices handed over and not yet taken, oldest first: one, but for what is written within one tick.
  readonly #handed: number[] = []
  // The response has refused bytes; only `inject` refuses without keeping them in `writableLength`.
  #refused = false
  #sliceBytes = SLICE_BYTES
  #bytes = 0
  #written = 0
  #wroteAt = 0
  #progressAt = 0

  constructor (request: RawRequest, response: RawResponse, owner: SinkOwner, shared: SinkShared) {
    this.#request = request
    this.#response = response
    this.#owner = owner
    this.#shared = shared
    shared.responses.hold(response, () => this.destroy())
    whenOver(request, response, () => this.#close())
  }

  /** Bytes that the operating system has taken. */
  get bytes (): number { return this.#bytes }

  /** Bytes that were written, heartbeats included: those that the operating system has not taken too. */
  get written (): number { return this.#written }

  /** Whether a frame can be written now. */
  get ready (): boolean {
    return this.#opened && !this.#ended && !this.#closed && this.#rest === undefined && this.#taken()
  }

  /** Sends the headers; with none given, those that the response has been set already. */
  open (headers?: OutgoingHttpHeaders): void {
    const response = this.#response
    const connection = this.#connection()
    if (headers !== undefined) response.writeHead(200, headers)
    response.flushHeaders()
    if (response.chunkedEncoding === true && response.socket === connection) this.#socket = connection
    else response.on('drain', this.#onDrain)
    // Fastify's connectionTimeout is meant for requests, and would cut a viewer whose broadcast is quiet.
    this.#idleTimeout = connection?.timeout ?? 0
    connection?.setTimeout(0)
    this.#opened = true
    this.#wroteAt = this.#progressAt = performance.now()
    this.#shared.sinks.add(this)
  }

  /** Hands a frame over. Only while {@link Sink.ready}. */
  write (frame: Frame): void {
    this.#progressAt = performance.now()
    const bytes = this.#socket === undefined ? frame.plain : frame.chunked
    this.#written += bytes.byteLength
    this.#slice(bytes)
  }

  /** Hands a frame over with another `id` line in the place of its own: shared as it is, with the line before it in the same write. */
  writeWithId (frame: Frame, line: string): void {
    this.#progressAt = performance.now()
    const parts = partsWithId(frame, line, this.#socket !== undefined)
    const rest = parts.pop()!
    let before = 0
    this.#socket?.cork()
    for (const part of parts) {
      if (this.#socket !== undefined) this.#socket.write(part)
      else this.#response.write(part)
      before += part.byteLength
    }
    this.#written += before + rest.byteLength
    this.#slice(rest, before)
    this.#socket?.uncork()
  }

  /** Ends the response cleanly after what was written; the connection is then free for the next request. */
  end (): void {
    this.#ended = true
    this.#progressAt = performance.now()
    this.#connection()?.setTimeout(this.#idleTimeout)
    this.#response.end()
  }

  /** Cuts the connection, now. */
  destroy (): void {
    this.#close()
    this.#response.destroy()
  }

  lookAfter (now: number): void {
    const { heartbeat, stallTimeout } = this.#shared.sinks.times
    if (this.ready) {
      if (now - this.#wroteAt > heartbeat - this.#shared.sinks.beat) this.write(HEARTBEAT)
    } else if (now - this.#progressAt >= stallTimeout) this.#owner.sinkStalled()
  }

  // The connection that this response has to itself while it lasts; `inject` has none, and HTTP/2 shares one.
  #connection (): Socket | undefined {
    const { httpVersionMajor, socket } = this.#request
    return httpVersionMajor === 1 && socket instanceof Socket ? socket : undefined
  }

  // By the length of what waits, not by callbacks alone: they come a tick later, when the next segment may be there.
  #taken (): boolean {
    const target = this.#socket ?? this.#response
    return !this.#refused && target.writable && (this.#handed.length === 0 || target.writableLength === 0)
  }

  // `before` it are that many bytes that were handed over already: they are taken with it.
  #slice (bytes: Buffer, before = 0): void {
    let rest = bytes
    let untold = before
    do {
      const slice = rest.subarray(0, this.#sliceBytes)
      rest = rest.subarray(slice.byteLength)
      this.#wroteAt = performance.now()
      this.#handed.push(untold + slice.byteLength)
      untold = 0
      if (this.#socket !== undefined) this.#socket.write(slice, this.#onTaken)
      else this.#refused = !this.#response.write(slice, this.#onTaken)
    } while (rest.byteLength > 0 && this.#taken())
    this.#rest = rest.byteLength > 0 ? rest : undefined
  }

  readonly #onTaken = (error?: Error | null): void => {
    const bytes = this.#handed.shift()!
    // The response's `close` follows an error, and is the one exit.
    if (error != null || this.#closed) return
    this.#bytes += bytes
    this.#progressAt = performance.now()
    this.#sliceBytes = this.#progressAt - this.#wroteAt > SLOW_AFTER ? SLOW_SLICE_BYTES : SLICE_BYTES
    this.#goOn()
  }

  readonly #onDrain = (): void => {
    this.#refused = false
    this.#goOn()
  }

  #goOn (): void {
    if (this.#rest !== undefined && this.#taken()) this.#slice(this.#rest)
    if (this.ready) this.#owner.sinkDrained()
  }

  #close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#response.removeListener('drain', this.#onDrain)
    this.#shared.sinks.delete(this)
    this.#shared.responses.release(this.#response)
    this.#owner.sinkClosed()
  }
}
