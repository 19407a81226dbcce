// A connection serves one viewer, or several, each of another broadcast: while its sink takes bytes, it hands over what is under
// their cursors; when it does not, they wait, and nothing of theirs grows meanwhile. Whatever ends it passes through #exit, once.
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
  // Where the client is in each of several broadcasts; undefined where it watches one, by whose own ids it comes back.
  readonly #placed: Placed[] | undefined
  // Goes out before the first event.
  #preamble: string
  // Whose turn it is.
  #turn = 0
  // Who has been handed the newest event, and where in all that was written that begins and ends.
  #newest: LiveViewer | undefined
  #newestStart = 0
  #newestEnd = 0
  // What ends this connection, as soon as its sink takes the last words.
  #ending: { readonly reason: CloseReason, readonly farewell: Frame | undefined } | undefined
  #pumping = false
  // Its place among those with whom its only viewer goes on.
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
    // Nothing is handed over before all else is taken: only of the newest event something may still wait.
    if (viewer !== this.#newest) return viewer.handed
    return viewer.handed - Math.max(0, this.#newestEnd - Math.max(this.#newestStart, this.#sink.bytes))
  }

  /** Runs `onViewerOpen` for each viewer, and resolves when all are through. */
  async opened (hook: (viewer: LiveViewer) => Promise<void>): Promise<void> {
    await Promise.all(this.#viewers.map(async viewer => await viewer.opened(async () => await hook(viewer))))
  }

  /** Sends the headers and all that there is. @param through - what somebody else sends on to the response, with its headers */
  begin (headers: OutgoingHttpHeaders, through?: Writable): void {
    try {
      this.#sink.open(headers, through)
    } catch (error) {
      // Somebody else has begun to answer. The reply is hijacked by now, so nobody but us would end it.
      this.log.error({ err: error, viewer: this.#viewers[0]?.id }, 'A viewer could not be answered')
      return this.cut('error')
    }
    this.pump()
  }

  /** Somebody else answers in its place. */
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
    // A hook called from within may publish or kick: the loop that runs already sees what it did.
    if (this.#pumping || !this.#owes || !this.#audience.shared.turns.take(this)) return true
    this.#pumping = true
    this.#hand()
    while (this.#owes && this.#sink.ready) this.#handTogether()
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

  // What has piled up goes out together. Of several viewers each one's bytes are told apart by what waits of the newest event alone.
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

  // Whether there may be anything to send.
  get #owes (): boolean {
    if (this.#ending !== undefined) return true
    for (const viewer of this.#viewers) if (viewer.mayHave) return true
    return false
  }

  // Hands over one event, of the next viewer that has one. Turns are taken event by event: where the connection is
  // too slow for all, a broadcast that sends much makes itself lag, and not those that send little.
  #serve (): void {
    for (let passed = 0; passed < this.#viewers.length; passed++) {
      const viewer = this.#viewers[this.#turn]!
      this.#turn = (this.#turn + 1) % this.#viewers.length
      const frame = viewer.next()
      if (frame === undefined) continue
      // The end of the last is the end of all.
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

  // One of several has got all, and leaves before the others. Where it was is still told with their events, or it would get all again.
  #release (viewer: LiveViewer): void {
    const { name, place } = viewer
    this.#placed?.splice(this.#placed.indexOf(viewer), 1, { name, place })
    this.#turn = this.#viewers.indexOf(viewer)
    this.#viewers.splice(this.#turn, 1)
    this.#turn %= this.#viewers.length
    this.#audience.part(this)
    viewer.leave('ended')
  }

  // At once: who takes nothing now is cut off.
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
