// What `reply.send` is given for an SSE stream: a Readable whose `pipe` lets the sink take the response over. Where a
// hook has wrapped it, or pipes it elsewhere, it is an ordinary Readable, and the events are read from it.
import { Readable } from 'node:stream'

/** Who fills a payload. */
export interface PayloadOwner {
  /** Fastify pipes it. @returns whether the owner takes the destination over */
  takeOver (destination: NodeJS.WritableStream): boolean
  /** Somebody else reads it, and wants more. */
  wanted (): void
}

/** A payload that prefers to be taken over. */
export class Payload extends Readable {
  readonly #owner: PayloadOwner

  constructor (owner: PayloadOwner) {
    super()
    this.#owner = owner
  }

  // `end: false` is how Fastify pipes where it has trailers to send after the payload.
  override pipe<Destination extends NodeJS.WritableStream> (destination: Destination, options?: { end?: boolean }): Destination {
    if (options?.end === false || !this.#owner.takeOver(destination)) super.pipe(destination, options)
    return destination
  }

  override _read (): void {
    this.#owner.wanted()
  }

  /** Ends it. Where nobody reads it, those who wait for its end (Fastify does) hear of it all the same. */
  finish (isRead: boolean): void {
    this.push(null)
    if (!isRead) this.resume()
  }
}
