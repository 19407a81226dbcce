// Where a media element plays: it is put into what can be played, kept near the live edge, moved over holes, and past what it stands still
// at.
import { localNow } from './clock.js'
import type { ServerClock } from './clock.js'
import { LiveEdge } from './live-edge.js'
import { rangeAt, rangesOf } from './ranges.js'
import type { Range } from './ranges.js'

// Milliseconds without movement, with media ahead: the picture stands before something that `buffered` does not show.
const STUCK = 600
// Playing that stops for so long, and no longer, has waited for what was late, and not away. Less is not seen: where little is ahead,
// Chromium says for nearly each frame that it waits.
const SHORTEST_STALL = 35
const LONGEST_STALL = 1500
// A seek stops playing, too.
const SETTLES = 1000
const RECENTLY = 1000
// Without movement, although new media comes all the time: it does not become playable.
const HOPELESS = 8000
const MOST_NUDGES = 5
// Seconds.
const NUDGE = 0.1
const AHEAD = 0.1
const FAR = 1

/** What a playhead is made with. */
export interface PlayheadOptions {
  readonly clock: ServerClock
  /** Seconds. */
  readonly targetLatency: number
  readonly hasSound: boolean
  /** Called where the picture stands still, whatever was tried. */
  readonly stuck: () => void
}

/** The playing time of one media element. */
export class Playhead {
  /** Seeks after it has joined. */
  seeks = 0
  /** How often playing has stopped for want of media that was late. */
  stalls = 0
  readonly edge: LiveEdge
  readonly #media: HTMLMediaElement
  readonly #clock: ServerClock
  readonly #stuck: () => void
  #joining = true
  // What comes is old: where the live edge is, is not known yet.
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
    // Where there is the managed kind of MediaSource, it is WebKit, which empties its pipeline at each change of the rate.
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

  /** What comes next may be old. @param rejoins - whether it is at the live edge, so that it goes on there even if that is near */
  interrupted (rejoins = false): void {
    this.#catchingUp = true
    if (rejoins) this.#joining = true
  }

  /** Something has come, and is in the buffer. @param isNew - whether it shows where the live edge is */
  arrived (isNew: boolean): void {
    this.#catchingUp = !isNew
    this.#arrivedAt = performance.now()
  }

  /** Into what can be played, then towards the live edge. By what is buffered, never by what a segment says of its start. */
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
    // Who has paused keeps the picture.
    if (media.paused || this.#catchingUp) return
    const { seekTo, rate } = this.edge.decide({ now: this.now, currentTime, range, rate: playbackRate, joining: this.#joining })
    if (seekTo !== undefined) this.#seek(seekTo)
    this.#joining = false
    if (rate !== playbackRate) media.playbackRate = rate
  }

  /** Looks after the picture: to be called a few times a second. @returns whether it has moved since the last time */
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

  // Over a hole, or past what a browser stops at although there is more.
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
