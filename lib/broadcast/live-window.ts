// The live window: the newest segments of one broadcast, bounded in seconds, in number and in bytes, found by their sequence. Segments wait
// for viewers nowhere else, so no other memory grows with a slow viewer. Encodings of segments for viewers count in the budget alone: how
// far a window reaches back does not depend on its viewers.
import { PRICES } from './prices.js'
import { shareTrack } from './same-track.js'
import { weightOf, weightOfInit } from './weights.js'
import { WindowBudget } from './window-budget.js'
import type { Init, WindowSegment } from './window-segment.js'
import type { Shrinking } from './window-budget.js'

/** Bounds of the window. At least one segment is always kept, however large. */
export interface WindowLimits {
  /** Age relative to the newest segment; exceeded only to keep the newest join point. */
  readonly seconds: number
  /** Published bytes, init segments included, plus the price of each object. */
  readonly bytes: number
  /** The number of segments; unlimited if absent. */
  readonly segments?: number
}

/** The segments that a viewer wants, and those at which it can join. */
export interface JoinChoice {
  readonly wants: (segment: WindowSegment) => boolean
  readonly isJoin: (segment: WindowSegment) => boolean
}

const ANY: JoinChoice = { wants: () => true, isJoin: segment => segment.join }

// Tracks count time in different units: an end that rounds to just above the join's start is not after it.
const SLACK_SECONDS = 0.001

/** The newest segments of one broadcast, in order, with contiguous sequences. */
export class LiveWindow implements Shrinking {
  readonly #limits: WindowLimits
  readonly #budget: WindowBudget
  // From #head on: with many segments, moving all of them for each dropped one would be most of the work.
  #segments: Array<WindowSegment | undefined> = []
  #weights: number[] = []
  #head = 0
  // Bytes of each segment's encodings, by its sequence.
  readonly #encoded = new Map<number, number>()
  // The number of users of each: kept segments, and the broadcast itself.
  readonly #inits = new Map<Init, number>()
  // The current ones of the broadcast's tracks, needed even without segments.
  readonly #ownInits = new Set<Init>()
  #first = 1
  #bytes = 0
  #mediaBytes = 0
  // Bytes that belong to no segment.
  #carried = 0
  #newestJoin = 0

  /** @param budget - shared with other windows; may make this one drop more than its own limits require */
  constructor (limits: WindowLimits, budget = new WindowBudget(Infinity)) {
    this.#limits = limits
    this.#budget = budget
  }

  /** Sequence of the oldest kept segment; equal to {@link LiveWindow.next} if none is kept. */
  get first (): number { return this.#first }

  /** Sequence of the next segment. */
  get next (): number { return this.#first + this.size }

  /** Published bytes kept, plus the prices of all objects. */
  get bytes (): number { return this.#bytes }

  /**
   * Media bits per second of the kept segments; 0 while they span no time.
   * @param least - milliseconds: the minimum span to divide by
   */
  bitRate (least = 0): number {
    const oldest = this.#segments[this.#head]
    const newest = this.#segments.at(-1)
    if (oldest === undefined || newest === undefined || newest.receivedAt <= oldest.receivedAt) return 0
    return Math.round((this.#mediaBytes - oldest.bytes.byteLength) * 8000 / Math.max(newest.receivedAt - oldest.receivedAt, least))
  }

  /** How far the kept segments reach back, seconds. */
  get seconds (): number {
    return this.size === 0 ? 0 : Math.round(performance.now() - this.reachesBackTo) / 1000
  }

  /** The number of kept segments. */
  get size (): number { return this.#segments.length - this.#head }

  get reachesBackTo (): number { return this.#segments[this.#head]?.receivedAt ?? Infinity }

  /** The segment with that sequence, if it is kept. */
  get (sequence: number): WindowSegment | undefined {
    return sequence < this.#first ? undefined : this.#segments[this.#head + sequence - this.#first]
  }

  /** Takes the segment whose sequence is {@link LiveWindow.next}, and drops segments beyond the limits. */
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

  /** Sets the bytes kept for the broadcast itself, whatever segments are kept. */
  carry (bytes: number): void {
    const before = this.#carried
    if (before === bytes) return
    this.#carried = bytes
    this.#weigh(bytes - before)
  }

  /** The broadcast's own tracks need another init segment, perhaps in place of an earlier one, whatever segments are kept. */
  needInit (init: Init, before?: Init): void {
    this.#ownInits.add(init)
    this.#weigh(this.#needs(init, 1))
    if (before === undefined) return
    this.#ownInits.delete(before)
    this.#weigh(this.#needs(before, -1))
  }

  /** Drops all segments and continues with that sequence: those in between are not available. */
  startAt (sequence: number): void {
    this.#drop()
    this.#first = sequence
    this.#newestJoin = 0
  }

  /** Drops everything, including the carried bytes: it is no longer needed. */
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

  /** A kept segment was encoded: these bytes count as long as it is kept, and windows make room for them. */
  encoded (segment: WindowSegment, bytes: number): void {
    const { sequence } = segment
    // A reader that still holds a dropped segment may be the first to encode it.
    if (this.get(sequence) !== segment) return
    const weight = bytes + PRICES.encoding
    this.#encoded.set(sequence, (this.#encoded.get(sequence) ?? 0) + weight)
    this.#weigh(0, weight)
    this.#budget.makeRoom(this)
  }

  /**
   * Where a viewer joins: the newest join point received at or before `time` (milliseconds, as `receivedAt`), or else the oldest one kept;
   * then back to the earliest segment of other tracks that is still shown at its start, but not across a publisher's pause. Earlier
   * segments of its own tracks could not be decoded. Undefined while no join point is kept.
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

  // A long group of pictures may outlast `seconds`: its join point stays until a newer one comes, or no viewer could join. `bytes` always
  // holds.
  #evict (oldest: number): void {
    const { bytes, segments = Infinity } = this.#limits
    // A pause may make all segments expire at once: their weight is counted once.
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

  // Returns its weight, and that of its encodings.
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

  // Counts the users of an init segment. Returns its bytes for the first user, minus its bytes for the last one to go, else 0.
  #needs (init: Init, change: 1 | -1): number {
    const before = this.#inits.get(init) ?? 0
    const count = before + change
    if (count === 0) this.#inits.delete(init)
    else this.#inits.set(init, count)
    return before === 0 || count === 0 ? change * weightOfInit(init) : 0
  }
}
