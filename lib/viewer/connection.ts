// A connection serves one viewer, or several, each of another broadcast. While its sink takes bytes, it sends the items under their
// cursors; otherwise they wait, and nothing of theirs grows meanwhile. Whatever ends it passes through #exit, once.
import type { AsyncResource } from 'node:async_hooks'
import type { OutgoingHttpHeaders } from 'node:http'
import type { Writable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { CloseReason } from '../contract.js'
import { textFrame } from '../delivery/sse/frame.js'
import type { Frame } from '../delivery/sse/frame.js'
import { afterClosing } from '../delivery/sse/retry.js'
import type { Coding } from '../delivery/sse/shared-frame.js'
import { GzipBody, IDENTITY } from '../sink/body.js'
import type { RawRequest, RawResponse } from '../sink/open-responses.js'
import { Sink } from '../sink/sink.js'
import type { SinkOwner } from '../sink/sink-owner.js'
import type { TakesTurns } from '../sink/turns.js'
import type { Cursor } from '../reading/cursor.js'
import { formatPlaces } from '../wire.js'
import type { Placed } from '../wire.js'
import type { Audience, Member } from './audience.js'
import type { EdgeViewer, Given, Seat } from './edge.js'
import type { ConnectionOptions, ViewerConnection } from './viewer-connection.js'
import { LiveViewer } from './viewer.js'

/** One connection, from its request to its one exit. */
export class Connection implements ViewerConnection, EdgeViewer, SinkOwner, Member, TakesTurns {
  readonly log: FastifyBaseLogger
  readonly address: string | undefined
  readonly session: object | undefined
  readonly context: AsyncResource | undefined
  readonly #audience: Audience
  readonly #sink: Sink
  readonly #viewers: LiveViewer[]
  // The client's places in several broadcasts; undefined if it watches one, whose own ids are enough to resume.
  readonly #placed: Placed[] | undefined
  // Sent before the first event.
  #preamble: string
  // The index of the viewer whose turn it is.
  #turn = 0
  // The viewer of the newest event, and where that begins and ends in the bytes written so far.
  #newest: LiveViewer | undefined
  #newestStart = 0
  #newestEnd = 0
  // The reason to end this connection, as soon as its sink takes the last message.
  #ending: { readonly reason: CloseReason, readonly farewell: Frame | undefined } | undefined
  #pumping = false
  // The seat of its only viewer in a group at the live edge.
  #seat: Seat | undefined

  constructor (
    audience: Audience, { retry, gzip, log, address, session, context, viewers, others, until }: ConnectionOptions, request: RawRequest,
    response: RawResponse
  ) {
    this.#audience = audience
    this.log = log
    this.address = address
    this.session = session
    this.context = context
    this.#preamble = `retry: ${retry}\n: fastify-media-sse\n\n${others?.states ?? ''}`
    this.#sink = new Sink(request, response, this, audience.shared, gzip ? new GzipBody() : IDENTITY)
    this.#viewers = viewers.map(options => new LiveViewer(audience, this, options))
    this.#placed = others === undefined ? undefined : [...this.#viewers, ...others.placed]
    audience.enter(this, until)
  }

  get coding (): Coding {
    const { coding } = this.#sink
    return coding === 'gzip' && this.several ? 'gzip without id' : coding
  }

  get bytes (): number {
    this.settle()
    return this.#sink.bytes
  }

  get viewers (): number { return this.#viewers.length }
  get several (): boolean { return this.#placed !== undefined }
  /** Whether it has left already. */
  get gone (): boolean { return this.#viewers.every(viewer => viewer.gone) }

  bytesOf (viewer: LiveViewer): number {
    if (!this.several) return this.bytes
    // A new event is sent only when everything before it is taken: only bytes of the newest event may still wait.
    if (viewer !== this.#newest) return viewer.handed
    return viewer.handed - Math.max(0, this.#newestEnd - Math.max(this.#newestStart, this.#sink.bytes))
  }

  /** Runs `onViewerOpen` for each viewer, and resolves when all have finished. */
  async opened (hook: (viewer: LiveViewer) => Promise<void>): Promise<void> {
    await Promise.all(this.#viewers.map(async viewer => await viewer.opened(async () => await hook(viewer))))
  }

  /** Sends the headers and all pending events. @param through - a hook's stream, which writes to the response, headers included */
  begin (headers: OutgoingHttpHeaders, through?: Writable): void {
    try {
      this.#sink.open(headers, through)
    } catch (error) {
      // Another handler has begun to answer. The reply is hijacked by now, so only this code would end it.
      this.log.error({ err: error, viewer: this.#viewers[0]?.id }, 'A viewer could not be answered')
      return this.cut('error')
    }
    this.pump()
    // It may not be its turn.
    this.#sink.uncork()
  }

  /** Another handler answers in its place. */
  giveWay (): void {
    this.#ending ??= { reason: 'error', farewell: undefined }
    this.#sink.letGo()
  }

  takePreamble (): string {
    const preamble = this.#preamble
    this.#preamble = ''
    return preamble
  }

  pump (): boolean {
    if (!this.#sink.ready) return false
    // A hook called from within may publish or kick: the running loop already sees the effect.
    if (this.#pumping || !this.#owes || !this.#audience.shared.turns.take(this)) return true
    this.#pumping = true
    this.#hand()
    // Its first event is corked with the headers. Of several viewers' only one event may wait.
    if (this.several) this.#sink.uncork()
    while (this.#owes && this.#sink.ready) this.#handTogether()
    this.#sink.uncork()
    this.#pumping = false
    this.#joinOthers()
    return true
  }

  settle (): void {
    this.#seat?.edge.settle(this.#seat)
  }

  given (given: Given): void {
    this.#sink.wrote(given.bytes, given.checksum)
    this.#viewers[0]!.given(given)
  }

  leftEdge (cursor: Cursor): void {
    this.#seat = undefined
    this.#viewers[0]!.part(cursor)
    this.pump()
  }

  turn (): void {
    this.pump()
  }

  kick (): void {
    this.#sendOff('kicked')
  }

  expire (): void {
    this.#sendOff('expired')
  }

  cut (reason: CloseReason): void {
    this.#goAlone()
    this.#ending ??= { reason, farewell: undefined }
    this.#sink.destroy()
  }

  close (): void {
    const { closeTimeout, retry } = this.#audience.broadcasts.settings
    const states = this.#viewers.map(viewer => viewer.stateText('closing')).join('')
    this.#end('closing', textFrame(`retry: ${afterClosing(closeTimeout, retry)}\n${states}`))
  }

  sinkLooks (): void {
    this.settle()
  }

  sinkDrained (): void {
    for (const viewer of this.#viewers) viewer.drained()
    this.pump()
  }

  sinkStalled (): void {
    for (const viewer of this.#viewers) viewer.stalled()
    this.cut('stalled')
  }

  sinkClosed (): void {
    this.#goAlone()
    this.#exit(this.#ending?.reason ?? 'client')
  }

  // Accumulated events are sent together. With several viewers, one event at a time: each viewer's bytes are known only from how much of
  // the newest event still waits.
  #handTogether (): void {
    if (!this.several) this.#sink.cork()
    do this.#hand()
    while (this.#owes && this.#sink.ready)
    this.#sink.uncork()
  }

  #hand (): void {
    if (this.#ending === undefined) return this.#serve()
    this.#sink.uncork()
    this.#sayFarewell(this.#ending.farewell)
  }

  // Whether there may be something to send.
  get #owes (): boolean {
    if (this.#ending !== undefined) return true
    for (const viewer of this.#viewers) if (viewer.mayHave) return true
    return false
  }

  // Sends one event, of the next viewer that has one. Viewers alternate event by event: if the connection is too slow for all, a broadcast
  // that sends much makes itself lag, and not those that send little.
  #serve (): void {
    for (let passed = 0; passed < this.#viewers.length; passed++) {
      const viewer = this.#viewers[this.#turn]!
      this.#turn = (this.#turn + 1) % this.#viewers.length
      const frame = viewer.next()
      if (frame === undefined) continue
      // When the last viewer ends, so does the connection.
      if (viewer.over && this.#viewers.length === 1) this.#ending ??= { reason: 'ended', farewell: frame }
      else if (!this.#sink.over) this.#write(viewer, frame)
      return
    }
  }

  #write (viewer: LiveViewer, frame: Frame): void {
    if (this.#placed === undefined) return this.#sink.write(frame)
    this.#newest = viewer
    this.#newestStart = this.#sink.written
    if (frame.idAt === undefined) this.#sink.write(frame)
    else this.#sink.writeWithId(frame, `id: ${formatPlaces(this.#placed)}\n`)
    this.#newestEnd = this.#sink.written
    viewer.handed += this.#newestEnd - this.#newestStart
    if (viewer.over) this.#release(viewer)
  }

  // One of several viewers has everything, and leaves before the others. Its place stays in their event ids, or it would get everything
  // again on reconnecting.
  #release (viewer: LiveViewer): void {
    const { name, place } = viewer
    this.#placed?.splice(this.#placed.indexOf(viewer), 1, { name, place })
    this.#turn = this.#viewers.indexOf(viewer)
    this.#viewers.splice(this.#turn, 1)
    this.#turn %= this.#viewers.length
    this.#audience.part(this)
    viewer.leave('ended')
  }

  // Sent at once: a connection that takes nothing now is cut off.
  #sendOff (reason: CloseReason): void {
    if (this.#sink.ready) this.#end(reason)
    else this.cut(reason)
  }

  #end (reason: CloseReason, farewell?: Frame): void {
    this.#goAlone()
    this.#ending ??= { reason, farewell }
    this.pump()
  }

  #joinOthers (): void {
    const socket = this.several || this.#ending !== undefined ? undefined : this.#sink.direct
    if (socket !== undefined) this.#seat ??= this.#viewers[0]!.join(this, socket)
  }

  #goAlone (): void {
    this.#seat?.edge.leave(this.#seat)
  }

  #sayFarewell (farewell: Frame | undefined): void {
    if (farewell !== undefined) this.#sink.write(farewell)
    this.#sink.end()
  }

  #exit (reason: CloseReason): void {
    this.#audience.leave(this, reason)
    for (const viewer of this.#viewers) viewer.leave(reason)
  }
}
