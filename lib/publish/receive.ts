// Reads a publisher's body as it arrives, no faster than it may send. A caller, silence, or missing segments can cut it off; then nothing
// more is read. What has arrived is taken, also if the publisher hangs up (over HTTP/2: as far as Node tells).
import type { Readable } from 'node:stream'
import { FST_MEDIA_SSE_PUBLISHER_TIMEOUT } from '../errors.js'
import type { PublishEndReason } from '../contract.js'
import { hasArrived } from './arrived.js'

/** Why a body was not read to its end. `error` is undefined if the publisher has gone, so no answer is possible. */
export class CutOff extends Error {
  constructor (readonly reason: PublishEndReason, readonly error: Error | undefined) {
    super(`The publisher was cut off: ${reason}`)
  }
}

/** A body being read. */
export interface Receiving {
  /** Resolves at the body's end. @throws CutOff, or what `take` threw */
  readonly ended: Promise<void>
  /** Since when its publisher has sent nothing, in milliseconds of a monotonic clock; undefined while the body is held back, or over. */
  readonly quietSince: number | undefined
  cutOff (error: Error, reason: PublishEndReason): void
}

/** How a body is read. */
export interface ReceiveOptions {
  /** Milliseconds without a byte that end it. */
  readonly publisherTimeout: number
  /** Milliseconds without a whole segment that end it. */
  readonly segmentTimeout: number
  /** Counts bytes; returns how many milliseconds to wait before more are read. */
  readonly pace: (bytes: number) => number
  /** Undefined if there is room for more, else a promise: nothing is read until it resolves. */
  readonly room?: () => Promise<void> | undefined
  /** The error to answer if the body breaks off; if absent, or if it returns undefined, the publisher has gone. */
  readonly broken?: (cause: Error | undefined) => Error | undefined
  /**
   * Takes the next piece, at once, or when there is time for it: until then nothing more is read. Returns whether it completes a segment.
   */
  readonly take: (bytes: Uint8Array) => boolean | Promise<boolean>
}

/** Passes on every piece of a body. */
export function receive (body: Readable, options: ReceiveOptions): Receiving {
  return new Reception(body, options)
}

/** One incoming body: it flows, is held until there is time or room for more, or is over. */
class Reception implements Receiving {
  readonly ended: Promise<void>
  readonly #body: Readable
  readonly #options: ReceiveOptions
  readonly #silence: Patience
  readonly #slowness: Patience
  #resolve!: () => void
  #reject!: (error: Error) => void
  // What it waits for. While it is held back, silence is not the publisher's.
  #held: NodeJS.Timeout | Promise<void> | undefined
  // Until a piece is taken.
  #working: Promise<void> | undefined
  // The publisher has hung up, or the body was broken off.
  #gone: { readonly cause: Error | undefined } | undefined
  #isOver = false

  constructor (body: Readable, options: ReceiveOptions) {
    this.#body = body
    this.#options = options
    this.#silence = this.#patience(options.publisherTimeout, 'nothing')
    this.#slowness = this.#patience(options.segmentTimeout, 'no whole segment')
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#begin()
  }

  get quietSince (): number | undefined {
    return this.#isOver || this.#held !== undefined ? undefined : this.#silence.renewedAt
  }

  cutOff (error: Error, reason: PublishEndReason): void {
    this.#fail(new CutOff(reason, error))
  }

