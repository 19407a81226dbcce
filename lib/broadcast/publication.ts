// One publisher's body on its way into a broadcast: found out what it is, split, and published segment by segment.
import type { PublishEndReason, Published } from '../contract.js'
import {
  FST_MEDIA_SSE_INIT_REQUIRED, FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_SEGMENT_TOO_LARGE, FST_MEDIA_SSE_UNSUPPORTED_MEDIA
} from '../errors.js'
import { MediaError } from '../media/media-error.js'
import type { InitSegment, MediaSegment, Splitter } from '../media/segment.js'
import { SNIFF_BYTES, beginsWithInit, splitterFor } from '../media/sniff.js'
import type { LiveBroadcast, Publishing, Track } from './live-broadcast.js'

const ERRORS = {
  INVALID_SEGMENT: FST_MEDIA_SSE_INVALID_SEGMENT,
  UNSUPPORTED_MEDIA: FST_MEDIA_SSE_UNSUPPORTED_MEDIA,
  INIT_REQUIRED: FST_MEDIA_SSE_INIT_REQUIRED,
  SEGMENT_TOO_LARGE: FST_MEDIA_SSE_SEGMENT_TOO_LARGE
}

/** Who publishes what. */
export interface PublicationOptions {
  readonly track: string
  readonly publisher: string
  readonly contentType: string | undefined
  readonly maxSegmentBytes: number
}

/** What a publication asks of the registry of broadcasts. */
export interface PublicationHost {
  /** The track as it stands, before anything is published. */
  track (name: string): Track | undefined
  /** The body has shown to be media. @throws PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS */
  enter (publication: Publication): LiveBroadcast
  published (live: LiveBroadcast, publication: Publication, segment: MediaSegment): string
  leave (live: LiveBroadcast, publication: Publication, reason: PublishEndReason): void
}

interface Begun {
  readonly splitter: Splitter
  readonly live: LiveBroadcast
}

/** One body being published. Ends once: by `end`, or by `abort`. */
export class Publication implements Publishing {
  readonly track: string
  readonly publisher: string
  /** Cuts the body off: set by who reads it from a connection. */
  cutOff: (error: Error, reason: PublishEndReason) => void = () => {}
  readonly #options: PublicationOptions
  readonly #host: PublicationHost
  // What it is split by and published into, once it has shown what it is.
  #begun: Begun | undefined
  #head: Uint8Array = new Uint8Array(0)
  // The init segment that its track had before.
  #knownInit: InitSegment | undefined
  #segments = 0
  #lastId: string | undefined
  #bringsInit = false
  #over = false

  constructor (host: PublicationHost, options: PublicationOptions) {
    this.#host = host
    this.#options = options
    this.track = options.track
    this.publisher = options.publisher
  }

  get bringsInit (): boolean { return this.#bringsInit }

  /**
   * Takes the next bytes of the body; they are not to be written to any more.
   * @throws INVALID_SEGMENT, UNSUPPORTED_MEDIA, INIT_REQUIRED, SEGMENT_TOO_LARGE, PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS
   */
  push (bytes: Uint8Array): void {
    if (this.#begun !== undefined) return this.#split(this.#begun, bytes)
    const first = this.#head.byteLength === 0 ? bytes : Buffer.concat([this.#head, bytes])
    if (first.byteLength < SNIFF_BYTES) this.#head = first
    else this.#split(this.#begin(first), first)
  }

  /** The body has ended. @throws as `push` does. */
  end (): Published | undefined {
    if (this.#begun === undefined && this.#head.byteLength > 0) this.#split(this.#begin(this.#head), this.#head)
    if (this.#begun === undefined) return undefined
    const { splitter, live } = this.#begun
    this.#publish(live, this.#checked(() => splitter.end()))
    // An init segment alone is an object of its own, for the media objects that follow it.
    if (this.#segments === 0 && splitter.init !== undefined && splitter.init !== this.#knownInit) live.setInit(this.track, splitter.init)
    this.#leave('ended')
    return { broadcast: live.name, id: this.#lastId, segments: this.#segments, viewers: live.viewers.size }
  }

  /** The body will not be whole: nothing of an unfinished segment is published. */
  abort (reason: PublishEndReason): void {
    this.#leave(reason)
  }

  #begin (first: Uint8Array): Begun {
    const init = this.#knownInit = this.#host.track(this.track)?.media
    const { contentType, maxSegmentBytes } = this.#options
    const splitter = this.#checked(() => splitterFor(first, { contentType, maxSegmentBytes, init }))
    this.#bringsInit = beginsWithInit(first)
    this.#begun = { splitter, live: this.#host.enter(this) }
    return this.#begun
  }

  #split ({ splitter, live }: Begun, bytes: Uint8Array): void {
    this.#publish(live, this.#checked(() => splitter.push(bytes)))
  }

  #publish (live: LiveBroadcast, segments: readonly MediaSegment[]): void {
    for (const segment of segments) {
      // A hook that hears of one segment may end the broadcast before the next.
      if (live.state === 'ended') return
      this.#lastId = this.#host.published(live, this, segment)
      this.#segments++
    }
  }

  #checked<Result> (work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw error instanceof MediaError ? new ERRORS[error.code](error.message) : error
    }
  }

  #leave (reason: PublishEndReason): void {
    if (this.#over) return
    this.#over = true
    if (this.#begun !== undefined) this.#host.leave(this.#begun.live, this, reason)
  }
}
