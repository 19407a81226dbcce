// One publisher's body on its way into a broadcast: found out what it is, split, and published segment by segment. It comes in one request,
// or in several that continue each other.
import { createHash, randomUUID } from 'node:crypto'
import type { PublishEndReason, Published, Store } from '../contract.js'
import {
  FST_MEDIA_SSE_INIT_REQUIRED, FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_SEGMENT_TOO_LARGE, FST_MEDIA_SSE_UNSUPPORTED_MEDIA
} from '../errors.js'
import { MediaError } from '../media/media-error.js'
import type { InitSegment, MediaSegment, Splitter } from '../media/segment.js'
import { recognise } from '../media/sniff.js'
import type { Draft } from './ledger.js'
import type { LiveBroadcast, Publishing } from './live-broadcast.js'

const ERRORS = {
  INVALID_SEGMENT: FST_MEDIA_SSE_INVALID_SEGMENT,
  UNSUPPORTED_MEDIA: FST_MEDIA_SSE_UNSUPPORTED_MEDIA,
  INIT_REQUIRED: FST_MEDIA_SSE_INIT_REQUIRED,
  SEGMENT_TOO_LARGE: FST_MEDIA_SSE_SEGMENT_TOO_LARGE
}

const NOTHING = 'Nothing in the body can be published: it ends before its first segment is whole, or there is no media in it'

// Of a digest, in characters of base64: 96 bits tell apart far more segments than are remembered.
const KEY_LENGTH = 16

/** Who publishes what. */
export interface PublicationOptions {
  readonly track: string
  readonly publisher: string
  /** The path that it is sent to: tells an encoder's objects apart. */
  readonly path: string
  /** Whether its length is known from the start: an object, which its publisher may send again. */
  readonly finite: boolean
  readonly contentType: string | undefined
}

/** What a publication asks of the store. What it is told to do, it does at once, or one after the other as soon as it can. */
export interface PublicationHost {
  readonly settings: { readonly maxSegmentBytes: number, readonly segmentDuration: number, readonly store: Store | undefined }
  /** The init segment of a track as it stands, before anything is published. */
  init (track: string): InitSegment | undefined
  /** The body has shown to be media, or goes on in another request. @throws PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS, where that is known at once */
  enter (publication: Publication): LiveBroadcast
  /** Publishes a segment, which the publication hears of. */
  publish (publication: Publication, draft: Draft): void
  setInit (publication: Publication, init: InitSegment): void
  /** Undefined where there is nothing to wait for until all is done. @throws (rejects) what has made it impossible */
  settled (publication: Publication): Promise<void> | undefined
  /** Undefined where more may be pushed, or until when it should not. */
  room (): Promise<void> | undefined
  leave (live: LiveBroadcast, publication: Publication, reason: PublishEndReason): void
  /** How many watch. */
  viewers (live: LiveBroadcast): number
}

/** What a request's body was: nothing, a manifest, or media. `repeated` media was all accepted before, and is not published again. */
export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'published', readonly repeated: boolean, readonly published: Published }

/** The body of one request. */
export interface Intake {
  /** Cuts it off: set by who reads it from a connection. */
  cutOff: (error: Error, reason: PublishEndReason) => void
  /**
   * Takes its next bytes; they are not to be written to any more.
   * @returns whether a segment has come whole with them
   * @throws what makes them unfit to be published
   */
  push (bytes: Uint8Array): boolean
  /** It has ended. @throws (rejects) as `push` does */
  end (): Promise<Outcome>
  /** It will not be whole: nothing of an unfinished segment is published. */
  abort (reason: PublishEndReason): void
}

interface Begun {
  readonly splitter: Splitter
  readonly live: LiveBroadcast
}

/** One body being published. */
export class Publication implements Publishing, Intake {
  readonly track: string
  readonly publisher: string
  readonly path: string
  cutOff: (error: Error, reason: PublishEndReason) => void = () => {}
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

