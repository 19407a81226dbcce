// What a publication is told, what it asks, and what it comes to. Types only.
import type { PublishEndReason, Published, Store } from '../contract.js'
import type { InitSegment } from '../media/segment.js'
import type { Draft } from '../broadcast/ledger.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Publishing } from '../broadcast/roles.js'
import type { WindowBudget } from '../broadcast/window-budget.js'

/** Who publishes what. */
export interface PublicationOptions {
  readonly track: string
  readonly publisher: string
  /** The path that it is sent to: tells an encoder's objects apart. */
  readonly path: string
  /** Whether its length is known from the start: an object, which its publisher may send again. */
  readonly finite: boolean
  readonly contentType: string | undefined
  /** Whether users' code publishes it. */
  readonly isCode?: boolean
}

/** A body on its way into a broadcast, as a store knows it. */
export interface Entering extends Publishing {
  /** The life of the broadcast that it goes into, once it has shown what it is. */
  readonly live: LiveBroadcast | undefined
  /** Whether another request goes on with what it has brought before. */
  readonly isResumed: boolean
  /** Whether its next segment is the first of a programme. */
  readonly renews: boolean
  /** The life that it goes into is that one. */
  movesTo (live: LiveBroadcast): void
  /** One of its segments has got its id. */
  accepted (id: string): void
  /** One of its segments was accepted before. */
  repeated (): void
}

/** What a publication asks of the store. What it is told to do, it does at once, or one after the other as soon as it can. */
export interface PublicationHost {
  readonly settings: { readonly maxSegmentBytes: number, readonly segmentDuration: number, readonly store: Store | undefined }
  /** In which what is not whole yet is counted. */
  readonly budget: WindowBudget
  /** The init segment of a track as it stands, before anything is published. */
  init (track: string): InitSegment | undefined
  /**
   * The body has shown to be media, or goes on in another request.
   * @throws PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS, where that is known at once
   */
  enter (publication: Entering): LiveBroadcast
  /** Publishes a segment, which the publication hears of. */
  publish (publication: Entering, draft: Draft): void
  setInit (publication: Entering, init: InitSegment): void
  /** Undefined where there is nothing to wait for until all is done. @throws (rejects) what has made it impossible */
  settled (publication: Entering): Promise<void> | undefined
  /** Undefined where more may be pushed, or until when it should not. */
  room (): Promise<void> | undefined
  leave (live: LiveBroadcast, publication: Entering, reason: PublishEndReason): void
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
   * Takes its next bytes, once those before are taken; they are not to be written to any more.
   * @returns whether a segment has come whole with them, at once, or when there was time for them
   * @throws (or rejects) what makes them unfit to be published
   */
  push (bytes: Uint8Array): boolean | Promise<boolean>
  /** It has ended. @throws (rejects) as `push` does */
  end (): Promise<Outcome>
  /** It will not be whole: nothing of an unfinished segment is published. */
  abort (reason: PublishEndReason): void
}
