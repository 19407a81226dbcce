// The interfaces between a publication, its source and its store: input, callbacks, outcome. Types only.
import type { PublishEndReason, Published, Store } from '../contract.js'
import type { InitSegment } from '../media/segment.js'
import type { Draft } from '../broadcast/ledger.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Publishing } from '../broadcast/roles.js'
import type { WindowBudget } from '../broadcast/window-budget.js'

/** What is published, and by which publisher. */
export interface PublicationOptions {
  readonly track: string
  readonly publisher: string
  /** The path of its request: distinguishes the objects of an encoder. */
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
  /** Whether another request continues an earlier one. */
  readonly isResumed: boolean
  /** Whether its next segment is the first of a programme. */
  readonly renews: boolean
  /** Moves it to that life. */
  movesTo (live: LiveBroadcast): void
  /** One of its segments has got its id. */
  accepted (id: string): void
  /** One of its segments was accepted before. */
  repeated (): void
}

/** What a publication asks of the store. The store carries out each call at once, or in order as soon as it can. */
export interface PublicationHost {
  readonly settings: { readonly maxSegmentBytes: number, readonly segmentDuration: number, readonly store: Store | undefined }
  /** Counts its unfinished bytes. */
  readonly budget: WindowBudget
  /** The current init segment of a track, before anything is published. */
  init (track: string): InitSegment | undefined
  /**
   * The body is known to be media, or is continued in another request.
   * @throws PUBLISHER_CONFLICT, TOO_MANY_BROADCASTS, if known at once
   */
  enter (publication: Entering): LiveBroadcast
  /** Publishes a segment; the publication is told the result. */
  publish (publication: Entering, draft: Draft): void
  setInit (publication: Entering, init: InitSegment): void
  /** Resolves when everything is done; undefined if there is nothing to wait for. @throws (rejects) the reason why it is impossible */
  settled (publication: Entering): Promise<void> | undefined
  /** Undefined if more may be pushed, else a promise to wait for. */
  room (): Promise<void> | undefined
  leave (live: LiveBroadcast, publication: Entering, reason: PublishEndReason): void
  /** The number of viewers. */
  viewers (live: LiveBroadcast): number
}

/** What a request's body was: nothing, a manifest, or media. All of `repeated` media was accepted before, and is not published again. */
export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'published', readonly repeated: boolean, readonly published: Published }

/** The body of one request. */
export interface Intake {
  /** Cuts it off: set by the reader of the connection. */
  cutOff: (error: Error, reason: PublishEndReason) => void
  /**
   * Takes its next bytes, once those before are taken; the caller must not modify them any more.
   * @returns whether they complete a segment, at once, or when there was time for them
   * @throws (or rejects) the reason why they cannot be published
   */
  push (bytes: Uint8Array): boolean | Promise<boolean>
  /** It has ended. @throws (rejects) as `push` does */
  end (): Promise<Outcome>
  /** It will not be complete: an unfinished segment is never published. */
  abort (reason: PublishEndReason): void
}
