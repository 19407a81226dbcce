// Plays one broadcast in a page, near its live edge: it joins, follows, and comes back from whatever ends it, and says how it stands.
import type { EmsgMessage, GapMessage, InitMessage, SegmentMessage, StateMessage, WatchState } from '../wire.js'
import { localNow } from './clock.js'
import type { PlayerEvents, PlayerOptions, PlayerScreens, PlayerState, PlayerStats } from './contract.js'
import { feedOf } from './feed.js'
import type { Feed, FeedListener, ReceivedSegment } from './feed.js'
import { MediaOutput, canPlay } from './media-output.js'
import type { Init } from './media-output.js'
import { PictureOutput } from './picture-output.js'
import { choose } from './playable.js'
import type { Choice } from './playable.js'

// Seconds.
const DEFAULT_TARGET = 0.3
const OLD = 3
// Milliseconds.
const WATCH = 250
const STILL = 600
const BIT_RATE_SPAN = 5000
const LEAVES_PAUSED = 10_000
const STAYS_OLD = 3000
const BETWEEN_REJOINS = 10_000
const HAS_RECOVERED = 5000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

export interface Player {
  addEventListener<Type extends keyof PlayerEvents> (type: Type, listener: (event: CustomEvent<PlayerEvents[Type]>) => void, options?: boolean | AddEventListenerOptions): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void
}

/**
 * Plays one broadcast.
 * @example
 * const player = new Player(document.querySelector('video'), '/live/demo')
 * player.addEventListener('statechange', ({ detail }) => console.log(detail.state, detail.reason))
 */
export class Player extends EventTarget implements FeedListener {
  readonly #screens: PlayerScreens
  readonly #feed: Feed
  readonly #name: string
  readonly #timer: ReturnType<typeof setInterval>
  #target: number
  #state: PlayerState = 'buffering'
  #reason = ''
  #viewer = ''
  // What the server has said last.
  #server: WatchState | 'unknown' = 'unknown'
  #epoch = ''
  // When the connection was made, by the server's clock.
  #joinedAt = 0
  readonly #inits = new Map<string, Init>()
  // The tracks may have changed since the choice was made.
  #undecided = true
  #choice: Choice | undefined
  #output: MediaOutput | undefined
  #pictures: PictureOutput | undefined
  // Why nothing can be shown, and when that is tried again.
  #error = ''
  #retrying: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #wanted: boolean
  #blocked = false
  #pausedSince: number | undefined
  #left = false
  #movedAt = -Infinity
  #playsSince: number | undefined
  #oldSince: number | undefined
  #rejoinedAt = -Infinity
  #arrivals: Array<{ readonly at: number, readonly bytes: number }> = []
  #pictureAge: number | undefined
  #watched = 0
  #count = { segments: 0, bytes: 0, gaps: 0, skipped: 0, restarts: 0, pictures: 0 }
  // Those of outputs before this one.
  #before = { seeks: 0, stalls: 0 }

