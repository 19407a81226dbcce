// One publisher's body: detects its format, splits it, and publishes it segment by segment. It comes in one request, or in several that
// continue each other. The work yields to other work after each piece and each segment; the bytes it holds are counted.
import { randomUUID } from 'node:crypto'
import type { PublishEndReason } from '../contract.js'
import { FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_NO_ROOM } from '../errors.js'
import { MediaError } from '../media/media-error.js'
import type { MediaSegment, Splitter } from '../media/segment.js'
import { inTurns } from './body-turns.js'
import type { Steps } from './body-turns.js'
import { DropCount } from '../broadcast/drop-report.js'
import type { Entering, Intake, Outcome, PublicationHost, PublicationOptions } from './intake.js'
import { asPublished } from './media-errors.js'
import { Pieces } from './pieces.js'
import { Progress } from './progress.js'
import { recogniseBody } from './recognise-body.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { PRICES } from '../broadcast/prices.js'
import { UNKNOWN } from './body-state.js'
import type { BodyState } from './body-state.js'
import { segmentKey } from './segment-key.js'
import { Hold } from '../broadcast/window-budget.js'

const NOTHING = 'Nothing in the body can be published: it ends before its first segment is whole, or there is no media in it'

/** One body being published. */
export class Publication implements Entering, Intake {
  /** Called when none of it can be continued any more. */
  dropped: () => void = () => {}
  /** Unique, across nodes too. */
  readonly id = randomUUID()
  readonly #options: PublicationOptions
  readonly #inParts: boolean
  #host: PublicationHost
  #state: BodyState = UNKNOWN
  // Of the current request.
  #progress = new Progress()
  #bringsInit = false
  // It begins a programme, and none of its segments is accepted yet.
  #renews = false
  // Whether a segment was found in it, published or not.
  #hasMedia = false
  #entered = false
  #isResumed = false
  readonly #hold: Hold
  readonly #drops = new DropCount()
  #cut: Intake['cutOff'] = () => {}
  // Why its request was ended, if it was.
  #over: { readonly error: Error, readonly reason: PublishEndReason } | undefined
  // Counts the requests: pending work of an earlier one is dropped.
  #request = 0
  readonly #pieces = new Pieces()

  /** @param inParts - whether it comes in several requests, the next of which must find it */
  constructor (host: PublicationHost, options: PublicationOptions, inParts = false) {
    this.#host = host
    this.#inParts = inParts
    this.#hold = new Hold(host.budget, () => this.#refuse())
    this.#options = options
  }

