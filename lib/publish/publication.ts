// One publisher's body, a little long as all that it may come to is read together: found out what it is, split, and published segment by
// segment. It comes in one request, or in several that continue each other. The work takes turns with everything else, piece by piece and
// segment by segment; what is held of it is counted.
import { randomUUID } from 'node:crypto'
import type { PublishEndReason } from '../contract.js'
import {
  FST_MEDIA_SSE_INIT_REQUIRED, FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_NO_ROOM, FST_MEDIA_SSE_SEGMENT_TOO_LARGE, FST_MEDIA_SSE_UNSUPPORTED_MEDIA
} from '../errors.js'
import { MediaError } from '../media/media-error.js'
import type { MediaSegment, Splitter } from '../media/segment.js'
import { recognise } from '../media/sniff.js'
import { inTurns } from './body-turns.js'
import type { Steps } from './body-turns.js'
import { DropCount } from '../broadcast/drop-report.js'
import type { Entering, Intake, Outcome, PublicationHost, PublicationOptions } from './intake.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { PRICES } from '../broadcast/prices.js'
import { segmentKey } from './segment-key.js'
import { Hold } from '../broadcast/window-budget.js'

const ERRORS = {
  INVALID_SEGMENT: FST_MEDIA_SSE_INVALID_SEGMENT,
  UNSUPPORTED_MEDIA: FST_MEDIA_SSE_UNSUPPORTED_MEDIA,
  INIT_REQUIRED: FST_MEDIA_SSE_INIT_REQUIRED,
  SEGMENT_TOO_LARGE: FST_MEDIA_SSE_SEGMENT_TOO_LARGE
}

const NOTHING = 'Nothing in the body can be published: it ends before its first segment is whole, or there is no media in it'

// Bytes that are split in one step: at most, and at least where the smallest of segments come thick. Times are milliseconds.
const LARGEST_PIECE = 16 * 1024
const SMALLEST_PIECE = 1024
const LONG_STEP = 1
const SHORT_STEP = 0.25

interface Begun {
  /** Undefined once the body is given up: it holds what has come. */
  readonly splitter: Splitter | undefined
  readonly live: LiveBroadcast
}

/** One body being published. */
export class Publication implements Entering, Intake {
  readonly track: string
  readonly publisher: string
  readonly path: string
  /** Nothing of it can be gone on with any more. */
  dropped: () => void = () => {}
  /** Tells it from all others, those of other nodes too. */
  readonly id = randomUUID()
  readonly #options: PublicationOptions
  #host: PublicationHost
  // What it is split by and published into, once it has shown what it is.
  #begun: Begun | 'manifest' | undefined
  #head: Uint8Array = new Uint8Array(0)
  // Of the request that is under way: segments found, and accepted.
  #drafts = 0
  #segments = 0
  #repeats = false
  #lastId: string | undefined
  #bringsInit = false
  // It begins a programme, of which no segment is accepted yet.
  #renews = false
  // Whether its segments may have been accepted before.
  #isObject = false
  // Whether a segment was found in it, published or not.
  #hasMedia = false
  #entered = false
  #isResumed = false
  readonly #hold: Hold
  readonly #drops = new DropCount()
  #cut: Intake['cutOff'] = () => {}
  // Why its request was ended, if it was.
  #over: { readonly error: Error, readonly reason: PublishEndReason } | undefined
  // Counts the requests: what was to be done for one that is over is not done any more.
  #request = 0
  #piece = SMALLEST_PIECE

  constructor (host: PublicationHost, options: PublicationOptions) {
    this.#host = host
    this.#hold = new Hold(host.budget, () => this.#refuse())
    this.#options = options
    this.track = options.track
    this.publisher = options.publisher
    this.path = options.path
  }

