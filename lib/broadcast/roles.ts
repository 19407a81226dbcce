// The participants of a broadcast, as the broadcast sees them: watchers, viewers, iterating code, and bodies being published. Types only.
import type { PublishEndReason, Viewer } from '../contract.js'

/** Told when a broadcast has something new. */
export interface Watcher {
  /** A segment was published, or the state has changed. Must not throw. */
  wake (): void
}

/** Iterating code, as its broadcast sees it. */
export interface Follower extends Watcher {
  /** Nothing more will come: it ends after the kept segments. */
  finish (): void
}

/** A viewer as its broadcast sees it. */
export type WatchingViewer = Viewer & Watcher

/** A body being published, as its broadcast sees it. */
export interface Publishing {
  /** Unique among all bodies. */
  readonly id: string
  readonly track: string
  /** Identifies the publisher: bodies of one publisher may overlap. */
  readonly publisher: string
  /** The path of its request. */
  readonly path: string
  /** Whether the body begins with an init segment: it is then a whole programme, not one object of many. */
  readonly bringsInit: boolean
  /** Ends the body's request with that error. */
  cutOff (error: Error, reason: PublishEndReason): void
}

/** A body in parts, as its broadcast sees it. */
export interface PublishingInParts {
  readonly publisher: string
  readonly publication: Publishing
  /** When its newest bytes came, milliseconds of a monotonic clock. */
  readonly lastAt: number
  /** Whether its publisher has marked its end. */
  readonly isOver: boolean
  /** No part will come any more: publishes its complete segments. */
  finish (): void
  /** That life of the broadcast has ended: if it was its own, everything held for it is dropped. */
  endedWith (live: object): void
}
