// A place in a broadcast, and how it moves. A cursor gives the next step for a reader as a plain value, and keeps giving it until the
// reader passes it. It knows no wire format and no connection: viewers, groups of viewers, and iterating code all read with one.
import type { Item } from './item.js'
import type { Pause } from '../broadcast/entry.js'
import type { Init } from '../broadcast/window-segment.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { formatPlace, parsePlace } from '../wire.js'
import type { GapMessage, GapReason } from '../wire.js'
import { gapBetween, joinedGap } from './join.js'
import { Lag } from './lag.js'
import type { Reading } from './reading.js'

/** The next step of a reader. */
export type Step =
  /** The state of the broadcast: the very first step, and again when it begins. */
  | { readonly kind: 'state', readonly state: 'waiting' | 'live' }
  /** The segments that the reader does not get. */
  | { readonly kind: 'gap', readonly gap: GapMessage }
  /** The publisher was away before the item that follows. Nothing is missing. */
  | { readonly kind: 'pause', readonly pause: Pause, readonly life: number }
  /** The init segment that a decoder needs before the item that follows. */
  | { readonly kind: 'init', readonly init: Init }
  /** A segment, or a file made of several. */
  | Item
  /** The broadcast has ended, and the reader has all of it that it can get. */
  | { readonly kind: 'end' }

/** Hears when a cursor moves by itself. */
export interface CursorReader {
  /** The cursor skipped ahead: a later step tells the reader, perhaps merged with other gaps. */
  movedOn (gap: GapMessage): void
}

/** The start of a cursor. */
export interface CursorOptions {
  /** The id of the last event that the reader has, as the reader reports it. */
  readonly lastEventId?: string | undefined
  /** Sequence to begin with, regardless of the reading. */
  readonly at?: number
  /** How far behind the reader may fall, seconds: the option `lag.seconds`. */
  readonly lagSeconds?: number
  /** Measures the age of a time. Default: the monotonic clock. */
  readonly clock?: Clock
}

/** Measures the age of a time. */
interface Clock {
  /** Milliseconds since a time of `performance.now()`; time during which the event loop was blocked may be left out. */
  since (time: number): number
}

const MONOTONIC: Clock = { since: time => performance.now() - time }

const LIVE = { kind: 'state', state: 'live' } as const
const WAITING = { kind: 'state', state: 'waiting' } as const
const END = { kind: 'end' } as const

/** One place in one broadcast. */
export class Cursor {
  readonly lag: Lag
  reader: CursorReader | undefined
  readonly #live: LiveBroadcast
  readonly #reading: Reading
  readonly #options: CursorOptions
  // Sequence of the next segment; 0 until there is something to begin with.
  #at: number
  // The numbering of `#at`.
  #epoch = 0
  // The reader's place in an old numbering, until it has a new place.
  #lost: string | undefined
  // Sequence of its place: the last segment that it was given, or that is not for it.
  #last = 0
  // The timeline's position at the cursor, seconds: gaps are measured from it.
  #position: number | undefined
  // When the item under the cursor became available; undefined while none is.
  #dueSince: number | undefined
  // The gap that the reader has not been told yet, and its place until then.
  #gap: { readonly message: GapMessage, readonly place: string | undefined } | undefined
  // The newest life of a publisher that the reader knows of: each pause is told once, by the first track that reaches it.
  #life = 0
  #told: 'nothing' | 'waiting' | 'live' = 'nothing'
  // An item that was found but not passed: it stays next, even when it is no longer kept.
  #found: Item | undefined

  constructor (live: LiveBroadcast, reading: Reading, options: CursorOptions = {}) {
    this.#live = live
    this.#reading = reading
    this.#options = options
    this.lag = new Lag(options.lagSeconds ?? Infinity)
    this.#at = options.at ?? 0
    this.#last = this.#at - 1
    this.#epoch = live.epoch
  }

