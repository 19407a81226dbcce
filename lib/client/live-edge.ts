// Decides how a player stays near the live edge: how far behind it should be, and whether it goes there by playing a little faster or
// slower, or by a seek. It knows times alone, so it runs anywhere.

/** What was appended, and when it came. */
export interface Arrival {
  /** When it came, and when the server had received its last byte, milliseconds of the server's clock. */
  readonly at: number
  readonly received: number
  /** Where it is played, seconds of the element's timeline. */
  readonly start: number
  readonly end: number
  /** Whether it was on its way at once: not where it was kept for one who joins or comes back. */
  readonly isLive: boolean
  readonly track: string
  /** Whether its publisher has started over with it. */
  readonly discontinuity: boolean
}

/** How things stand. */
export interface Position {
  /** Milliseconds of the server's clock. */
  readonly now: number
  /** Seconds. */
  readonly currentTime: number
  /** What can be played at the live edge, seconds. */
  readonly range: { readonly start: number, readonly end: number }
  readonly rate: number
  /** Whether it has just begun, or has lost its place: then even a small way is made by a seek. */
  readonly joining: boolean
}

/** What to do: seek, where given; and play at that rate. */
export interface Decision {
  readonly seekTo: number | undefined
  readonly rate: number
}

/** What a browser can do. */
export interface LiveEdgeOptions {
  /** Seconds behind the publisher's newest picture that the player should show; it is more behind where the media allows no less. */
  readonly targetLatency: number
  /** Whether the browser changes its rate smoothly. WebKit empties its pipeline at each change. */
  readonly changesRate: boolean
  /** Whether there is sound: its decoders and mixers want more in hand, and to hear a change of speed is worse than to see it. */
  readonly hasSound: boolean
}

// Seconds.
const MARGIN = 0.03
const MARGIN_WITH_SOUND = 0.1
const SEEK_BEYOND = 1
const SEEK_BEYOND_AT_FIXED_RATE = 0.5
const SEEK_BEYOND_WHEN_JOINING = 0.15
const TOLERANCE = 0.02
const TOLERANCE_OF_TARGET = 0.1
const MOST_EXTRA = 2
// A freeze of the network that is longer is made good by catching up, and not expected again.
const MOST_JITTER = 0.5
const FIRST_EXTRA = 0.03
const FASTER = 0.25
const SLOWER = 0.1
// Of the rate, for each second that is to be made good.
const GAIN = 2
const GAIN_WITH_SOUND = 1
// So large a part of what comes is there in time.
const IN_TIME = 0.97
// Milliseconds.
const TOGETHER = 10
const BETWEEN_MEASURES = 100
const MEMORY = 10_000
const CALM = 10_000
const BETWEEN_SEEKS = 3000
const BETWEEN_STALLS = 1000
// A hole in a track that is longer, in seconds, and during which no time has passed, is a jump of the publisher's clock.
const JUMP = 0.1
// What comes later than it would have by more than this, in seconds, and stays so late for so long, in milliseconds, is not held up: the
// publisher's clock has stood still.
const PAUSE = 0.5
const STAYS_LATE = 1000

/** The live edge of one timeline. */
export class LiveEdge {
  targetLatency: number
  readonly #changesRate: boolean
  readonly #margin: number
  readonly #gain: number
  // Each with what the timeline's zero was on the server's clock, and how late its start has come, in seconds.
  #arrivals: Array<{ readonly at: number, readonly zero: number, readonly late: number }> = []
  #zero = 0
  #least = 0
  #measuredAt = -Infinity
  #extra = 0
  #stalledAt = -Infinity
  #soughtAt = -Infinity
  // Of each track, where its newest segment ends, and what the timeline's zero was by it, in seconds.
  readonly #newest = new Map<string, { readonly end: number, readonly zero: number }>()
  #lateSince: number | undefined

  constructor ({ targetLatency, changesRate, hasSound }: LiveEdgeOptions) {
    this.targetLatency = targetLatency
    this.#changesRate = changesRate
    this.#margin = hasSound ? MARGIN_WITH_SOUND : MARGIN
    this.#gain = hasSound ? GAIN_WITH_SOUND : GAIN
  }

