// The parts of a life of a broadcast that are needed only from its first publisher, segment or loss on. Each is made on first use, so a
// name with viewers and no publisher costs little.
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast } from '../contract.js'
import type { InitSegment } from '../media/segment.js'
import { Counts } from './counts.js'
import { DropReport } from './drop-report.js'
import { HandOver } from './hand-over.js'
import type { AfterTurns } from './hand-over.js'
import type { WindowLimits } from './live-window.js'
import type { Init } from './window-segment.js'
import type { Follower, Publishing, PublishingInParts, Watcher, WatchingViewer } from './roles.js'
import { SkipReport } from './skip-report.js'
import type { WindowBudget } from './window-budget.js'

const NONE: ReadonlySet<Publishing> = new Set()

/** One media type or rendition of a broadcast. */
export interface Track {
  readonly name: string
  /** The current init segment. */
  readonly init: Init
  readonly media: InitSegment
}

/** The address of a broadcast, and its limits. */
export interface LifeOptions {
  readonly handle: Broadcast
  readonly window: WindowLimits
  /** Shared with the windows of other broadcasts. */
  readonly budget?: WindowBudget | undefined
  /** Absolute path of the broadcast's routes. */
  readonly path: string
  /** The broadcast's own: each line names it. */
  readonly log: FastifyBaseLogger
  /** The counts of the registration, which include those of this life. */
  readonly counts?: Counts | undefined
  /** Queue of viewers that cannot be served at once; without it, no viewer waits. */
  readonly afterTurns?: AfterTurns | undefined
}

/** Those parts of one life. Its sets are changed only here. */
export class LifeParts {
  protected readonly options: LifeOptions
  readonly #viewers = new Set<WatchingViewer>()
  readonly #watchers = new Set<Watcher>()
  #followers: Set<Follower> | undefined
  #publications: Set<Publishing> | undefined
  #tracks: Map<string, Track> | undefined
  #log: FastifyBaseLogger | undefined
  #counts: Counts | undefined
  #handOver: HandOver | undefined
  #skips: SkipReport | undefined
  #drops: DropReport | undefined
  #byteStreams: Map<string, PublishingInParts> | undefined

  constructor (options: LifeOptions) {
    this.options = options
  }

  /** Whether a body is being published. */
  get isPublished (): boolean { return (this.#publications?.size ?? 0) > 0 }

  /** Whether code iterates over the segments. */
  get isFollowed (): boolean { return (this.#followers?.size ?? 0) > 0 }

  /** The viewers on connections. */
  get viewers (): ReadonlySet<WatchingViewer> { return this.#viewers }

  /** Whether there are viewers or iterating code. */
  get isWatched (): boolean { return this.#viewers.size > 0 || this.isFollowed }

  /** The bodies that are being published. */
  get publications (): ReadonlySet<Publishing> { return this.#publications ?? NONE }

  /** Adds a viewer. */
  addViewer (viewer: WatchingViewer): void {
    this.#viewers.add(viewer)
    this.#watchers.add(viewer)
  }

  /** Removes a viewer. */
  removeViewer (viewer: WatchingViewer): void {
    this.#viewers.delete(viewer)
    this.#watchers.delete(viewer)
  }

  /** Wakes that watcher from now on: a single viewer, or a group that reads together. */
  addWatcher (watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  /** Stops waking that watcher. */
  removeWatcher (watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  /** Adds iterating code. */
  addFollower (follower: Follower): void {
    this.#followers ??= new Set()
    this.#followers.add(follower)
  }

  /** Removes iterating code. @returns whether it was there */
  removeFollower (follower: Follower): boolean {
    return this.#followers?.delete(follower) === true
  }

  /** Adds a body that is being published. */
  addPublication (publication: Publishing): void {
    this.#publications ??= new Set()
    this.#publications.add(publication)
  }

  /** Removes a body. */
  removePublication (publication: Publishing): void {
    this.#publications?.delete(publication)
  }

  /** The body in parts of a track, if there is one. */
  byteStream (track: string): PublishingInParts | undefined {
    return this.#byteStreams?.get(track)
  }

  /** The number of bodies in parts. */
  get byteStreams (): number { return this.#byteStreams?.size ?? 0 }

  /** Adds a body in parts on that track. */
  addByteStream (track: string, stream: PublishingInParts): void {
    this.#byteStreams ??= new Map()
    this.#byteStreams.set(track, stream)
  }

  /** Removes a body that has no further part. */
  removeByteStream (track: string, stream: PublishingInParts): void {
    if (this.#byteStreams?.get(track) === stream) this.#byteStreams.delete(track)
  }

  /** The body of that id takes no further part. */
  cutByteStream (id: string): void {
    for (const [track, { publication }] of this.#byteStreams ?? []) if (publication.id === id) this.#byteStreams!.delete(track)
  }

  /** Removes all bodies in parts. @returns the removed ones */
  removeByteStreams (): PublishingInParts[] {
    const streams = [...this.#byteStreams?.values() ?? []]
    this.#byteStreams?.clear()
    return streams
  }

  get tracks (): Map<string, Track> {
    this.#tracks ??= new Map()
    return this.#tracks
  }

  get log (): FastifyBaseLogger {
    this.#log ??= this.options.log
    return this.#log
  }

  get counts (): Counts {
    this.#counts ??= new Counts(this.options.counts)
    return this.#counts
  }

  /** Measures how long its segments take to its viewers. */
  get handOver (): HandOver {
    this.#handOver ??= new HandOver(this.options.afterTurns ?? (done => done()), (first, last) => this.counts.handedOver(first, last))
    return this.#handOver
  }

  /** Logs what its viewers miss. */
  get skips (): SkipReport {
    this.#skips ??= new SkipReport(this.log)
    return this.#skips
  }

  /** Logs damage in the media of its publishers. */
  get drops (): DropReport {
    this.#drops ??= new DropReport(this.log)
    return this.#drops
  }

  /** The number of bodies in parts that have not reached their end. */
  get unfinished (): number {
    let count = 0
    for (const stream of this.#byteStreams?.values() ?? []) if (!stream.isOver) count++
    return count
  }

  /** Wakes every watcher. */
  wake (): void {
    for (const watcher of this.#watchers) watcher.wake()
    for (const follower of this.#followers ?? []) follower.wake()
  }

  /** Tells iterating code that nothing more will come. */
  finishFollowers (): void {
    for (const follower of this.#followers ?? []) follower.finish()
  }
}
