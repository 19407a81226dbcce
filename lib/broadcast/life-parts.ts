// What a life of a broadcast needs from its first publisher, segment or loss on, each made when it is first asked for: a name that viewers wait for and nobody
// publishes costs little.
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast } from '../contract.js'
import type { InitSegment } from '../media/segment.js'
import { Counts } from './counts.js'
import { DropReport } from './drop-report.js'
import { HandOver } from './hand-over.js'
import type { AfterTurns } from './hand-over.js'
import type { WindowLimits } from './live-window.js'
import type { Init } from './window-segment.js'
import type { Follower, Publishing, PublishingInParts } from './roles.js'
import { SkipReport } from './skip-report.js'
import type { WindowBudget } from './window-budget.js'

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
  /** Media bits per second up to which its events are compressed for who takes them so. */
  readonly compressBitRate: number
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

/** Those parts of one life. */
export class LifeParts {
  protected readonly options: LifeOptions
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

  /** Watchers that are not viewers: code that iterates over the segments. */
  get followers (): Set<Follower> {
    this.#followers ??= new Set()
    return this.#followers
  }

  get publications (): Set<Publishing> {
    this.#publications ??= new Set()
    return this.#publications
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

  /** The bodies that come in parts, each in a request of its own, by their track. */
  get byteStreams (): Map<string, PublishingInParts> {
    this.#byteStreams ??= new Map()
    return this.#byteStreams
  }

  /** How many of those have not come to their end. */
  get unfinished (): number {
    let count = 0
    for (const stream of this.#byteStreams?.values() ?? []) if (!stream.isOver) count++
    return count
  }

  /** Wakes the code that iterates. */
  protected wakeFollowers (): void {
    for (const follower of this.#followers ?? []) follower.wake()
  }
}
