// The store of a registration's broadcasts: this process alone, or a cluster of nodes. Both implement this one interface. Types only.
import type { FastifyBaseLogger } from 'fastify'
import type { BroadcastState, PublishEndReason, Segment, Store } from '../contract.js'
import type { InitSegment } from '../media/segment.js'
import type { Settings } from '../options.js'
import type { Place } from '../wire.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WindowBudget } from '../broadcast/window-budget.js'
import type { PublicationHost } from '../publish/intake.js'

/** What the registry of a node offers its store. */
export interface StoreNode {
  readonly settings: Settings
  /** Counts everything that is kept or unfinished. */
  readonly budget: WindowBudget
  /** Absolute path of the routes. */
  readonly path: string
  readonly log: FastifyBaseLogger
  /** Whether the server is closing. */
  readonly closing: boolean
  /** The lives that this node knows, by the broadcast's name. */
  readonly lives: ReadonlyMap<string, LiveBroadcast>
  /** A new life in place of the name's previous one. */
  add (name: string): LiveBroadcast
  /** Forgets a life. Its viewers still get the rest of it. */
  forget (live: LiveBroadcast): void
  /** Counts a segment that was published here, and tells users' code. */
  published (live: LiveBroadcast, segment: Segment): void
  /** Ends a viewer of this node. @returns whether there is one of that id */
  kick (viewer: string): boolean
}

/** Callbacks that tell a publication that it has begun, and why it has ended. */
export interface Told {
  readonly opened: (live: LiveBroadcast) => void
  readonly ended: (live: LiveBroadcast, reason: PublishEndReason) => void
}

/** A broadcast in the list. */
export interface Summary {
  readonly name: string
  readonly state: BroadcastState
  readonly tracks: ReadonlyArray<{ readonly name: string, readonly media: InitSegment }>
  readonly viewers: number
  /** Media bits per second. */
  readonly bitRate: number
  readonly segments: number
  readonly bytes: number
  /** How far back it reaches. */
  readonly seconds: number
  readonly latest: string
}

/** The store of one node. */
export interface NodeStore {
  /** Names of the broadcasts that run, or have ended and are still kept, as far as this node knows. */
  readonly names: Iterable<string>
  /** The state of a broadcast, as far as this node knows. */
  stateOf (name: string): BroadcastState
  /** Resolves when the node's lives show the name's state; undefined if they do. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  load (name: string): Promise<void> | undefined
  /** It has a viewer on this node. */
  watched (live: LiveBroadcast): void
  /** It has no viewers on this node any more. */
  unwatched (live: LiveBroadcast): void
  /** Resolves when a publication into that name can begin; undefined if it can now. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  prepare (name: string): Promise<void> | undefined
  host (name: string, told: Told): PublicationHost
  /** Ends a broadcast and cuts its publishers off. @returns whether there is one @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  end (name: string): Promise<boolean>
  /** A kept segment. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  segment (name: string, place: Place): Promise<Segment | undefined>
  /** All kept broadcasts. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  list (): Promise<Summary[]>
  /** Ends a viewer on any node. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  kick (viewer: string): Promise<void>
  /** Cuts the publishers of this node off, and stops all timers. */
  close (): void
  /** Resolves when all its work is done. */
  closed (): Promise<void>
}

/** {@link Store} as the registry opens it. */
export interface OpenableStore extends Store {
  open (node: StoreNode): NodeStore
}