  get track (): string { return this.#options.track }
  get publisher (): string { return this.#options.publisher }
  get path (): string { return this.#options.path }
  get bringsInit (): boolean { return this.#bringsInit }
  get isResumed (): boolean { return this.#isResumed }
  get renews (): boolean { return this.#renews }
  get live (): LiveBroadcast | undefined { return 'live' in this.#state ? this.#state.live : undefined }

  /** Ends its request with that error: set by its reader. */
  get cutOff (): Intake['cutOff'] { return (error, reason) => this.#endWith(error, reason) }
  set cutOff (cut) { this.#cut = cut }

  /**
   * Takes the next bytes of the body; the caller must not modify them any more.
   * @param took - called with each piece before it is split, until the request is over
   * @returns whether they complete a segment, at once, or when there was time for them
   * @throws (or rejects) INVALID_SEGMENT, UNSUPPORTED_MEDIA, INIT_REQUIRED, SEGMENT_TOO_LARGE, PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS,
   * NO_ROOM
   */
  push (bytes: Uint8Array, took: (piece: Uint8Array) => void = () => {}): boolean | Promise<boolean> {
    return inTurns(this.#taking(bytes, took, this.#request), this.#options.isCode)
  }

  /** The body has ended. @throws (rejects) as `push` does. */
  async end (): Promise<Outcome> {
    const closing = this.close()
    if (closing !== undefined) await closing
    return await this.rest()
  }

  /**
   * The body has ended: publishes the segments that this completes.
   * @returns undefined if that is done at once
   * @throws (or rejects) as `push` does.
   */
  close (): undefined | Promise<undefined> {
    return inTurns(this.#closing(this.#request), this.#options.isCode)
  }

  /** A request has ended, and all that it brought is published. @throws (rejects) the reason why that is impossible */
  async rest (): Promise<Outcome> {
    const settled = this.live && this.#host.settled(this)
    if (settled !== undefined) await settled
    return this.pause('ended')
  }

  movesTo (live: LiveBroadcast): void { if ('live' in this.#state) this.#state = { ...this.#state, live } }

  accepted (id: string): void {
    this.#progress.accepted(id)
    this.#renews = false
  }

  repeated (): void { this.#progress.repeats = true }

  abort (reason: PublishEndReason): void {
    this.pause(reason)
    this.#giveUp()
  }

  /** Drops everything held for it. */
  release (): void {
    this.#hold.release()
    if (this.#state.kind === 'unknown') this.#state = UNKNOWN
  }

  /**
   * Decides what the body is: no more bytes will come.
   * @returns undefined if that is done at once
   * @throws (or rejects) as `push` does.
   */
  show (): undefined | Promise<undefined> {
    return inTurns(this.#showing(this.#request), this.#options.isCode)
  }

  /** The request has ended, and another may continue the body. @returns its outcome */
  pause (reason: PublishEndReason): Outcome {
    this.#request++
    if (this.#state.kind === 'manifest') return { kind: 'manifest' }
    const { live } = this
    if (live === undefined) return { kind: 'nothing' }
    if (this.#entered) this.#host.leave(live, this, this.#over?.reason ?? reason)
    this.#entered = false
    return this.#progress.outcome(live.name, this.#host.viewers(live))
  }

  /** No request will continue the body: publishes its complete segments. */
  finish (): void {
    if (this.#state.kind === 'media') {
      const { splitter } = this.#state
      try {
        for (const media of splitter.end()) this.#publish(media, undefined)
      } catch (error) {
        // An unfinished segment is never published, and no client is there to be told.
        if (!(error instanceof MediaError)) throw error
      }
    }
    this.release()
  }

  /** Another request continues the body. @throws PUBLISHER_CONFLICT */
  resume (host: PublicationHost): void {
    this.#progress = new Progress()
    this.#over = undefined
    this.#host = host
    this.#isResumed = true
    host.enter(this)
    this.#entered = true
  }

  * #taking (bytes: Uint8Array, took: (piece: Uint8Array) => void, request: number): Steps<boolean> {
    let whole = false
    for (let at = 0; at < bytes.byteLength && this.#goesOn(request);) {
      const piece = bytes.subarray(at, at + this.#pieces.size)
      at += piece.byteLength
      took(piece)
      if (yield * this.#split(piece, false, request)) whole = true
      if (at < bytes.byteLength) yield
    }
    return whole
  }

  * #closing (request: number): Steps<undefined> {
    yield * this.#showing(request)
    // If it is given up, the reason is thrown.
    if (this.#state.kind !== 'media') {
      this.#goesOn(request)
      this.release()
      return undefined
    }
    const { splitter } = this.#state
    const segments = asPublished(() => splitter.end())
    // An init segment alone is an object of its own, for the media objects that follow it.
    const isInitAlone = segments.length === 0 && this.#progress.drafts === 0 && splitter.init !== undefined && this.#bringsInit
    if (segments.length > 0 || isInitAlone) this.#enter(splitter)
    yield * this.#publishing(segments, 0, request)
    this.live?.drops.add(this.#drops.since(splitter))
    if (isInitAlone && this.#goesOn(request)) this.#host.setInit(this, splitter.init)
    else if (!isInitAlone && !this.#hasMedia && !this.#isResumed) throw new FST_MEDIA_SSE_INVALID_SEGMENT(NOTHING)
    this.release()
  }

  * #showing (request: number): Steps<undefined> {
    if (this.#state.kind === 'unknown' && this.#state.head.byteLength > 0 && this.#goesOn(request)) {
      yield * this.#split(new Uint8Array(0), true, request)
    }
  }

  // Returns whether a segment was completed.
  * #split (piece: Uint8Array, complete: boolean, request: number): Steps<boolean> {
    const bytes = this.#state.kind === 'unknown' ? this.#begin(this.#state.head, piece, complete) : piece
    if (this.#state.kind !== 'media') return false
    const { splitter } = this.#state
    const segments = this.#pieces.timed(() => asPublished(() => splitter.push(bytes)))
    if (segments.length > 0 || splitter.init?.bytes !== undefined) this.#enter(splitter)
    this.live?.drops.add(this.#drops.since(splitter))
    const { held } = splitter
    // Complete segments are still held, until a window counts them.
    this.#held(segments.length === 0 ? held : Math.max(held, this.#hold.bytes + bytes.byteLength) + segments.length * PRICES.segment)
    yield * this.#publishing(segments, held, request)
    return segments.length > 0
  }

  // Returns the bytes so far, to split once the format is known.
  #begin (head: Uint8Array, piece: Uint8Array, complete: boolean): Uint8Array {
    const first = head.byteLength === 0 ? piece : Buffer.concat([head, piece])
    this.#state = { kind: 'unknown', head: first }
    const recognised = recogniseBody(this.#host, this.#options, first, complete)
    if (recognised === 'more') this.#held(first.byteLength)
    if (recognised === 'manifest') this.#state = { kind: 'manifest' }
    if (typeof recognised === 'string') return first
    const { splitter, beginsWithInit } = recognised
    this.#bringsInit = beginsWithInit ?? !this.#options.finite
    this.#renews = this.#bringsInit
    this.#state = { kind: 'media', splitter, live: undefined }
    if (this.#inParts || splitter.init?.bytes !== undefined) this.#enter(splitter)
    return first
  }

  // A body that is refused before its first init segment, or, without any, before its first segment, leaves nothing of a broadcast.
  #enter (splitter: Splitter): void {
    if (this.live !== undefined) return
    this.#state = { kind: 'media', splitter, live: this.#host.enter(this) }
    this.#entered = true
  }

  // `held` is what the splitter holds beside them.
  * #publishing (segments: readonly MediaSegment[], held: number, request: number): Steps<void> {
    this.#hasMedia ||= segments.length > 0
    // An object may have been accepted before. Any body without an init segment is an object, also one of unknown length.
    const isObject = this.#options.finite || !this.#bringsInit
    let left = segments.length
    for (const media of segments) {
      while (media.gather?.() === false) yield
      const key = isObject && media.start !== undefined ? yield * segmentKey(media.start, media.bytes) : undefined
      if (!this.#goesOn(request)) return
      this.#held(held + --left * PRICES.segment)
      asPublished(() => { this.#publish(media, key) })
      yield
    }
  }

  #publish (media: MediaSegment, key: string | undefined): void {
    // A hook that is told of one segment may end the broadcast before the next.
    if (this.live?.state === 'ended') return
    this.#progress.drafts++
    const renews = this.#renews
    this.#host.publish(this, key === undefined ? { media, renews } : { media, renews, part: { object: this.id, key } })
  }

  // Whether the request is still the current one. @throws why the body is over, if there is a reason
  #goesOn (request: number): boolean {
    if (this.#over !== undefined) throw this.#over.error
    return this.#request === request
  }

  // @throws NO_ROOM if this body is the one that does not fit
  #held (bytes: number): void {
    this.#hold.set(PRICES.publication + bytes)
    if (this.#over !== undefined) throw this.#over.error
  }

  #refuse (): void {
    this.#endWith(new FST_MEDIA_SSE_NO_ROOM(this.#host.budget.limit), 'error')
    this.dropped()
    this.#giveUp()
  }

  // Its request may still last for a while.
  #giveUp (): void {
    this.#state = { kind: 'given up', live: this.live }
    this.release()
  }

  #endWith (error: Error, reason: PublishEndReason): void {
    this.#request++
    this.#over = { error, reason }
    this.#cut(error, reason)
  }
}