  /** Whether it has passed everything published. */
  get hasAll (): boolean { return this.#at === this.#live.window.next }

  /** Whether it has passed everything published, and more is to come. */
  get isAtEdge (): boolean { return this.#live.state === 'live' && this.hasAll }

  /** Where the reader continues if it reconnects; until it has a place, the one it reported itself. */
  get place (): string | undefined {
    if (this.#gap !== undefined) return this.#gap.place
    if (this.#at > 0) return formatPlace(this.#epoch, this.#last)
    const lastEventId = this.#lost ?? this.#options.lastEventId
    return lastEventId === undefined || parsePlace(lastEventId) === undefined ? undefined : lastEventId
  }

  /**
   * Milliseconds since the item under the cursor became available, even if it is no longer kept; 0 at the live edge. Time during which the
   * event loop is blocked does not count.
   */
  get age (): number {
    const item = this.#item()
    if (item !== undefined) this.#dueSince = item.since
    const isDue = item !== undefined || this.#at < this.#live.window.first
    const { clock = MONOTONIC } = this.#options
    return isDue && this.#dueSince !== undefined ? clock.since(this.#dueSince) : 0
  }

  /** Whether the item under it is kept or still to come, in the current numbering. */
  get isCurrent (): boolean {
    return this.#epoch === this.#live.epoch && this.#reading.beyondLoss(this.#at) === undefined
  }

  /** Takes a place as soon as there is one, in the current numbering. */
  settle (): void {
    if (this.#at > 0 && this.#epoch !== this.#live.epoch) this.#loseAll()
    // A name without a publisher allocates nothing.
    if (this.#at === 0 && this.#told !== 'nothing' && this.#live.state !== 'waiting') this.#begin()
  }

  /** The next step; undefined if the reader must wait. It stays the same until it is passed, or the cursor moves. */
  next (): Step | undefined {
    this.settle()
    if (this.#told === 'nothing' || (this.#told === 'waiting' && this.#live.state !== 'waiting')) {
      // A reader of an ended broadcast still gets its segments: the end comes last.
      return this.#live.state === 'waiting' ? WAITING : LIVE
    }
    if (this.#at === 0) return this.#atEdge()
    if (this.#found !== undefined) return this.#found
    const beyond = this.#reading.beyondLoss(this.#at)
    if (beyond !== undefined) this.#jump('expired', beyond)
    if (this.#gap !== undefined) return { kind: 'gap', gap: this.#gap.message }
    const item = this.#item()
    if (item?.pause !== undefined && item.life > this.#life) return { kind: 'pause', pause: item.pause, life: item.life }
    const init = this.#reading.init(this.#at)
    if (init !== undefined) return { kind: 'init', init }
    this.#found = item
    return item ?? this.#atEdge()
  }

  /** The reader has taken a step that {@link Cursor.next} gave: continues after it. */
  pass (step: Step): void {
    if (step.kind === 'state') this.#told = step.state
    else if (step.kind === 'gap') this.#gap = undefined
    else if (step.kind === 'pause') this.#life = step.life
    else if (step.kind === 'init') this.#reading.sent(step.init)
    else if (step.kind !== 'end') this.#passItem(step)
  }

  /** Continues at the newest join point, if that is ahead. */
  skip (): void {
    const newest = this.#reading.newest()
    if (newest !== undefined && newest > this.#at) this.#jump('slow', newest)
  }

  /** Another cursor at the same place, for another reader; it moves independently. */
  fork (): Cursor {
    const fork = new Cursor(this.#live, this.#reading.fork(), this.#options)
    fork.#at = this.#at
    fork.#epoch = this.#epoch
    fork.#lost = this.#lost
    fork.#last = this.#last
    fork.#gap = this.#gap
    fork.#position = this.#position
    fork.#life = this.#life
    fork.#told = this.#told
    fork.#found = this.#found
    return fork
  }

  /** Whether both are at the live edge, and every next step is the same for both. */
  isBeside (other: Cursor): boolean {
    return this.#at === other.#at && this.isCommon && other.isCommon
  }

  /** Whether it is at the live edge, and continues like every other cursor that reads all tracks. */
  get isCommon (): boolean {
    return this.isAtEdge && this.#epoch === this.#live.epoch && this.#told === 'live' && this.#gap === undefined && this.#reading.isCommon
  }

  #passItem ({ next, end }: Item): void {
    if (this.lag.isBehind) this.lag.passed(this.age)
    this.#found = undefined
    this.#position = end
    this.#at = next
    const under = next < this.#live.window.next ? this.#item() : undefined
    this.#dueSince = under?.since
    if (under === undefined) this.lag.begin(0)
    // The id sent with the item is its own, although segments after it that are not for this reader are passed already.
    this.#last = next - 1
  }

  #atEdge (): Step | undefined {
    this.lag.begin(0)
    return this.#live.state === 'ended' ? END : undefined
  }

  // The numbering has restarted, for instance because a store lost its data.
  #loseAll (): void {
    // A broadcast that was never published has no numbering to lose.
    if (this.#epoch === 0) {
      this.#epoch = this.#live.epoch
      return
    }
    this.#lost = this.place
    this.#gap = this.#found = undefined
    this.#at = this.#life = 0
    if (this.#told === 'live') this.#told = 'waiting'
  }

  #begin (): void {
    const placement = this.#reading.place(this.#lost)
    if (placement === undefined) return
    const before = this.place
    const comesBack = this.#lost !== undefined || this.#options.lastEventId !== undefined
    this.#moveTo(placement.cursor)
    if (placement.gap !== undefined) this.#announce(placement.gap, before)
    // A reader that reconnects was told of each pause before its place; for a new reader, a pause before everything that it reads does not
    // matter.
    const { window } = this.#live
    this.#life = (comesBack ? window.get(placement.cursor - 1) : window.get(placement.cursor))?.life ?? 0
    this.#lost = undefined
  }

  #jump (reason: GapReason, to: number): void {
    const gap = gapBetween(this.#live, { reason, from: this.#at, to, position: this.#position, tracks: this.#reading.tracks })
    const before = this.place
    this.#moveTo(to)
    this.#announce(gap, before)
  }

  #moveTo (sequence: number): void {
    this.#at = sequence
    this.#epoch = this.#live.epoch
    this.#found = undefined
    this.#position = this.#live.window.get(sequence)?.start
    this.#dueSince = undefined
    this.lag.begin(this.age)
    this.#last = sequence - 1
  }

  // The cursor may skip again before the reader has taken the first gap: both are then told as one.
  #announce (gap: GapMessage, place: string | undefined): void {
    this.#gap = this.#gap === undefined ? { message: gap, place } : { message: joinedGap(this.#gap.message, gap), place: this.#gap.place }
    this.reader?.movedOn(gap)
  }

  // The item under the cursor, after passing everything that is not for this reader.
  #item (): Item | undefined {
    if (this.#at === 0) return undefined
    this.#at = this.#reading.pass(this.#at)
    this.#last = this.#at - 1
    return this.#reading.item(this.#at)
  }
}
