// Whoever has to do with a broadcast, as the broadcast knows them: watchers, viewers, code that iterates, and bodies that are published.
// Types only.
import type { PublishEndReason, Viewer } from '../contract.js'

/** Who is told when a broadcast has something new. */
export interface Watcher {
  /** A segment was published, or the state has changed. Must not throw. */
  wake (): void
}

/** Code that iterates, as its broadcast knows it. */
export interface Follower extends Watcher {
  /** There will be nothing more: it ends behind what is kept. */
  finish (): void
}

/** A viewer as its broadcast knows it. */
export type WatchingViewer = Viewer & Watcher

/** A body that is being published, as its broadcast knows it. */
export interface Publishing {
  /** Tells it from all others. */
  readonly id: string
  readonly track: string
  /** Tells publishers apart: bodies of the same one may overlap. */
  readonly publisher: string
  /** Where it is sent to. */
  readonly path: string
  /** Whether the body begins with an init segment: it is then a programme from its start, not one object of many. */
  readonly bringsInit: boolean
  /** Ends the body's request with that error. */
  cutOff (error: Error, reason: PublishEndReason): void
}

/** A body that comes in parts, as its broadcast knows it. */
export interface PublishingInParts {
  readonly publisher: string
  readonly publication: Publishing
  /** When its newest bytes came, milliseconds of a clock that is never set back. */
  readonly lastAt: number
  /** Whether its publisher has marked its end. */
  readonly isOver: boolean
  /** No part will come any more: what is whole of it is published. */
  finish (): void
  /** That life of the broadcast has ended: if it was its own, nothing that is held of it is needed any more. */
  endedWith (live: object): void
}
