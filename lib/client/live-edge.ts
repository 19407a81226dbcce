// Decides how a player stays near the live edge: its distance, and whether to reach it by playing a little faster or slower, or by a seek.
// It uses only times, so it runs anywhere.

/** An appended segment and its arrival. */
export interface Arrival {
  /** When it arrived, and when the server received its last byte, milliseconds of the server's clock. */
  readonly at: number
  readonly received: number
  /** Its playing position, seconds of the element's timeline. */
  readonly start: number
  readonly end: number
  /** Whether it was sent at once: not kept for a viewer that joins or reconnects. */
  readonly isLive: boolean
  readonly track: string
  /** Whether its publisher has restarted with it. */
  readonly discontinuity: boolean
}

/** The current situation. */
export interface Position {
  /** Milliseconds of the server's clock. */
  readonly now: number
  /** Seconds. */
  readonly currentTime: number
  /** The playable range at the live edge, seconds. */
  readonly range: { readonly start: number, readonly end: number }
  readonly rate: number
  /** Whether it has just begun, or has lost its place: then even a small distance is covered by a seek. */
  readonly joining: boolean
}

/** What to do: seek, if given; and play at that rate. */
export interface Decision {
  readonly seekTo: number | undefined
  readonly rate: number
}

/** Options of a live edge. */
export interface LiveEdgeOptions {
  /** Target distance from the publisher's newest picture, seconds; larger if the media requires it. */
  readonly targetLatency: number
  /** Whether the browser changes its rate smoothly. WebKit empties its pipeline at each change. */
  readonly changesRate: boolean
  /** Whether there is audio: its decoders and mixers need more in reserve, and a change of speed is more noticeable than in video. */
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
// A longer network freeze is compensated by catching up, and not planned for.
const MOST_JITTER = 0.5
const FIRST_EXTRA = 0.03
const FASTER = 0.25
const SLOWER = 0.1
// Change of the rate, for each second to be recovered.
const GAIN = 2
const GAIN_WITH_SOUND = 1
// The share of segments that arrive in time.
const IN_TIME = 0.97
// Milliseconds.
const TOGETHER = 10
const BETWEEN_MEASURES = 100
const MEMORY = 10_000
const CALM = 10_000
const BETWEEN_SEEKS = 3000
const BETWEEN_STALLS = 1000
// A hole in a track that is longer than this, in seconds, during which no time has passed, is a jump of the publisher's clock.
const JUMP = 0.1
// Segments that become later by more than this, in seconds, and stay that late for this long, in milliseconds, are not delayed by the
// network: the publisher's clock has stood still.
const PAUSE = 0.5
const STAYS_LATE = 1000

/** The live edge of one timeline. */
export class LiveEdge {
  targetLatency: number
  readonly #changesRate: boolean
  readonly #margin: number
  readonly #gain: number
  // Each with the timeline's zero on the server's clock, and how late its start came, in seconds.
  #arrivals: Array<{ readonly at: number, readonly zero: number, readonly late: number }> = []
  #zero = 0
  #least = 0
  #measuredAt = -Infinity
  #extra = 0
  #stalledAt = -Infinity
  #soughtAt = -Infinity
  // For each track, the end of its newest segment, and the timeline's zero by that segment, in seconds.
  readonly #newest = new Map<string, { readonly end: number, readonly zero: number }>()
  #lateSince: number | undefined

  constructor ({ targetLatency, changesRate, hasSound }: LiveEdgeOptions) {
    this.targetLatency = targetLatency
    this.#changesRate = changesRate
    this.#margin = hasSound ? MARGIN_WITH_SOUND : MARGIN
    this.#gain = hasSound ? GAIN_WITH_SOUND : GAIN
  }

  /** A segment was appended. */
  arrived (arrival: Arrival): void {
    const { at, received, start, end, isLive } = arrival
    const zero = received / 1000 - end
    // Earlier measurements belong to another clock.
    if (this.#isAnother(arrival, zero)) this.restart()
    this.#newest.set(arrival.track, { end, zero })
    const late = (isLive ? Math.min(at, received + MOST_JITTER * 1000) : received) / 1000 - start
    const last = this.#arrivals.at(-1)
    // Segments that were delayed together, and arrive together, count once.
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

  /** Playback has stopped for late media: it needs more in reserve. @param at milliseconds of the server's clock */
  stalled (at: number): void {
    // One stall is often reported twice.
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
   * Seconds between the sending of the picture at `currentTime` and `now` (milliseconds of the server's clock); undefined before the first
   * segment.
   */
  latency (now: number, currentTime: number): number | undefined {
    return this.#arrivals.length === 0 ? undefined : now / 1000 - this.#zero - currentTime
  }

  /** The target latency, seconds: the requested one, or the least at which segments arrive in time. */
  get target (): number {
    return Math.max(this.targetLatency, this.#least + this.#extra)
  }

  /** Decides what to do now. */
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

  // Whether the publisher's clock has restarted, has jumped, or has stood still. Segments delayed by the network catch up.
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

  // The least delayed zero is the timeline's; and nearly all segments must arrive in time.
  #measure (at: number): void {
    this.#measuredAt = at
    const zeros = this.#arrivals.map(({ zero }) => zero)
    const lates = this.#arrivals.map(({ late }) => late).sort((one, other) => one - other)
    this.#zero = zeros.reduce((one, other) => Math.min(one, other))
    this.#least = lates[Math.floor((lates.length - 1) * IN_TIME)]! - this.#zero + this.#margin
  }
}

// A changed rate is kept until the goal is reached: otherwise it would change at every step.
function rateFor (excess: number, tolerance: number, rate: number, gain: number): number {
  if (Math.abs(excess) < (rate === 1 ? tolerance : tolerance / 4)) return 1
  return Math.round((1 + Math.max(-SLOWER, Math.min(excess * gain, FASTER))) * 100) / 100
}
