// What a life of a broadcast needs from its first publisher, segment or loss on, each made when it is first asked for: a name that viewers
// wait for and nobody publishes costs little.
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
  /** The init segment that is valid now. */
  readonly init: Init
  readonly media: InitSegment
}

/** Where a broadcast stands on the web, and what it keeps. */
export interface LifeOptions {
  readonly handle: Broadcast
  readonly window: WindowLimits
  /** Shared with the windows of other broadcasts. */
  readonly budget?: WindowBudget | undefined
  /** Absolute path of the broadcast's routes. */
  readonly path: string
  /** The broadcast's own: each line names it. */
  readonly log: FastifyBaseLogger
  /** Those of the registration, where its own count too. */
  readonly counts?: Counts | undefined
  /** Where viewers wait who cannot be served at once; without it, nobody does. */
  readonly afterTurns?: AfterTurns | undefined
}

/** Those parts of one life. Its sets are changed here alone. */
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

  /** Who watches over a connection. */
  get viewers (): ReadonlySet<WatchingViewer> { return this.#viewers }

  /** Whether anybody watches, viewers or code. */
  get isWatched (): boolean { return this.#viewers.size > 0 || this.isFollowed }

  /** The bodies that are being published. */
  get publications (): ReadonlySet<Publishing> { return this.#publications ?? NONE }

  /** A viewer has come. */
  addViewer (viewer: WatchingViewer): void {
    this.#viewers.add(viewer)
    this.#watchers.add(viewer)
  }

  /** A viewer has left. */
  removeViewer (viewer: WatchingViewer): void {
    this.#viewers.delete(viewer)
    this.#watchers.delete(viewer)
  }

  /** Wakes that watcher from now on: a viewer that goes by itself, or those who go on together. */
  addWatcher (watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  /** Wakes that watcher no more. */
  removeWatcher (watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  /** Code iterates over the segments. */
  addFollower (follower: Follower): void {
    this.#followers ??= new Set()
    this.#followers.add(follower)
  }

  /** Code iterates no more. @returns whether it did */
  removeFollower (follower: Follower): boolean {
    return this.#followers?.delete(follower) === true
  }

  /** A body is being published. */
  addPublication (publication: Publishing): void {
    this.#publications ??= new Set()
    this.#publications.add(publication)
  }

  /** A body is published no more. */
  removePublication (publication: Publishing): void {
    this.#publications?.delete(publication)
  }

  /** The body that comes in parts on a track, if there is one. */
  byteStream (track: string): PublishingInParts | undefined {
    return this.#byteStreams?.get(track)
  }

  /** How many bodies come in parts. */
  get byteStreams (): number { return this.#byteStreams?.size ?? 0 }

  /** A body comes in parts on that track. */
  addByteStream (track: string, stream: PublishingInParts): void {
    this.#byteStreams ??= new Map()
    this.#byteStreams.set(track, stream)
  }

  /** That body has no further part. */
  removeByteStream (track: string, stream: PublishingInParts): void {
    if (this.#byteStreams?.get(track) === stream) this.#byteStreams.delete(track)
  }

  /** Of the body of that id no further part is taken. */
  cutByteStream (id: string): void {
    for (const [track, { publication }] of this.#byteStreams ?? []) if (publication.id === id) this.#byteStreams!.delete(track)
  }

  /** No body that comes in parts has a further one. @returns those that had */
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

  /** How long its segments take to its viewers. */
  get handOver (): HandOver {
    this.#handOver ??= new HandOver(this.options.afterTurns ?? (done => done()), (first, last) => this.counts.handedOver(first, last))
    return this.#handOver
  }

  /** What its viewers miss, told to the log. */
  get skips (): SkipReport {
    this.#skips ??= new SkipReport(this.log)
    return this.#skips
  }

  /** What is damaged in what its publishers send, told to the log. */
  get drops (): DropReport {
    this.#drops ??= new DropReport(this.log)
    return this.#drops
  }

  /** How many bodies that come in parts have not come to their end. */
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

  /** There will be nothing more for code that iterates. */
  finishFollowers (): void {
    for (const follower of this.#followers ?? []) follower.finish()
  }
}
