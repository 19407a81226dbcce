// The playing position of a media element: moves it into playable media, keeps it near the live edge, and skips holes and places where
// playback hangs.
import { localNow } from './clock.js'
import type { ServerClock } from './clock.js'
import { LiveEdge } from './live-edge.js'
import { rangeAt, rangesOf } from './ranges.js'
import type { Range } from './ranges.js'

// Milliseconds without movement, with media ahead: playback is stuck at something that `buffered` does not show.
const STUCK = 600
// A stop of playback between these limits was caused by late media, not by absence. A shorter one is invisible: with little media ahead,
// Chromium reports waiting for nearly every frame.
const SHORTEST_STALL = 35
const LONGEST_STALL = 1500
// A seek also stops playback.
const SETTLES = 1000
const RECENTLY = 1000
// Without movement, although new media keeps coming: it will not become playable.
const HOPELESS = 8000
const MOST_NUDGES = 5
// Seconds.
const NUDGE = 0.1
const AHEAD = 0.1
const FAR = 1

/** Options of a playhead. */
export interface PlayheadOptions {
  readonly clock: ServerClock
  /** Seconds. */
  readonly targetLatency: number
  readonly hasSound: boolean
  /** Called if the picture stays still in spite of every attempt. */
  readonly stuck: () => void
}

/** The playing position of one media element. */
export class Playhead {
  /** Seeks after joining. */
  seeks = 0
  /** How often playback has stopped because media was late. */
  stalls = 0
  readonly edge: LiveEdge
  readonly #media: HTMLMediaElement
  readonly #clock: ServerClock
  readonly #stuck: () => void
  #joining = true
  // Incoming media is old: the live edge is not known yet.
  #catchingUp = true
  #waitsSince: number | undefined
  #moved = { at: performance.now(), time: -1 }
  #nudges = 0
  #arrivedAt = 0
  #soughtAt = -Infinity

  constructor (media: HTMLMediaElement, { clock, targetLatency, hasSound, stuck }: PlayheadOptions) {
    this.#media = media
    this.#clock = clock
    this.#stuck = stuck
    // A browser with the managed kind of MediaSource is WebKit, which empties its pipeline at each change of the rate.
    this.edge = new LiveEdge({ targetLatency, hasSound, changesRate: globalThis.ManagedMediaSource === undefined })
    media.addEventListener('waiting', this.#onWaiting)
    media.addEventListener('playing', this.#onPlaying)
  }

  /** Seconds of media ahead of the picture. */
  get ahead (): number {
    const { currentTime } = this.#media
    const range = rangeAt(this.#ranges, currentTime)
    return range === undefined ? 0 : Math.max(0, range.end - currentTime)
  }

  /** Milliseconds of the server's clock. */
  get now (): number {
    return localNow() + this.#clock.offset
  }

  /** The next media may be old. @param rejoins - whether playback moves to the live edge even if that is near */
  interrupted (rejoins = false): void {
    this.#catchingUp = true
    if (rejoins) this.#joining = true
  }

  /** A segment is in the buffer. @param isNew - whether it shows where the live edge is */
  arrived (isNew: boolean): void {
    this.#catchingUp = !isNew
    this.#arrivedAt = performance.now()
  }

  /** Moves into playable media, then towards the live edge. Relies on the buffered ranges, never on a segment's own start. */
  follow (): void {
    const media = this.#media
    const ranges = this.#ranges
    const range = ranges.at(-1)
    if (range === undefined || media.seeking) return
    const { currentTime, playbackRate } = media
    if (rangeAt(ranges, currentTime) === undefined) {
      // A clock that has run a little past the end waits there.
      if (currentTime < range.start || currentTime > range.end + FAR) this.#seek(range.start)
      return
    }
    // A paused viewer keeps the picture.
    if (media.paused || this.#catchingUp) return
    const { seekTo, rate } = this.edge.decide({ now: this.now, currentTime, range, rate: playbackRate, joining: this.#joining })
    if (seekTo !== undefined) this.#seek(seekTo)
    this.#joining = false
    if (rate !== playbackRate) media.playbackRate = rate
  }

  /** Checks the picture: call it a few times a second. @returns whether it has moved since the last time */
  watch (): boolean {
    const { currentTime, paused } = this.#media
    const now = performance.now()
    const hasMoved = currentTime !== this.#moved.time
    if (hasMoved || paused) this.#moved = { at: now, time: currentTime }
    if (hasMoved) this.#nudges = 0
    this.follow()
    if (!hasMoved && !paused) this.#moveOn(now)
    return hasMoved
  }

  close (): void {
    this.#media.removeEventListener('waiting', this.#onWaiting)
    this.#media.removeEventListener('playing', this.#onPlaying)
  }

  get #ranges (): Range[] {
    return rangesOf(this.#media.buffered)
  }

  #seek (seconds: number): void {
    if (!this.#joining) this.seeks++
    this.#soughtAt = performance.now()
    this.#media.currentTime = seconds
  }

  // Skips a hole, or a place where a browser hangs although there is more.
  #moveOn (now: number): void {
    const { currentTime, seeking } = this.#media
    const { ahead } = this
    if (now - this.#moved.at > HOPELESS && now - this.#arrivedAt < RECENTLY) return this.#stuck()
    if (ahead <= AHEAD) {
      const next = this.#ranges.find(({ start }) => start > currentTime)
      if (next !== undefined && !seeking) this.#seek(next.start)
      return
    }
    if (seeking || now - this.#moved.at < STUCK) return
    if (this.#nudges === MOST_NUDGES) return this.#stuck()
    this.#nudges++
    this.#seek(currentTime + Math.min(NUDGE * this.#nudges, ahead))
    this.#moved = { at: now, time: this.#media.currentTime }
  }

  readonly #onWaiting = (): void => {
    const now = performance.now()
    if (this.#media.seeking || this.#joining || now - this.#soughtAt < SETTLES) return
    this.#waitsSince = now
    this.#moveOn(now)
  }

  readonly #onPlaying = (): void => {
    const lasted = performance.now() - (this.#waitsSince ?? Infinity)
    this.#waitsSince = undefined
    if (lasted < SHORTEST_STALL || lasted > LONGEST_STALL || this.#catchingUp) return
    this.stalls++
    this.edge.stalled(this.now)
  }
}
