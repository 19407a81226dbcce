// Plays one broadcast in a page: joins, follows the live edge, and recovers from any failure.
import type { EmsgMessage, GapMessage, InitMessage, StateMessage } from '../wire.js'
import { Backlog } from './backlog.js'
import { localNow } from './clock.js'
import type { PlayerEvents, PlayerOptions, PlayerScreens, PlayerState, PlayerStats } from './contract.js'
import { Counts } from './counts.js'
import { Damage } from './damage.js'
import { feedOf } from './feed.js'
import type { Feed, FeedListener, ReceivedSegment } from './feed.js'
import { figures } from './figures.js'
import { Screen, elementsOf } from './screen.js'
import type { ScreenTarget } from './screen.js'
import { Standing } from './standing.js'
import { Wish } from './wish.js'
import type { WishOwner } from './wish.js'

// Seconds.
const DEFAULT_TARGET = 0.3
// Milliseconds.
const WATCH = 250
const WATCHES_PER_STATS = 4
const LEAVES_PAUSED = 10_000

export interface Player {
  addEventListener<Type extends keyof PlayerEvents> (
    type: Type, listener: (event: CustomEvent<PlayerEvents[Type]>) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void
}

/**
 * Plays one broadcast.
 * @example
 * const player = new Player(document.querySelector('video'), '/live/demo')
 * player.addEventListener('statechange', ({ detail }) => console.log(detail.state, detail.reason))
 */
export class Player extends EventTarget implements FeedListener {
  readonly #elements: PlayerScreens
  readonly #feed: Feed
  // The one of the feed's broadcasts that it plays; '' for the only one.
  readonly #name: string
  readonly #timer: ReturnType<typeof setInterval>
  readonly #screen: Screen
  readonly #counts = new Counts()
  readonly #backlog = new Backlog()
  #target: number
  readonly #standing = new Standing()
  #viewer = ''
  #epoch = ''
  // While nothing can be shown: the timer of the next attempt.
  #retrying: ReturnType<typeof setTimeout> | undefined
  #damage = new Damage()
  readonly #wish: Wish
  // Paused for so long that it has disconnected.
  #left = false
  // Seconds.
  #pictureAge: number | undefined
  #watched = 0

