// One viewer's connection as a place for frames: it takes a frame, or it is waiting, and it knows when bytes last moved. Two paths, one
// behaviour: on HTTP/1.1 the shared chunk-framed bytes go straight to the socket; everywhere else (HTTP/1.0, HTTP/2, `inject`, a payload
// that a hook has wrapped) the plain bytes go through the response.
import type { OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Checksum } from '../delivery/sse/checksum.js'
import { HEARTBEAT } from '../delivery/sse/shared-frame.js'
import { chunkSize } from '../delivery/sse/frame.js'
import type { Frame } from '../delivery/sse/frame.js'
import { IDENTITY } from './body.js'
import type { Body } from './body.js'
import { keepAlive, ownConnection } from './keep-alive.js'
import { whenOver } from './open-responses.js'
import type { RawRequest, RawResponse } from './open-responses.js'
import type { SinkOwner, SinkShared } from './sink-owner.js'
import type { LookedAfter } from './sinks.js'
import type { TakesTurns } from './turns.js'
import { queuedBytes } from './write-queue.js'

// Node reports a write only when all of it is accepted. Slices make progress visible inside a large frame; small slices make it visible on
// a connection so slow that a large slice would look like a stall.
/** The largest piece written at once, bytes: to a connection that takes bytes at once, where a further call only costs. */
export const SLICE_BYTES = 1024 * 1024
const WAITING_SLICE_BYTES = 256 * 1024
const SLOW_SLICE_BYTES = 16 * 1024
// Milliseconds.
const SLOW_AFTER = 500

const NOTHING = new Uint8Array(0)

/** A connection that takes frames. */
export class Sink implements LookedAfter, TakesTurns {
  readonly #request: RawRequest
  readonly #response: RawResponse
  readonly #owner: SinkOwner
  readonly #shared: SinkShared
  readonly #body: Body
  // The destination of the bytes, set by open(): the socket itself, if there is one, else the stream before it.
  #socket: Socket | undefined
  #out: Writable
  #opened = false
  #ended = false
  #closed = false
  // The socket's idle timeout before this response removed it.
  #idleTimeout = 0
  // The part of the current frame that is not written yet.
  #rest: Buffer | undefined
  // Bytes that were written and not accepted at once.
  #handed = 0
  // Bytes written since cork(); undefined if each frame is sent by itself.
  #together: number | undefined
  // The response has refused bytes; only `inject` does that without keeping them in `writableLength`.
  #refused = false
  #sliceBytes = WAITING_SLICE_BYTES
  #bytes = 0
  #written = 0
  // Times in milliseconds of a monotonic clock. Most frames are accepted at once, and need none.
  #handedAt = 0
  #progressAt = 0
  #quietSince = 0
  // The bytes written at the last check; -1 before the first. Those that waited then.
  #looked = -1
  #queued: number | undefined

