// The live window: the newest segments of one broadcast, bounded in seconds, in number and in bytes, found by their sequence.
// It is the only place where segments wait for viewers, so nothing else in the house grows with a slow one. What is encoded of them for
// viewers is weighed with them, in the budget alone: how far a window reaches back does not depend on who watches.
import { PRICES } from './prices.js'
import { shareTrack } from './same-track.js'
import { weightOf, weightOfInit } from './weights.js'
import { WindowBudget } from './window-budget.js'
import type { Init, WindowSegment } from './window-segment.js'
import type { Shrinking } from './window-budget.js'

/** Bounds of the window. Within them at least one segment is kept, however large. */
export interface WindowLimits {
  /** Age against the newest segment; passed only to keep the newest join point. */
  readonly seconds: number
  /** Published bytes, init segments included, and for each object its price. */
  readonly bytes: number
  /** How many segments; without it, any number. */
  readonly segments?: number
}

/** Which segments a viewer wants, and at which of them it can join. */
export interface JoinChoice {
  readonly wants: (segment: WindowSegment) => boolean
  readonly isJoin: (segment: WindowSegment) => boolean
}

const ANY: JoinChoice = { wants: () => true, isJoin: segment => segment.join }

// Tracks count time in units of their own: an end that rounds to just above the join's start is not after it.
const SLACK_SECONDS = 0.001

/** The newest segments of one broadcast, in order, with sequences that have no holes. */
export class LiveWindow implements Shrinking {
  readonly #limits: WindowLimits
  readonly #budget: WindowBudget
  // From #head on, and what each counts for: with many, moving them all for each that goes would be most of the work.
  #segments: Array<WindowSegment | undefined> = []
  #weights: number[] = []
  #head = 0
  // Bytes of what is encoded of each, by its sequence.
  readonly #encoded = new Map<number, number>()
  // How many kept segments need each, and the broadcast itself.
  readonly #inits = new Map<Init, number>()
  // Those that the broadcast's tracks have now, whatever is kept.
  readonly #ownInits = new Set<Init>()
  #first = 1
  #bytes = 0
  #mediaBytes = 0
  // What belongs to no segment.
  #carried = 0
  #newestJoin = 0

  /** @param budget - shared with other windows, for which this one may have to drop what its own limits would keep */
  constructor (limits: WindowLimits, budget = new WindowBudget(Infinity)) {
    this.#limits = limits
    this.#budget = budget
  }