  /**
   * Joins a broadcast, and begins to play.
   * @param target - the element that shows it, or both kinds, of which the one that fits is used
   * @param url - the broadcast's route, relative to the page
   */
  constructor (target: HTMLMediaElement | HTMLImageElement | HTMLCanvasElement | PlayerScreens, url: string | URL, options: PlayerOptions = {}) {
    super()
    this.#screens = screensOf(target)
    this.#target = options.targetLatency ?? DEFAULT_TARGET
    this.#wanted = options.autoplay ?? true
    this.#name = options.broadcast ?? ''
    const { tracks, withCredentials } = options
    this.#feed = feedOf(new URL(url, document.baseURI), { tracks, withCredentials })
    const { media } = this.#screens
    for (const [type, listener] of this.#mediaListeners) media?.addEventListener(type, listener)
    document.addEventListener('visibilitychange', this.#onVisible)
    this.#timer = setInterval(() => this.#watch(), WATCH)
    this.#feed.listen(this.#name, this)
  }

  get state (): PlayerState { return this.#state }

  /** Why the state is what it is, for people; empty where the state says all. */
  get reason (): string { return this.#reason }

  /** The server's id of this viewer. */
  get viewer (): string { return this.#viewer }

  /** Seconds; see {@link PlayerOptions.targetLatency}. */
  get targetLatency (): number { return this.#target }

  set targetLatency (seconds: number) {
    this.#target = seconds
    if (this.#output !== undefined) this.#output.target = seconds
  }

  /** Whether it shows still pictures. */
  get showsPictures (): boolean { return this.#pictures !== undefined }

  /** Plays, at the live edge. @throws (rejects) `NotAllowedError` where the browser wants a click first; the state is then `blocked` */
  async play (): Promise<void> {
    this.#wanted = true
    this.#pausedSince = undefined
    this.#comeBack()
    if (this.#output === undefined) return
    try {
      await this.#screens.media?.play()
      this.#blocked = false
    } catch (error) {
      if (isNotAllowed(error)) this.#blocked = true
      throw error
    } finally {
      this.#update()
    }
  }

  /** Keeps the picture. After ten seconds it leaves the server, and {@link Player.play} comes back to the live edge. */
  pause (): void {
    this.#wanted = false
    this.#pausedSince ??= performance.now()
    this.#screens.media?.pause()
  }

  /** Ends the connection and lets the elements go. */
  close (): void {
    clearInterval(this.#timer)
    clearTimeout(this.#retrying)
    this.#feed.leave(this.#name)
    document.removeEventListener('visibilitychange', this.#onVisible)
    const { media } = this.#screens
    for (const [type, listener] of this.#mediaListeners) media?.removeEventListener(type, listener)
    this.#closeOutputs()
    media?.removeAttribute('src')
    media?.load()
  }

  stats (): PlayerStats {
    const { media } = this.#screens
    const output = this.#output
    const latency = output?.latency
    const quality = media instanceof HTMLVideoElement ? media.getVideoPlaybackQuality() : undefined
    const since = performance.now() - BIT_RATE_SPAN
    this.#arrivals = this.#arrivals.filter(({ at }) => at > since)
    const { pictures, ...count } = this.#count
    return {
      state: this.#state,
      latency: latency?.seconds ?? this.#pictureAge,
      latencyFrom: latency?.from,
      latencyError: this.#feed.clock.error / 1000,
      target: output?.target ?? this.#target,
      buffered: output?.ahead ?? 0,
      rate: media?.playbackRate ?? 1,
      frames: output === undefined ? pictures : quality?.totalVideoFrames ?? 0,
      droppedFrames: quality?.droppedVideoFrames ?? 0,
      bitRate: Math.round(this.#arrivals.reduce((sum, { bytes }) => sum + bytes, 0) * 8000 / BIT_RATE_SPAN),
      ...count,
      seeks: this.#before.seeks + (output?.seeks ?? 0),
      stalls: this.#before.stalls + (output?.stalls ?? 0)
    }
  }

  // --- What comes ---

  /** @internal */
  onState (message: StateMessage): void {
    this.#server = message.state
    this.#viewer = message.viewer ?? ''
    if (message.epoch !== undefined && String(message.epoch) !== this.#epoch) {
      this.#epoch = String(message.epoch)
      // Another life may have other tracks; the server names them all again.
      this.#inits.clear()
    }
    this.#joinedAt = message.now
    this.#output?.interrupted(message.now)
    this.#tell('broadcast', message)
    this.#update()
  }

  /** @internal */
  onInit (message: InitMessage, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    const init = { message, bytes, epoch: this.#epoch }
    const known = this.#inits.get(message.track)
    if (known === undefined || known.message.mime !== message.mime || known.message.kind !== message.kind) this.#undecided = true
    this.#inits.set(message.track, init)
    if (!this.#undecided) this.#output?.init(init)
  }

  /** @internal */
  onSegment (segment: ReceivedSegment): void {
    const { message, bytes, id, at } = segment
    this.#count.segments++
    this.#count.bytes += bytes.byteLength
    this.#arrivals.push({ at: performance.now(), bytes: bytes.byteLength })
    this.#tell('segment', { id, message, bytes: bytes.byteLength })
    if (this.#left || this.#error !== '' || this.#isOld(message, at)) return
    if (this.#undecided && !this.#decide()) return
    if (this.#choice?.kind === 'picture') this.#show(message, bytes)
    else this.#output?.append(segment)
  }

  /** @internal */
  onGap (message: GapMessage): void {
    this.#count.gaps++
    this.#count.skipped += message.segments ?? 0
    if (message.reason !== 'publisher') this.#output?.interrupted()
    this.#tell('gap', message)
  }

  /** @internal */
  onEmsg (message: EmsgMessage, bytes: Uint8Array | undefined): void {
    this.#tell('emsg', { message, bytes })
  }

  /** @internal */
  onConnection (state: 'open' | 'lost'): void {
    this.#tell('connection', state)
  }

  // --- What is shown ---

  // @returns whether the segment at hand can go on
  #decide (): boolean {
    this.#undecided = false
    const inits = [...this.#inits.values()]
    const { media, picture } = this.#screens
    const shows = { media: media === undefined ? undefined : media instanceof HTMLVideoElement ? 'video' : 'audio', picture: picture !== undefined } as const
    const choice = choose(inits.map(({ message }) => message), shows, canPlay)
    if (choice.kind === 'none') {
      this.#fail(choice.reason, LONGEST_PAUSE)
      return false
    }
    // A connection that brings more than is shown is exchanged for one that does not.
    const isTooMuch = choice.tracks.length < inits.length && this.#feed.tracks === undefined && !this.#feed.isShared
    const isOther = this.#choice !== undefined && !isSame(this.#choice, choice)
    if (isOther) this.#closeOutputs()
    this.#choice = choice
    if (this.#output === undefined && this.#pictures === undefined) this.#open(choice)
    else for (const init of inits) this.#output?.init(init)
    if (isTooMuch) this.#feed.rejoin(this.#name, choice.tracks)
    else if (isOther) this.#feed.rejoin(this.#name)
    return !isTooMuch && !isOther
  }

  #open (choice: Choice & { readonly tracks: readonly string[] }): void {
    const { media, picture } = this.#screens
    if (choice.kind === 'picture') {
      this.#pictures = new PictureOutput(picture!, reason => this.#tell('restart', reason))
      return
    }
    this.#output = new MediaOutput(media!, { clock: this.#feed.clock, failed: reason => this.#onFailed(reason) }, this.#target)
    this.#output.interrupted(this.#joinedAt)
    this.#output.open(choice.tracks.map(track => this.#inits.get(track)!))
    if (this.#wanted) this.#start()
  }

  #closeOutputs (): void {
    this.#before.seeks += this.#output?.seeks ?? 0
    this.#before.stalls += this.#output?.stalls ?? 0
    this.#output?.close()
    this.#pictures?.close()
    this.#output = this.#pictures = this.#choice = undefined
    this.#undecided = true
  }

  #show ({ captured, received }: SegmentMessage, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#pausedSince !== undefined) return
    this.#pictures?.show({ bytes, mime: this.#inits.get(this.#choice?.kind === 'picture' ? this.#choice.tracks[0]! : '')!.message.mime }, () => {
      this.#count.pictures++
      this.#pictureAge = (localNow() + this.#feed.clock.offset - (captured ?? received)) / 1000
      this.#movedAt = performance.now()
      this.#update()
    })
  }

  // --- When it goes wrong ---

  // What has failed may fail again at once, and the server is not to pay for that.
  #onFailed (reason: string): void {
    this.#failures++
    this.#count.restarts++
    this.#tell('restart', reason)
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - 1))
    if (this.#failures > 1) return this.#fail(`${reason}: trying again`, pause)
    this.#closeOutputs()
    this.#retrying = setTimeout(() => this.#again(), pause)
    this.#feed.leave(this.#name)
  }

  #fail (reason: string, pause: number): void {
    this.#error = reason
    this.#closeOutputs()
    this.#feed.leave(this.#name)
    this.#retrying = setTimeout(() => this.#again(), pause)
    this.#update()
  }

  #again (): void {
    this.#error = ''
    this.#inits.clear()
    this.#feed.listen(this.#name, this)
  }

  // Megabytes may wait in the buffers on the way, which the server cannot see: what comes is old, and stays so.
  #isOld ({ received }: SegmentMessage, at: number): boolean {
    const delay = this.#feed.clock.delay(received, at) / 1000
    if (delay < Math.max(OLD, 2 * (this.#output?.target ?? 0))) {
      this.#oldSince = undefined
      return false
    }
    this.#oldSince ??= at
    if (at - this.#oldSince < STAYS_OLD || at - this.#rejoinedAt < BETWEEN_REJOINS) return false
    this.#oldSince = undefined
    this.#rejoinedAt = at
    this.#count.restarts++
    this.#tell('restart', `what came was ${delay.toFixed(1)} s old`)
    this.#output?.rejoin()
    this.#feed.rejoin(this.#name)
    return true
  }

  // --- Playing and pausing ---

  #start (): void {
    // The state says what became of it.
    this.play().catch(() => {})
  }

  #comeBack (): void {
    if (!this.#left) return
    this.#left = false
    this.#output?.rejoin()
    if (this.#feed.isShared) this.#feed.rejoin(this.#name)
    else this.#feed.listen(this.#name, this)
  }

  readonly #mediaListeners: ReadonlyArray<readonly [string, () => void]> = [
    ['playing', () => {
      this.#movedAt = performance.now()
      this.#blocked = false
      this.#update()
    }],
    ['play', () => {
      this.#wanted = true
      this.#pausedSince = undefined
      this.#comeBack()
    }],
    ['pause', () => {
      // A browser pauses what nobody sees; whoever looks wants it to go on.
      if (this.#screens.media?.paused === true && document.visibilityState === 'visible') this.#wanted = false
    }]
  ]

  readonly #onVisible = (): void => {
    if (document.visibilityState === 'visible' && this.#wanted && this.#screens.media?.paused === true && this.#output !== undefined) this.#start()
  }

  #watch (): void {
    const now = performance.now()
    const { media } = this.#screens
    if (this.#output?.watch() === true) this.#movedAt = now
    if (this.#output !== undefined) this.#pausedSince = media?.paused === true ? this.#pausedSince ?? now : undefined
    if (this.#pausedSince !== undefined && now - this.#pausedSince > LEAVES_PAUSED && !this.#left) {
      this.#left = true
      if (!this.#feed.isShared) this.#feed.leave(this.#name)
    }
    this.#update()
    if (++this.#watched % 4 === 0) this.#tell('stats', this.stats())
  }

  #update (): void {
    const now = performance.now()
    const state = this.#judge(now)
    this.#playsSince = state === 'playing' ? this.#playsSince ?? now : undefined
    if (this.#playsSince !== undefined && now - this.#playsSince > HAS_RECOVERED) this.#failures = 0
    const reason = this.#error !== '' ? this.#error : REASONS[state === 'waiting' ? this.#server : state] ?? ''
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.#tell('statechange', { state, reason })
  }

  #judge (now: number): PlayerState {
    if (this.#error !== '') return 'error'
    if (this.#blocked) return 'blocked'
    const moves = now - this.#movedAt < STILL
    if (moves) return 'playing'
    if (this.#server === 'ended') return 'ended'
    if (this.#server !== 'live' && this.#server !== 'unknown') return 'waiting'
    if (this.#movedAt > 0 && (this.#pictures !== undefined || this.#pausedSince !== undefined)) return 'playing'
    return 'buffering'
  }

  #tell<Type extends keyof PlayerEvents> (type: Type, detail: PlayerEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

// For people.
const REASONS: Readonly<Partial<Record<string, string>>> = {
  waiting: 'Nobody is publishing yet',
  full: 'The server is full: trying again',
  closing: 'The server is restarting: trying again',
  forbidden: 'You may not watch this broadcast',
  blocked: 'The browser wants a click before it plays with sound',
  ended: 'The broadcast has ended'
}

function screensOf (target: HTMLMediaElement | HTMLImageElement | HTMLCanvasElement | PlayerScreens): PlayerScreens {
  if (target instanceof HTMLMediaElement) return { media: target }
  return target instanceof HTMLImageElement || target instanceof HTMLCanvasElement ? { picture: target } : target
}

function isSame (one: Choice, other: Choice): boolean {
  return one.kind !== 'none' && other.kind !== 'none' && one.kind === other.kind && one.tracks.join() === other.tracks.join()
}

function isNotAllowed (error: unknown): boolean {
  return error instanceof Error && error.name === 'NotAllowedError'
}