  constructor (request: RawRequest, response: RawResponse, owner: SinkOwner, shared: SinkShared, body: Body = IDENTITY) {
    this.#request = request
    this.#response = response
    this.#out = response
    this.#owner = owner
    this.#shared = shared
    this.#body = body
    shared.responses.hold(response, this)
    whenOver(request, response, () => this.#close())
  }

  /** How its events must be encoded. */
  get coding (): Body['coding'] { return this.#body.coding }

  /** Bytes that the operating system has accepted. */
  get bytes (): number { return this.#bytes }

  /** Bytes written, including heartbeats and bytes that the operating system has not accepted yet. */
  get written (): number { return this.#written }

  /** Whether a frame can be written now. */
  get ready (): boolean {
    return this.#rest === undefined && this.#opened && !this.over && this.#free && (this.#together ?? 0) < this.#sliceBytes
  }

  /** Whether nothing more can be written. */
  get over (): boolean { return this.#ended || this.#closed }

  /** The socket for others to write shared chunks to, which it accepts at once; undefined if there is none, or not now. */
  get direct (): Socket | undefined {
    // Encrypted bytes are never accepted at once.
    return this.ready && queuedBytes(this.#socket) !== undefined ? this.#socket : undefined
  }

  /** This many bytes were written directly to its socket. @param checksum - of the compressed text, if there was any */
  wrote (bytes: number, checksum: Checksum | undefined): void {
    this.#written += bytes
    if (checksum !== undefined) this.#body.passed(checksum)
    const waiting = Math.min(bytes, this.#socket!.writableLength)
    this.#bytes += bytes - waiting
    if (waiting > 0) this.#settle(waiting)
  }

  /**
   * Writes the headers; if none are given, those already set on the response. {@link Sink.uncork} sends them, with the first frames: a
   * system call is most of what a viewer costs.
   * @param through - a hook's stream, which writes to the response, headers included
   */
  open (headers?: OutgoingHttpHeaders, through?: Writable): void {
    const response = this.#response
    const connection = ownConnection(this.#request)
    this.#out = through ?? response
    if (headers !== undefined && through === undefined) response.writeHead(response.statusCode, headers)
    connection?.cork()
    if (through === undefined) response.flushHeaders()
    if (through === undefined && response.chunkedEncoding === true && response.socket === connection) {
      this.#socket = connection
      this.#together = 0
    } else {
      connection?.uncork()
      this.#out.on('drain', this.#onDrain)
    }
    // Fastify's connectionTimeout is meant for requests, and would cut the viewers of a quiet broadcast.
    this.#idleTimeout = connection?.timeout ?? 0
    connection?.setTimeout(0)
    this.#opened = true
    this.#progressAt = performance.now()
    this.#shared.sinks.add(this)
  }

  /** Writes a frame. Only while {@link Sink.ready}, and with the frame ready in its coding. */
  write (frame: Frame): void {
    const { chunked, plain } = this.#body.encode(frame)
    this.#hand(this.#socket === undefined ? plain : chunked)
  }

  /** Writes a frame with its `id` line replaced by another one: shared bytes, with the line before them in the same write. */
  writeWithId (frame: Frame, line: string): void {
    const { head, rest, restOfChunk } = this.#body.encodeWithId(frame, line)
    const socket = this.#socket
    if (socket === undefined) {
      this.#out.write(head)
      this.#hand(rest, head.byteLength)
      return
    }
    const first = Buffer.concat([chunkSize(head.byteLength + rest.byteLength), head])
    socket.cork()
    socket.write(first)
    this.#hand(restOfChunk, first.byteLength)
    socket.uncork()
  }

  /** Bytes written until {@link Sink.uncork}, up to one slice, go out in one system call. */
  cork (): void {
    if (this.#socket === undefined || this.#together !== undefined) return
    this.#socket.cork()
    this.#together = 0
  }

  /** Sends the bytes written since {@link Sink.cork}. */
  uncork (): void {
    const bytes = this.#together
    if (bytes === undefined) return
    this.#together = undefined
    this.#socket!.uncork()
    if (bytes > 0) this.#settle(bytes)
    this.#slices()
  }

  /** Ends the response cleanly after the written bytes; the connection is then free for the next request. */
  end (): void {
    const end = this.#body.end()
    if (end !== undefined && this.#socket !== undefined) this.#socket.write(end.chunked)
    else if (end !== undefined) this.#out.write(end.plain)
    this.#ended = true
    this.#progressAt = performance.now()
    ownConnection(this.#request)?.setTimeout(this.#idleTimeout)
    this.#out.end()
  }

  /** Another handler answers: writes nothing, and calls no one back any more. */
  letGo (): void {
    this.#close()
  }

  /** Cuts the connection, now. */
  destroy (): void {
    this.#close()
    this.#response.destroy()
  }

  lookAfter (now: number): void {
    const { times: { heartbeat, stallTimeout }, beat } = this.#shared.sinks
    this.#owner.sinkLooks()
    // Not at the door: when many come at once, they have their first events before.
    if (this.#looked < 0) keepAlive(this.#request)
    if (this.#written !== this.#looked) {
      this.#looked = this.#written
      this.#quietSince = now - beat
    }
    const queued = queuedBytes(this.#socket)
    if (queued !== this.#queued) this.#progressAt = now
    this.#queued = queued
    if (this.ready) {
      if (now - this.#quietSince > heartbeat - beat) this.write(HEARTBEAT)
    } else if (this.#shared.sinks.since(this.#progressAt) >= stallTimeout) this.#owner.sinkStalled()
  }

  turn (): void {
    this.#goOn()
  }

  get #free (): boolean {
    return this.#handed === 0 && !this.#refused && (this.#socket ?? this.#out).writable
  }

  // `before` is the number of bytes written just ahead of these: they are accepted together.
  #hand (bytes: Buffer, before = 0): void {
    this.#written += before + bytes.byteLength
    if (bytes.byteLength <= this.#sliceBytes) return this.#slice(bytes, before)
    this.#rest = bytes
    this.#nextSlice(before)
    if (this.#together === undefined) this.#slices()
  }

  #slices (): void {
    while (this.#rest !== undefined && this.#free) {
      if (!this.#shared.turns.take(this)) {
        this.#progressAt = performance.now()
        return
      }
      this.#nextSlice(0)
    }
  }

  #nextSlice (before: number): void {
    const rest = this.#rest!
    const slice = rest.subarray(0, this.#sliceBytes)
    this.#rest = slice.byteLength < rest.byteLength ? rest.subarray(slice.byteLength) : undefined
    this.#slice(slice, before)
  }

  #slice (slice: Buffer, before: number): void {
    this.#refused = !(this.#socket ?? this.#out).write(slice) && this.#socket === undefined
    if (this.#together === undefined) this.#settle(before + slice.byteLength)
    else this.#together += before + slice.byteLength
  }

  // This many bytes were written: accepted already, or to be waited for.
  #settle (bytes: number): void {
    const target = this.#socket ?? this.#out
    if (target.writableLength === 0 && !this.#refused) {
      this.#bytes += bytes
      // It is a socket without encryption: progress within a write is seen.
      this.#sliceBytes = SLICE_BYTES
      return
    }
    this.#handed = bytes
    this.#handedAt = this.#progressAt = performance.now()
    // Most bytes are accepted at once and need no callback: only the others are followed by one.
    target.write(NOTHING, this.#onTaken)
  }

  readonly #onTaken = (error?: Error | null): void => {
    const bytes = this.#handed
    this.#handed = 0
    // The response's `close` follows an error, and is the one exit.
    if (error != null || this.#closed) return
    this.#bytes += bytes
    this.#progressAt = performance.now()
    this.#sliceBytes = this.#progressAt - this.#handedAt > SLOW_AFTER ? SLOW_SLICE_BYTES : WAITING_SLICE_BYTES
    this.#goOn()
  }

  readonly #onDrain = (): void => {
    this.#refused = false
    this.#goOn()
  }

  #goOn (): void {
    if (this.#closed || !this.#shared.turns.take(this)) return
    this.#slices()
    if (this.ready) this.#owner.sinkDrained()
  }

  #close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#out.removeListener('drain', this.#onDrain)
    this.#shared.sinks.delete(this)
    this.#shared.responses.release(this.#response)
    this.#owner.sinkClosed()
  }
}