  /**
   * Joins a broadcast, and starts to play.
   * @param target - the element that shows it, or one for media and one for still pictures, of which the matching one is used
   * @param url - the broadcast's route, relative to the page
   */
  constructor (target: ScreenTarget, url: string | URL, options: PlayerOptions = {}) {
    super()
    const { targetLatency = DEFAULT_TARGET, autoplay = true, broadcast = '', tracks, withCredentials } = options
    this.#elements = elementsOf(target)
    this.#target = targetLatency
    this.#name = broadcast
    const feed = this.#feed = feedOf(new URL(url, document.baseURI), { tracks, withCredentials })
    this.#screen = new Screen(this.#elements, {
      clock: feed.clock,
      targetLatency,
      // The state shows the result.
      opened: () => { if (this.#wish.isWanted) this.play().catch(() => {}) },
      failed: reason => this.#onFailed(reason),
      picture: received => this.#onPicture(received)
    })
    this.#wish = new Wish(this.#elements.media, autoplay, this.#wishOwner())
    this.#timer = setInterval(() => this.#watch(), WATCH)
    feed.listen(this.#name, this)
  }

  get state (): PlayerState { return this.#standing.state }

  /** Explains the state to people; empty if the state says it all. */
  get reason (): string { return this.#standing.reason }

  /** The server's id of this viewer. */
  get viewer (): string { return this.#viewer }

  /** Whether it shows still pictures. */
  get showsPictures (): boolean { return this.#screen.pictures !== undefined }

  /** Seconds; see {@link PlayerOptions.targetLatency}. */
  get targetLatency (): number { return this.#target }

  set targetLatency (seconds: number) {
    this.#target = seconds
    const { media } = this.#screen
    if (media !== undefined) media.playhead.edge.targetLatency = seconds
  }

  /** Plays, at the live edge. @throws (rejects) `NotAllowedError` if the browser wants a click first; the state is then `blocked` */
  async play (): Promise<void> {
    try {
      await this.#wish.play()
    } finally {
      this.#update()
    }
  }

  /** Freezes the picture. After ten seconds it disconnects, and {@link Player.play} returns to the live edge. */
  pause (): void {
    this.#wish.pause()
    this.#update()
  }

  /** Closes the connection and releases the elements. */
  close (): void {
    clearInterval(this.#timer)
    clearTimeout(this.#retrying)
    this.#feed.leave(this.#name)
    this.#wish.close()
    this.#screen.close()
    const { media } = this.#elements
    media?.removeAttribute('src')
    media?.load()
  }

  stats (): PlayerStats {
    return figures({
      state: this.state,
      counts: this.#counts,
      clockError: this.#feed.clock.error,
      targetLatency: this.#target,
      media: this.#elements.media,
      output: this.#screen.media,
      pictureAge: this.#pictureAge,
      showsPictures: this.showsPictures
    })
  }

  // --- Messages ---

  /** @internal */
  onState (message: StateMessage): void {
    this.#standing.server = message.state
    this.#viewer = message.viewer ?? this.#viewer
    const epoch = String(message.epoch)
    if (message.epoch !== undefined && epoch !== this.#epoch) {
      this.#epoch = epoch
      // A new life may have other tracks.
      this.#screen.forget()
    }
    this.#screen.connected(message.now)
    this.#tell('broadcast', message)
    this.#update()
  }

  /** @internal */
  onInit (message: InitMessage, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    this.#screen.init({ message, bytes, epoch: this.#epoch })
  }

  /** @internal */
  onSegment (segment: ReceivedSegment): void {
    const { message, bytes: { byteLength }, id, at } = segment
    this.#counts.segment(byteLength, performance.now())
    this.#tell('segment', { id, message, bytes: byteLength })
    if (this.#left || this.#standing.isHalted) return
    const verdict = this.#damage.judge(segment)
    if (verdict === 'rejoin') return this.#rejoin()
    if (verdict === 'left out') return
    const delay = this.#feed.clock.delay(message.received, at)
    if (this.#backlog.mustRejoin(delay, this.#screen.media?.playhead.edge.target ?? 0, at)) {
      this.#counts.restarts++
      this.#tell('restart', `What came was ${(delay / 1000).toFixed(1)} s old`)
      return this.#rejoin()
    }
    const decision = this.#screen.decide()
    if (decision.kind === 'none') this.#halt(this.#standing.refused(decision.reason))
    else if (decision.kind === 'different') this.#rejoin()
    // A connection that delivers more than is shown is replaced by one that does not.
    else if (decision.kind === 'fewer' && this.#mayChoose(decision.tracks)) this.#rejoin(decision.tracks)
    else if (!this.#wish.isPaused || !this.showsPictures) this.#screen.show(segment)
  }

  /** @internal */
  onGap (message: GapMessage): void {
    this.#counts.gap(message)
    if (message.reason !== 'publisher') this.#screen.media?.playhead.interrupted()
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

  /** @internal */
  onRefused (status: number): void {
    if (status === 204) this.#standing.server = 'ended'
    else if (status === 401 || status === 403) return this.#halt(this.#standing.forbidden())
    else if (status < 500) return this.#halt(this.#standing.refused(`The server answers ${status}: is the address right?`))
    this.#update()
  }

  #onPicture (received: number): void {
    this.#counts.pictures++
    this.#pictureAge = (localNow() + this.#feed.clock.offset - received) / 1000
    this.#standing.moved(performance.now())
    this.#update()
  }

  // --- Rejoining ---

  #mayChoose (tracks: readonly string[]): boolean {
    return !this.#feed.isShared && this.#feed.tracks?.join() !== tracks.join()
  }

  #rejoin (tracks?: readonly string[]): void {
    // Other tracks may have no join points of their own.
    if (tracks !== undefined) this.#damage = new Damage()
    this.#screen.media?.playhead.interrupted(true)
    this.#feed.rejoin(this.#name, tracks)
  }

  #comeBack (): void {
    if (!this.#left) return
    this.#left = false
    this.#screen.media?.playhead.interrupted(true)
    if (this.#feed.isShared) this.#feed.rejoin(this.#name)
    else this.#feed.listen(this.#name, this)
  }

  #onFailed (reason: string): void {
    this.#counts.restarts++
    this.#tell('restart', reason)
    this.#damage.failed()
    this.#halt(this.#standing.failed(reason))
  }

  // Tries again after that many milliseconds.
  #halt (pause: number): void {
    this.#counts.keep(this.#screen.media?.playhead)
    this.#screen.close()
    this.#feed.leave(this.#name)
    clearTimeout(this.#retrying)
    this.#retrying = setTimeout(() => {
      this.#standing.triesAgain()
      this.#feed.listen(this.#name, this)
    }, pause)
    this.#update()
  }

  // --- Playing and pausing ---

  #wishOwner (): WishOwner {
    const isReady = (): boolean => this.#screen.media !== undefined
    return {
      get isReady () { return isReady() },
      wanted: () => this.#comeBack(),
      plays: () => {
        this.#standing.moved(performance.now())
        this.#update()
      }
    }
  }

  #watch (): void {
    const now = performance.now()
    const { media } = this.#screen
    if (media?.playhead.watch() === true) this.#standing.moved(now)
    this.#wish.watch(now)
    if (this.#wish.pausedFor(now) > LEAVES_PAUSED && !this.#left) {
      this.#left = true
      if (!this.#feed.isShared) this.#feed.leave(this.#name)
    }
    this.#update()
    if (++this.#watched % WATCHES_PER_STATS === 0) this.#tell('stats', this.stats())
  }

  #update (): void {
    if (!this.#standing.judge(performance.now(), this.#wish, this.showsPictures)) return
    const { state, reason } = this.#standing
    this.#tell('statechange', { state, reason })
  }

  #tell<Type extends keyof PlayerEvents> (type: Type, detail: PlayerEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