  /** Something was appended. */
  arrived (arrival: Arrival): void {
    const { at, received, start, end, isLive } = arrival
    const zero = received / 1000 - end
    // Measures from before are of another clock.
    if (this.#isAnother(arrival, zero)) this.restart()
    this.#newest.set(arrival.track, { end, zero })
    const late = (isLive ? Math.min(at, received + MOST_JITTER * 1000) : received) / 1000 - start
    const last = this.#arrivals.at(-1)
    // What was held up together, and comes together, was late once.
    if (isLive && last !== undefined && at - last.at < TOGETHER) {
      this.#arrivals[this.#arrivals.length - 1] = { at, zero: Math.min(zero, last.zero), late: Math.max(late, last.late) }
    } else this.#arrivals.push({ at, zero, late })
    if (at - this.#measuredAt > BETWEEN_MEASURES) this.#measure(at)
    const oldest = at - MEMORY
    while (this.#arrivals.length > 1 && this.#arrivals[0]!.at < oldest) this.#arrivals.shift()
    if (this.#extra > 0 && at - this.#stalledAt > CALM) {
      this.#extra /= 2
      this.#stalledAt = at
      if (this.#extra < FIRST_EXTRA / 2) this.#extra = 0
    }
  }

  /** Playing has stopped for want of media that then came: it needs more in hand. @param at milliseconds of the server's clock */
  stalled (at: number): void {
    // One stall is often told twice.
    if (at - this.#stalledAt < BETWEEN_STALLS) return
    this.#stalledAt = at
    this.#extra = Math.min(MOST_EXTRA, this.#extra + Math.max(FIRST_EXTRA, this.#extra / 2))
  }

  /** Another timeline begins. */
  restart (): void {
    this.#arrivals = []
    this.#measuredAt = -Infinity
    this.#lateSince = undefined
    this.#newest.clear()
  }

  /**
   * Seconds between the publisher's sending of what is shown at `currentTime` and `now` (milliseconds of the server's clock); undefined
   * before anything has come.
   */
  latency (now: number, currentTime: number): number | undefined {
    return this.#arrivals.length === 0 ? undefined : now / 1000 - this.#zero - currentTime
  }

  /** The latency that is aimed at, seconds: what was asked for, or the least at which what comes in pieces is there in time. */
  get target (): number {
    return Math.max(this.targetLatency, this.#least + this.#extra)
  }

  /** Says what to do now. */
  decide ({ now, currentTime, range, rate, joining }: Position): Decision {
    const latency = this.latency(now, currentTime)
    if (latency === undefined) return { seekTo: undefined, rate: 1 }
    const { target } = this
    const excess = latency - target
    if (this.#mustSeek(excess, joining, now)) {
      const seekTo = Math.max(range.start, Math.min(currentTime + excess, range.end - TOLERANCE))
      if (seekTo - currentTime > TOLERANCE) {
        this.#soughtAt = now
        return { seekTo, rate: 1 }
      }
    }
    const tolerance = Math.max(TOLERANCE, target * TOLERANCE_OF_TARGET)
    return { seekTo: undefined, rate: this.#changesRate ? rateFor(excess, tolerance, rate, this.#gain) : 1 }
  }

  // Whether the publisher's clock has begun again, has jumped, or has stood still. What the network holds up catches up.
  #isAnother ({ at, start, track, discontinuity }: Arrival, zero: number): boolean {
    const newest = this.#newest.get(track)
    if (newest === undefined) return false
    const hole = start - newest.end
    if (discontinuity || (hole > JUMP && newest.zero - zero > hole / 2)) return true
    this.#lateSince = zero > this.#zero + PAUSE ? this.#lateSince ?? at : undefined
    return at - (this.#lateSince ?? at) > STAYS_LATE
  }

  #mustSeek (excess: number, joining: boolean, now: number): boolean {
    if (joining) return excess > SEEK_BEYOND_WHEN_JOINING
    if (now - this.#soughtAt < BETWEEN_SEEKS) return false
    return excess > (this.#changesRate ? SEEK_BEYOND : SEEK_BEYOND_AT_FIXED_RATE)
  }

  // The zero that was held up least on its way from the publisher is the timeline's; and nearly all that comes must be there in time.
  #measure (at: number): void {
    this.#measuredAt = at
    const zeros = this.#arrivals.map(({ zero }) => zero)
    const lates = this.#arrivals.map(({ late }) => late).sort((one, other) => one - other)
    this.#zero = zeros.reduce((one, other) => Math.min(one, other))
    this.#least = lates[Math.floor((lates.length - 1) * IN_TIME)]! - this.#zero + this.#margin
  }
}

// A rate that was changed stays so until the goal is reached: else it would change at every turn.
function rateFor (excess: number, tolerance: number, rate: number, gain: number): number {
  if (Math.abs(excess) < (rate === 1 ? tolerance : tolerance / 4)) return 1
  return Math.round((1 + Math.max(-SLOWER, Math.min(excess * gain, FASTER))) * 100) / 100
}
