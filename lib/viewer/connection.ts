// A viewer's connection: while its sink takes bytes, it hands over what is under the viewer's cursor; when it does not, the
// viewer waits, and nothing of its own grows meanwhile. Whatever ends a connection passes through #exit, once.
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { CloseReason } from '../contract.js'
import type { Frame } from '../event/frame.js'
import { afterClosing } from '../event/retry.js'
import type { RawRequest, RawResponse } from '../sink/open-responses.js'
import { Sink } from '../sink/sink.js'
import type { SinkOwner } from '../sink/sink.js'
import type { Audience, Member } from './audience.js'
import { LiveViewer } from './viewer.js'
import type { ViewerConnection, ViewerOptions } from './viewer.js'

/** What a connection begins with. */
export interface ConnectionOptions {
  /** Milliseconds, jittered already. */
  readonly retry: number
  readonly log: FastifyBaseLogger
}

/** One connection, from its request to its one exit. */
export class Connection implements ViewerConnection, SinkOwner, Member {
  /** Its viewer. */
  readonly viewer: LiveViewer
  readonly log: FastifyBaseLogger
  readonly #audience: Audience
  readonly #sink: Sink
  // Goes out before the first event.
  #preamble: string
  // What ends this connection, as soon as its sink takes the last words.
  #ending: { readonly reason: CloseReason, readonly farewell: Frame | undefined } | undefined
  #pumping = false

  constructor (audience: Audience, { retry, log }: ConnectionOptions, viewer: ViewerOptions, request: RawRequest, response: RawResponse) {
    this.#audience = audience
    this.log = log
    this.#preamble = `retry: ${retry}\n: fastify-media-sse\n\n`
    this.#sink = new Sink(request, response, this, audience.shared)
    this.viewer = new LiveViewer(audience, this, viewer)
    audience.enter(this)
  }

  get ready (): boolean { return this.#sink.ready }
  get bytes (): number { return this.#sink.bytes }

  /** Sends the headers and all that there is. */
  begin (headers: OutgoingHttpHeaders): void {
    try {
      this.#sink.open(headers)
    } catch (error) {
      // Somebody else has begun to answer. The reply is hijacked by now, so nobody but us would end it.
      this.log.error({ err: error, viewer: this.viewer.id }, 'A viewer could not be answered')
      return this.cut('error')
    }
    this.pump()
  }

  takePreamble (): string {
    const preamble = this.#preamble
    this.#preamble = ''
    return preamble
  }

  pump (): void {
    // A hook called from within may publish or kick: the loop that runs already sees what it did.
    if (this.#pumping) return
    this.#pumping = true
    while (this.#sink.ready) {
      if (this.#ending !== undefined) {
        this.#sayFarewell(this.#ending.farewell)
        break
      }
      const frame = this.viewer.next()
      if (frame !== undefined && this.#sink.ready) this.#sink.write(frame)
      else if (this.#ending === undefined) break
    }
    this.#pumping = false
  }

  ended (farewell: Frame): void {
    this.#ending = { reason: 'ended', farewell }
  }

  kick (): void {
    if (this.#sink.ready) this.#end('kicked')
    else this.cut('kicked')
  }

  cut (reason: CloseReason): void {
    this.#ending ??= { reason, farewell: undefined }
    this.#sink.destroy()
  }

  close (): void {
    const { closeTimeout, retry } = this.#audience.broadcasts.settings
    this.#end('closing', this.viewer.stateFrame('closing', `retry: ${afterClosing(closeTimeout, retry)}\n`))
  }

  sinkDrained (): void {
    this.viewer.drained()
    this.pump()
  }

  sinkStalled (): void {
    this.viewer.stalled()
    this.cut('stalled')
  }

  sinkClosed (): void {
    this.#exit(this.#ending?.reason ?? 'client')
  }

  #end (reason: CloseReason, farewell?: Frame): void {
    this.#ending ??= { reason, farewell }
    this.pump()
  }

  #sayFarewell (farewell: Frame | undefined): void {
    if (farewell !== undefined) this.#sink.write(farewell)
    this.#sink.end()
  }

  #exit (reason: CloseReason): void {
    this.#audience.leave(this, reason)
    this.viewer.leave(reason)
  }
}