  get bringsInit (): boolean { return this.#bringsInit }

  /** The life of the broadcast that it goes into, once it has shown what it is. */
  get live (): LiveBroadcast | undefined {
    return this.#begun === 'manifest' ? undefined : this.#begun?.live
  }

  /** Ends its request with that error: set by who reads it. */
  get cutOff (): Intake['cutOff'] { return (error, reason) => this.#endWith(error, reason) }
  set cutOff (cut) { this.#cut = cut }

  /**
   * Takes the next bytes of the body; they are not to be written to any more.
   * @param took - told of each piece before it is split: of a request that is over meanwhile, the others are not
   * @returns whether a segment has come whole with them, at once, or when there was time for them
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
   * The body has ended: what that makes whole is published.
   * @returns undefined where that is done at once
   * @throws (or rejects) as `push` does.
   */
  close (): undefined | Promise<undefined> {
    return inTurns(this.#closing(this.#request), this.#options.isCode)
  }

  /** A request has ended, and all that it has brought is published. @throws (rejects) what has made that impossible */
  async rest (): Promise<Outcome> {
    const settled = this.#begun === undefined || this.#begun === 'manifest' ? undefined : this.#host.settled(this)
    if (settled !== undefined) await settled
    return this.pause('ended')
  }

  /** The life that it goes into is that one. */
  movesTo (live: LiveBroadcast): void {
    if (this.#begun !== undefined && this.#begun !== 'manifest') this.#begun = { ...this.#begun, live }
  }

  /** One of its segments has got its id. */
  accepted (id: string): void {
    this.#lastId = id
    this.#segments++
    this.#renews = false
  }

  /** One of its segments was accepted before. */
  repeated (): void {
    this.#repeats = true
  }

  /** Whether another request goes on with what it has brought before. */
  get isResumed (): boolean { return this.#isResumed }

  /** Whether its next segment is the first of a programme. */
  get renews (): boolean { return this.#renews }

  /** The body will not be whole: nothing of an unfinished segment is published. */
  abort (reason: PublishEndReason): void {
    this.pause(reason)
    this.#giveUp()
  }

  /** Nothing that is held of it is needed any more. */
  release (): void {
    this.#hold.release()
    this.#head = new Uint8Array(0)
  }

  /**
   * There are no more bytes to tell from what the body is.
   * @returns undefined where that is done at once
   * @throws (or rejects) as `push` does.
   */
  show (): undefined | Promise<undefined> {
    return inTurns(this.#showing(this.#request), this.#options.isCode)
  }

  /** The request has ended, and another may continue the body. @returns what it came to */
  pause (reason: PublishEndReason): Outcome {
    this.#request++
    if (this.#begun === undefined) return { kind: 'nothing' }
    if (this.#begun === 'manifest') return { kind: 'manifest' }
    const { live } = this.#begun
    if (this.#entered) this.#host.leave(live, this, this.#over?.reason ?? reason)
    this.#entered = false
    const published = { broadcast: live.name, id: this.#lastId, segments: this.#segments, viewers: this.#host.viewers(live) }
    return { kind: 'published', repeated: this.#repeats && this.#segments === 0, published }
  }

  /** No request will continue the body any more: what is whole of it by now is published. */
  finish (): void {
    const begun = this.#begun
    if (begun !== undefined && begun !== 'manifest') {
      try {
        for (const media of begun.splitter?.end() ?? []) this.#publish(media, undefined)
      } catch (error) {
        // An unfinished segment is never published, and there is nobody to tell.
        if (!(error instanceof MediaError)) throw error
      }
    }
    this.release()
  }

  /** Another request continues the body. @throws PUBLISHER_CONFLICT */
  resume (host: PublicationHost): void {
    this.#drafts = 0
    this.#segments = 0
    this.#lastId = undefined
    this.#repeats = false
    this.#over = undefined
    this.#host = host
    this.#isResumed = true
    host.enter(this)
    this.#entered = true
  }

  * #taking (bytes: Uint8Array, took: (piece: Uint8Array) => void, request: number): Steps<boolean> {
    let whole = false
    for (let at = 0; at < bytes.byteLength && this.#goesOn(request);) {
      const piece = bytes.subarray(at, at + this.#piece)
      at += piece.byteLength
      took(piece)
      if (yield * this.#split(piece, false, request)) whole = true
      if (at < bytes.byteLength) yield
    }
    return whole
  }

  * #closing (request: number): Steps<undefined> {
    yield * this.#showing(request)
    const begun = this.#begun
    if (begun === undefined || begun === 'manifest') {
      this.release()
      return undefined
    }
    const { splitter, live } = begun
    if (splitter === undefined) {
      this.#goesOn(request)
      return undefined
    }
    yield * this.#publishing(this.#checked(() => splitter.end()), 0, request)
    live.drops.add(this.#drops.since(splitter))
    // An init segment alone is an object of its own, for the media objects that follow it.
    const isInitAlone = this.#drafts === 0 && splitter.init !== undefined && this.#bringsInit
    if (isInitAlone && this.#goesOn(request)) this.#host.setInit(this, splitter.init)
    else if (!isInitAlone && !this.#hasMedia && !this.#isResumed) throw new FST_MEDIA_SSE_INVALID_SEGMENT(NOTHING)
    this.release()
  }

  * #showing (request: number): Steps<undefined> {
    if (this.#begun === undefined && this.#head.byteLength > 0 && this.#goesOn(request)) yield * this.#split(new Uint8Array(0), true, request)
  }

  // Returns whether a segment has come whole.
  * #split (piece: Uint8Array, complete: boolean, request: number): Steps<boolean> {
    const bytes = this.#begun === undefined ? this.#begin(piece, complete) : piece
    const begun = this.#begun
    if (bytes === undefined || begun === undefined || begun === 'manifest' || begun.splitter === undefined) return false
    const { splitter, live } = begun
    const began = performance.now()
    const segments = this.#checked(() => splitter.push(bytes))
    const took = performance.now() - began
    if (took > LONG_STEP) this.#piece = Math.max(SMALLEST_PIECE, this.#piece / 2)
    else if (took < SHORT_STEP) this.#piece = Math.min(LARGEST_PIECE, this.#piece * 2)
    live.drops.add(this.#drops.since(splitter))
    const { held } = splitter
    // What has come whole is still held, until a window counts it.
    this.#held(segments.length === 0 ? held : Math.max(held, this.#hold.bytes + bytes.byteLength) + segments.length * PRICES.segment)
    yield * this.#publishing(segments, held, request)
    return segments.length > 0
  }

  // Returns the bytes to split, once it is known by what.
  #begin (piece: Uint8Array, complete: boolean): Uint8Array | undefined {
    const first = this.#head = this.#head.byteLength === 0 ? piece : Buffer.concat([this.#head, piece])
    const init = this.#host.init(this.track)
    const { contentType, finite } = this.#options
    const { maxSegmentBytes, segmentDuration } = this.#host.settings
    const recognised = this.#checked(() => recognise(first, complete, contentType, { maxSegmentBytes, segmentDuration, init }))
    if (recognised === 'more') {
      this.#held(0)
      return undefined
    }
    this.#head = new Uint8Array(0)
    if (recognised === 'manifest') {
      this.#begun = recognised
      return undefined
    }
    const { splitter, beginsWithInit } = recognised
    this.#bringsInit = beginsWithInit ?? !finite
    // Whatever comes without an init segment is one object of many, also where its length is not told.
    this.#isObject = finite || !this.#bringsInit
    const live = this.#host.enter(this)
    this.#entered = true
    this.#renews = this.#bringsInit
    this.#begun = { splitter, live }
    return first
  }

  // `held` is what the splitter holds beside them.
  * #publishing (segments: readonly MediaSegment[], held: number, request: number): Steps<void> {
    this.#hasMedia ||= segments.length > 0
    let left = segments.length
    for (const media of segments) {
      while (media.gather?.() === false) yield
      const key = this.#isObject && media.start !== undefined ? yield * segmentKey(media.start, media.bytes) : undefined
      if (!this.#goesOn(request)) return
      this.#held(held + --left * PRICES.segment)
      this.#checked(() => this.#publish(media, key))
      yield
    }
  }

  #publish (media: MediaSegment, key: string | undefined): void {
    // A hook that hears of one segment may end the broadcast before the next.
    if (this.live!.state === 'ended') return
    this.#drafts++
    const renews = this.#renews
    this.#host.publish(this, key === undefined ? { media, renews } : { media, renews, part: { object: this.id, key } })
  }

  #checked<Result> (work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw error instanceof MediaError ? new ERRORS[error.code](error.message) : error
    }
  }

  // Whether the request is still the one that is under way. @throws why the body is over, where there is a reason
  #goesOn (request: number): boolean {
    if (this.#over !== undefined) throw this.#over.error
    return this.#request === request
  }

  // @throws NO_ROOM where this is what there is no room for
  #held (bytes: number): void {
    this.#hold.set(PRICES.publication + this.#head.byteLength + bytes)
    if (this.#over !== undefined) throw this.#over.error
  }

  #refuse (): void {
    this.#endWith(new FST_MEDIA_SSE_NO_ROOM(this.#host.budget.limit), 'error')
    this.dropped()
    this.#giveUp()
  }

  // Its request may last for a while.
  #giveUp (): void {
    if (this.#begun !== undefined && this.#begun !== 'manifest') this.#begun = { ...this.#begun, splitter: undefined }
    this.release()
  }

  #endWith (error: Error, reason: PublishEndReason): void {
    this.#request++
    this.#over = { error, reason }
    this.#cut(error, reason)
  }
}