  constructor (host: PublicationHost, options: PublicationOptions) {
    this.#host = host
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

  /**
   * Takes the next bytes of the body; they are not to be written to any more.
   * @returns whether a segment has come whole with them
   * @throws INVALID_SEGMENT, UNSUPPORTED_MEDIA, INIT_REQUIRED, SEGMENT_TOO_LARGE, PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS
   */
  push (bytes: Uint8Array): boolean {
    if (this.#begun !== undefined) return this.#split(this.#begun, bytes)
    this.#head = this.#head.byteLength === 0 ? bytes : Buffer.concat([this.#head, bytes])
    return this.#begin(false)
  }

  /** The body has ended. @throws (rejects) as `push` does. */
  async end (): Promise<Outcome> {
    this.show()
    if (this.#begun === undefined || this.#begun === 'manifest') return await this.rest()
    const { splitter, live } = this.#begun
    this.#checked(() => this.#publish(live, splitter.end()))
    // An init segment alone is an object of its own, for the media objects that follow it.
    if (this.#drafts === 0 && splitter.init !== undefined && this.#bringsInit) this.#host.setInit(this, splitter.init)
    else if (!this.#hasMedia && !this.#isResumed) throw new FST_MEDIA_SSE_INVALID_SEGMENT(NOTHING)
    return await this.rest()
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
  }

  /** There are no more bytes to tell from what the body is. @throws as `push` does. */
  show (): void {
    if (this.#begun === undefined && this.#head.byteLength > 0) this.#begin(true)
  }

  /** The request has ended, and another may continue the body. @returns what it came to */
  pause (reason: PublishEndReason): Outcome {
    if (this.#begun === undefined) return { kind: 'nothing' }
    if (this.#begun === 'manifest') return { kind: 'manifest' }
    const { live } = this.#begun
    if (this.#entered) this.#host.leave(live, this, reason)
    this.#entered = false
    const published = { broadcast: live.name, id: this.#lastId, segments: this.#segments, viewers: this.#host.viewers(live) }
    return { kind: 'published', repeated: this.#repeats && this.#segments === 0, published }
  }

  /** No request will continue the body any more: what is whole of it by now is published. */
  finish (): void {
    if (this.#begun === undefined || this.#begun === 'manifest') return
    const { splitter, live } = this.#begun
    try {
      this.#publish(live, splitter.end())
    } catch (error) {
      // An unfinished segment is never published, and there is nobody to tell.
      if (!(error instanceof MediaError)) throw error
    }
  }

  /** Another request continues the body. @throws PUBLISHER_CONFLICT */
  resume (host: PublicationHost): void {
    this.#drafts = 0
    this.#segments = 0
    this.#lastId = undefined
    this.#repeats = false
    this.#host = host
    this.#isResumed = true
    host.enter(this)
    this.#entered = true
  }

  #begin (complete: boolean): boolean {
    const first = this.#head
    const init = this.#host.init(this.track)
    const { contentType, finite } = this.#options
    const { maxSegmentBytes, segmentDuration } = this.#host.settings
    const recognised = this.#checked(() => recognise(first, complete, contentType, { maxSegmentBytes, segmentDuration, init }))
    if (recognised === 'more') return false
    this.#head = new Uint8Array(0)
    if (recognised === 'manifest') {
      this.#begun = recognised
      return false
    }
    const { splitter, beginsWithInit } = recognised
    this.#bringsInit = beginsWithInit ?? !finite
    // Whatever comes without an init segment is one object of many, also where its length is not told.
    this.#isObject = finite || !this.#bringsInit
    const live = this.#host.enter(this)
    this.#entered = true
    this.#renews = this.#bringsInit
    this.#begun = { splitter, live }
    return this.#split(this.#begun, first)
  }

  #split (begun: Begun | 'manifest', bytes: Uint8Array): boolean {
    if (begun === 'manifest') return false
    return this.#checked(() => {
      const segments = begun.splitter.push(bytes)
      this.#publish(begun.live, segments)
      return segments.length > 0
    })
  }

  #publish (live: LiveBroadcast, segments: readonly MediaSegment[]): void {
    this.#hasMedia ||= segments.length > 0
    for (const media of segments) {
      // A hook that hears of one segment may end the broadcast before the next.
      if (live.state === 'ended') return
      this.#drafts++
      const part = this.#isObject && media.start !== undefined ? { object: this.id, key: keyOf(media.start, media.bytes) } : undefined
      const renews = this.#renews
      this.#host.publish(this, part === undefined ? { media, renews } : { media, renews, part })
    }
  }

  #checked<Result> (work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw error instanceof MediaError ? new ERRORS[error.code](error.message) : error
    }
  }
}

// Taken before the segment's times are shifted: what its publisher sends again has the times that it sent first.
function keyOf (start: number, bytes: Uint8Array): string {
  return createHash('sha256').update(`${start} `).update(bytes).digest('base64url').slice(0, KEY_LENGTH)
}