  /** Sequence of the oldest kept segment; equal to {@link LiveWindow.next} where none is. */
  get first (): number { return this.#first }

  /** Sequence that the next segment gets. */
  get next (): number { return this.#first + this.size }

  /** Bytes kept as they were published, with the prices of all objects. */
  get bytes (): number { return this.#bytes }

  /**
   * Media bits per second of what is kept; 0 while it shows no span of time.
   * @param least - milliseconds: a shorter span counts as so long
   */
  bitRate (least = 0): number {
    const oldest = this.#segments[this.#head]
    const newest = this.#segments.at(-1)
    if (oldest === undefined || newest === undefined || newest.receivedAt <= oldest.receivedAt) return 0
    return Math.round((this.#mediaBytes - oldest.bytes.byteLength) * 8000 / Math.max(newest.receivedAt - oldest.receivedAt, least))
  }

  /** How far what is kept reaches back, seconds. */
  get seconds (): number {
    return this.size === 0 ? 0 : Math.round(performance.now() - this.reachesBackTo) / 1000
  }

  /** How many segments are kept. */
  get size (): number { return this.#segments.length - this.#head }

  get reachesBackTo (): number { return this.#segments[this.#head]?.receivedAt ?? Infinity }

  /** The segment with that sequence, if it is kept. */
  get (sequence: number): WindowSegment | undefined {
    return sequence < this.#first ? undefined : this.#segments[this.#head + sequence - this.#first]
  }

  /** Takes the segment whose sequence is {@link LiveWindow.next}, and drops what passes the limits. */
  append (segment: WindowSegment): void {
    const weight = weightOf(segment)
    this.#segments.push(segment)
    this.#weights.push(weight)
    this.#weigh(weight + this.#needs(segment.init, 1))
    this.#mediaBytes += segment.bytes.byteLength
    if (segment.join) this.#newestJoin = segment.sequence
    this.#evict(segment.receivedAt - this.#limits.seconds * 1000)
    this.#budget.makeRoom(this)
  }

  shrink (): void {
    const { weight, encoded } = this.#dropOldest()
    this.#weigh(-weight, -encoded)
  }

  /** What is kept for the broadcast itself, whatever of its segments is kept: so many bytes. */
  carry (bytes: number): void {
    const before = this.#carried
    if (before === bytes) return
    this.#carried = bytes
    this.#weigh(bytes - before)
  }

  /** The broadcast's own tracks need one init segment more, and perhaps another no longer, whatever is kept. */
  needInit (init: Init, before?: Init): void {
    this.#ownInits.add(init)
    this.#weigh(this.#needs(init, 1))
    if (before === undefined) return
    this.#ownInits.delete(before)
    this.#weigh(this.#needs(before, -1))
  }

  /** Drops all, and goes on with that sequence: what is between is not to be had. */
  startAt (sequence: number): void {
    this.#drop()
    this.#first = sequence
    this.#newestJoin = 0
  }

  /** Drops all, and what is carried besides: nobody will ask for it any more. */
  clear (): void {
    this.#ownInits.clear()
    this.#carried = 0
    this.#drop()
  }

  #drop (): void {
    this.#first = this.next
    this.#head = this.#segments.length
    this.#pack()
    this.#inits.clear()
    this.#mediaBytes = 0
    let bytes = this.#carried
    for (const init of this.#ownInits) bytes += this.#needs(init, 1)
    let encoded = 0
    for (const each of this.#encoded.values()) encoded += each
    this.#encoded.clear()
    this.#weigh(bytes - this.#bytes, -encoded)
  }

  /** Something was encoded of a kept segment, for as long as that is kept: so many bytes. Windows make room for it. */
  encoded (segment: WindowSegment, bytes: number): void {
    const { sequence } = segment
    // A reader that is owed one that is kept no longer may be the first to ask for it.
    if (this.get(sequence) !== segment) return
    const weight = bytes + PRICES.encoding
    this.#encoded.set(sequence, (this.#encoded.get(sequence) ?? 0) + weight)
    this.#weigh(0, weight)
    this.#budget.makeRoom(this)
  }

  /**
   * Where a viewer joins: the newest join point received at or before `time` (milliseconds, as `receivedAt`), or else
   * the oldest one kept; then back to the earliest segment of other tracks that is still shown when it starts, but not behind the pause of
   * a publisher. What comes before it of its own tracks could not be decoded. Undefined while no join point is kept.
   */
  join (time = Infinity, choice: JoinChoice = ANY): number | undefined {
    let found: WindowSegment | undefined
    for (let sequence = choice === ANY ? this.#newestJoin : this.next - 1; sequence >= this.#first; sequence--) {
      const segment = this.get(sequence)
      if (segment === undefined || !choice.isJoin(segment)) continue
      found = segment
      if (segment.receivedAt <= time) break
    }
    return found === undefined ? undefined : this.#begin(found, choice)
  }

  #begin (join: WindowSegment, { wants, isJoin }: JoinChoice): number {
    let begin = join.sequence
    for (let sequence = begin - 1; sequence >= this.#first; sequence--) {
      const earlier = this.get(sequence)
      if (earlier === undefined || isJoin(earlier) || (join.pause !== undefined && earlier.life < join.life)) break
      if (wants(earlier) && !shareTrack(earlier, join) && earlier.start + earlier.duration > join.start + SLACK_SECONDS) begin = sequence
    }
    return begin
  }

  // A long group of pictures may outlive `seconds`: its join point stays while no newer one has come, or nobody
  // could begin to watch. `bytes` holds in any case.
  #evict (oldest: number): void {
    const { bytes, segments = Infinity } = this.#limits
    // After a pause, all that was kept may go at once: it is counted once.
    let weight = 0
    let encoded = 0
    while (this.size > 1) {
      const { receivedAt, sequence } = this.#segments[this.#head]!
      const old = receivedAt < oldest && sequence < this.#newestJoin
      if (!old && this.#bytes - weight <= bytes && this.size <= segments) break
      const dropped = this.#dropOldest()
      weight += dropped.weight
      encoded += dropped.encoded
    }
    if (weight > 0) this.#weigh(-weight, -encoded)
  }

  // Returns what it has weighed, and what was encoded of it.
  #dropOldest (): { readonly weight: number, readonly encoded: number } {
    const segment = this.#segments[this.#head]!
    const weight = this.#weights[this.#head]!
    this.#segments[this.#head++] = undefined
    this.#first++
    if (this.#head > this.size) this.#pack()
    this.#mediaBytes -= segment.bytes.byteLength
    const encoded = this.#encoded.get(segment.sequence) ?? 0
    if (encoded > 0) this.#encoded.delete(segment.sequence)
    return { weight: weight - this.#needs(segment.init, -1), encoded }
  }

  #pack (): void {
    this.#segments = this.#segments.slice(this.#head)
    this.#weights = this.#weights.slice(this.#head)
    this.#head = 0
  }

  #weigh (bytes: number, encoded = 0): void {
    this.#bytes += bytes
    this.#budget.count(this, bytes + encoded)
  }

  // Counts who needs an init segment. Returns its bytes for the first who does, and for the last who did, less than 0.
  #needs (init: Init, change: 1 | -1): number {
    const before = this.#inits.get(init) ?? 0
    const count = before + change
    if (count === 0) this.#inits.delete(init)
    else this.#inits.set(init, count)
    return before === 0 || count === 0 ? change * weightOfInit(init) : 0
  }
}
