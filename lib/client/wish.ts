// The viewer's wish for a media element, as opposed to the browser's own actions: an error, a hidden page, a removal or a policy pauses it
// too, and then it should resume as soon as possible.

/** The callbacks and state of a wish's owner. */
export interface WishOwner {
  /** Whether the element has something to play. */
  readonly isReady: boolean
  /** The viewer wants to play. */
  wanted (): void
  /** The element plays. */
  plays (): void
}

declare global {
  interface Navigator {
    /** https://w3c.github.io/audio-session/: so far only in WebKit. A call, or another program's audio, interrupts it. */
    readonly audioSession?: { readonly state: 'inactive' | 'active' | 'interrupted' }
  }
}

// Between two attempts to resume after the browser's own pause, milliseconds.
const BETWEEN_ATTEMPTS = 1000
// Audio that has played for this long since it was unmuted is allowed by the browser. Seconds.
const HEARD = 1

/** The wish for one player, with or without a media element. */
export class Wish {
  readonly #media: HTMLMediaElement | undefined
  readonly #owner: WishOwner
  readonly #listeners: ReadonlyArray<readonly [type: string, listener: () => void]>
  #isWanted: boolean
  #isBlocked = false
  #pausedSince: number | undefined
  #wasMuted: boolean
  #wasConnected = false
  // It has played since its last pause event. If it is paused, the next event decides whose wish that is.
  #isPauseToCome = false
  // Where it was unmuted without a click, in seconds: the browser may stop it there, or as soon as its pipeline has audio again.
  #unmutedAt = NaN
  #triedAt = -Infinity

  /** @param isWanted - the initial wish */
  constructor (media: HTMLMediaElement | undefined, isWanted: boolean, owner: WishOwner) {
    this.#media = media
    this.#isWanted = isWanted
    this.#owner = owner
    this.#wasMuted = media?.muted === true
    this.#listeners = [
      ['play', this.#onPlay], ['playing', this.#onPlaying], ['pause', this.#onPause], ['emptied', this.#onEmptied],
      ['volumechange', this.#onVolume]
    ]
    for (const [type, listener] of this.#listeners) media?.addEventListener(type, listener)
    document.addEventListener('visibilitychange', this.#goOn)
  }

  /** Whether it should play, by the page's and its viewer's latest wish. */
  get isWanted (): boolean { return this.#isWanted }

  /** Whether the browser wants a click before it plays. */
  get isBlocked (): boolean { return this.#isBlocked }

  /** Whether the viewer has paused it. */
  get isPaused (): boolean { return this.#pausedSince !== undefined && !this.#isWanted }

  /** Whether the browser has paused it, and it resumes as soon as possible. */
  get isHeld (): boolean { return this.#isWanted && this.#media?.paused === true && this.#owner.isReady && this.#cannotPlay }

  /** Milliseconds since it was paused, by anyone; 0 while it plays. @param now - milliseconds of the page's clock */
  pausedFor (now: number): number {
    return now - (this.#pausedSince ?? now)
  }

  /** The viewer wants to play. @throws (rejects) `NotAllowedError` if the browser wants a click first */
  async play (): Promise<void> {
    this.#want()
    if (!this.#owner.isReady) return
    this.#triedAt = performance.now()
    try {
      await this.#media?.play()
      this.#isBlocked = false
    } catch (error) {
      if (error instanceof Error && error.name === 'NotAllowedError') this.#isBlocked = true
      throw error
    }
  }

  /** The viewer wants to pause. */
  pause (): void {
    this.#isWanted = false
    this.#isBlocked = false
    this.#pausedSince ??= performance.now()
    this.#media?.pause()
  }

  /** Resumes after the browser's own pause: call it a few times a second. @param now - milliseconds of the page's clock */
  watch (now: number): void {
    const media = this.#media
    if (media === undefined) return
    this.#wasConnected ||= media.isConnected
    if (this.#owner.isReady) this.#pausedSince = media.paused ? this.#pausedSince ?? now : undefined
    if (now - this.#triedAt > BETWEEN_ATTEMPTS) this.#goOn()
  }

  close (): void {
    for (const [type, listener] of this.#listeners) this.#media?.removeEventListener(type, listener)
    document.removeEventListener('visibilitychange', this.#goOn)
  }

  #want (): void {
    this.#isWanted = true
    this.#pausedSince = undefined
    this.#owner.wanted()
  }

  readonly #goOn = (): void => {
    if (!this.#isWanted || this.#isBlocked || this.#isPauseToCome || this.#cannotPlay) return
    if (this.#media?.paused !== true || !this.#owner.isReady) return
    // The state shows the result.
    this.play().catch(() => {})
  }

  // The element cannot play now, regardless of the wish: each of these makes browsers pause it.
  get #cannotPlay (): boolean {
    const media = this.#media!
    const isRemoved = this.#wasConnected && !media.isConnected
    const isTaken = document.visibilityState !== 'visible' || navigator.audioSession?.state === 'interrupted'
    return media.error !== null || media.ended || isRemoved || isTaken
  }

  readonly #onPlay = (): void => {
    this.#isPauseToCome = true
    // A pause since then is handled by the event that follows.
    if (this.#media!.paused) return
    this.#wasConnected ||= this.#media!.isConnected
    this.#want()
  }

  readonly #onPlaying = (): void => {
    if (this.#isBlocked) this.#unmutedAt = NaN
    this.#isBlocked = false
    this.#owner.plays()
  }

  readonly #onPause = (): void => {
    this.#isPauseToCome = false
    const { paused, muted, currentTime } = this.#media!
    const isSilenced = !muted && Math.abs(currentTime - this.#unmutedAt) < HEARD && !hasClicked()
    if (paused && this.#owner.isReady && !this.#cannotPlay && !isSilenced) this.#isWanted = false
  }

  // New media starts paused, without an event.
  readonly #onEmptied = (): void => {
    this.#isPauseToCome = false
  }

  // If a page may not play audio before a click, browsers stop an element that it unmutes.
  readonly #onVolume = (): void => {
    const { muted, paused, currentTime } = this.#media!
    if (this.#wasMuted && !muted) this.#unmutedAt = currentTime
    this.#wasMuted = muted
    if (!paused || !this.#isWanted || !this.#owner.isReady) return
    // A muted element needs no click.
    if (muted) this.#isBlocked = false
    this.#goOn()
  }
}

// Browsers without user activation (https://html.spec.whatwg.org/#tracking-user-activation) cannot tell.
function hasClicked (): boolean {
  return (navigator as Partial<Pick<Navigator, 'userActivation'>>).userActivation?.hasBeenActive === true
}
