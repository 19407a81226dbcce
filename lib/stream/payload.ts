// The payload that `reply.send` gets for an SSE stream: a Readable whose `pipe` lets the sink take over the response. If a hook wraps it,
// or pipes it elsewhere, it is an ordinary Readable, and the events are read from it.
import { Readable } from 'node:stream'

/** Fills a payload. */
export interface PayloadOwner {
  /** Fastify pipes it. @returns whether the owner takes the destination over */
  takeOver (destination: NodeJS.WritableStream): boolean
  /** Another reader wants more. */
  wanted (): void
}

/** A payload that prefers to be taken over. */
export class Payload extends Readable {
  readonly #owner: PayloadOwner

  constructor (owner: PayloadOwner) {
    super()
    this.#owner = owner
  }

  // Fastify pipes with `end: false` if it has trailers to send after the payload.
  override pipe<Destination extends NodeJS.WritableStream> (destination: Destination, options?: { end?: boolean }): Destination {
    if (options?.end === false || !this.#owner.takeOver(destination)) super.pipe(destination, options)
    return destination
  }

  override _read (): void {
    this.#owner.wanted()
  }

  /** Ends it. Even if it has no reader, listeners for its end (such as Fastify) are told. */
  finish (isRead: boolean): void {
    this.push(null)
    if (!isRead) this.resume()
  }
}