  #begin (): void {
    const body = this.#body
    // The sender's other requests count before the first byte of this one is read: a sender cannot escape its wait by breaking off.
    const debt = this.#options.pace(0)
    if (debt > 0) this.#hold(debt)
    body.on('data', this.#onData)
    body.once('end', this.#onEnd)
    body.once('close', this.#onGone)
    body.on('pause', this.#onPause)
    // Stays: a later error on this body has no listener, and must not become an uncaught one.
    body.on('error', this.#onGone)
    // Over HTTP/2 a body that has been broken off is not destroyed.
    if (body.destroyed || ('aborted' in body && body.aborted === true)) {
      // To flow would drop what is still in it.
      body.pause()
      process.nextTick(this.#onGone)
      return
    }
    // A hook may pass it on paused, as @fastify/compress does.
    if (debt === 0) body.resume()
  }

  #patience (milliseconds: number, what: string): Patience {
    const patience = new Patience(milliseconds, () => {
      if (this.#held === undefined) this.#fail(timeout(what, milliseconds))
      else patience.renew()
    })
    return patience
  }

  readonly #onData = (piece: Uint8Array | string): void => {
    // A hook's stream may give strings, as Fastify allows.
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    this.#silence.renew()
    try {
      const taking = this.#options.take(bytes)
      if (typeof taking === 'boolean') return this.#taken(taking, bytes.byteLength)
      this.#working = taking.then(whole => { this.#taken(whole, bytes.byteLength) })
      this.#holdUntil(this.#working)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #taken (whole: boolean, bytes: number): void {
    this.#working = undefined
    if (this.#isOver) return
    if (whole) this.#slowness.renew()
    const wait = this.#options.pace(bytes)
    const room = this.#options.room?.()
    if (room !== undefined && !this.#isBroken) this.#holdUntil(room.then(() => { this.#hold(wait) }))
    else if (wait > 0 || this.#held !== undefined) this.#hold(wait)
  }

  // When it resolves, the body is held again or flows.
  #holdUntil (next: Promise<void>): void {
    this.#body.pause()
    this.#held = next
    next.catch(this.#fail)
  }

  #hold (milliseconds: number): void {
    if (this.#isOver) return
    if (milliseconds === 0) return this.#goOn()
    if (this.#isBroken) return this.#endGone()
    this.#body.pause()
    this.#held = setTimeout(() => { this.#goOn() }, milliseconds)
  }

  #goOn (): void {
    this.#held = undefined
    this.#silence.renew()
    if (this.#gone === undefined) this.#body.resume()
    else this.#takeRest()
  }

  readonly #onEnd = (): void => {
    this.#body.removeListener('close', this.#onGone)
    // A stream that knows its end reports it directly after its last piece, even while it is paused.
    if (this.#working === undefined) this.#complete()
    else this.#working.then(() => { this.#complete() }, this.#fail)
  }

  #complete (): void {
    this.#stop()
    this.#resolve()
  }

  readonly #onGone = (cause?: Error): void => {
    if (this.#gone !== undefined) return
    this.#gone = { cause }
    this.#listenNoMore()
    if (this.#held === undefined) this.#takeRest()
    // What its sender owes, or a full window, is not waited for by a body without an end: breaking off must gain nothing.
    else if (this.#isBroken && this.#working === undefined) this.#endGone()
  }

  // Encoders hang up directly after a body, without waiting for the answer. Node then destroys it, with the bytes in it that are not read.
  #takeRest (): void {
    while (!this.#isOver && this.#held === undefined) {
      const piece: Uint8Array | string | null = this.#body.read()
      if (piece === null) return this.#endGone()
      this.#onData(piece)
    }
  }

  get #isBroken (): boolean { return this.#gone !== undefined && !hasArrived(this.#body) }

  #endGone (): void {
    if (!this.#isBroken) return this.#complete()
    this.#fail(this.#options.broken?.(this.#gone?.cause) ?? new CutOff('client', undefined))
  }

  // Another reader may pause the stream for good: fastify-raw-body does, above its limit.
  readonly #onPause = (): void => {
    setImmediate(() => { if (!this.#isOver && this.#held === undefined && this.#body.listenerCount('data') === 1) this.#body.resume() })
  }

  readonly #fail = (error: Error): void => {
    if (this.#isOver) return
    this.#stop()
    this.#reject(error)
  }

  #stop (): void {
    this.#isOver = true
    this.#silence.end()
    this.#slowness.end()
    if (!(this.#held instanceof Promise)) clearTimeout(this.#held)
    this.#listenNoMore()
  }

  #listenNoMore (): void {
    const body = this.#body
    body.removeListener('data', this.#onData)
    body.removeListener('end', this.#onEnd)
    body.removeListener('close', this.#onGone)
    body.removeListener('pause', this.#onPause)
    body.pause()
  }
}

/** A timeout that can be renewed. Bytes that arrived while the event loop was blocked are read before it fires. */
class Patience {
  /** In milliseconds of a monotonic clock. */
  renewedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  #last: NodeJS.Immediate | undefined

  constructor (milliseconds: number, runOut: () => void) {
    // Due timers run before pending reads, this immediate after them.
    this.#timer = setTimeout(() => { this.#last = setImmediate(runOut) }, milliseconds)
  }

  renew (): void {
    this.renewedAt = performance.now()
    clearImmediate(this.#last)
    this.#timer.refresh()
  }

  end (): void {
    clearImmediate(this.#last)
    clearTimeout(this.#timer)
  }
}

function timeout (what: string, milliseconds: number): CutOff {
  return new CutOff('timeout', new FST_MEDIA_SSE_PUBLISHER_TIMEOUT(what, milliseconds))
}
