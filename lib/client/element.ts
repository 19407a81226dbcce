// <media-sse src="/live/demo" autoplay muted controls>: the player as an element, with its picture, its states and the usual attributes.
import type { PlayerEvents, PlayerState } from './contract.js'
import { Player } from './player.js'

const STATES: readonly PlayerState[] = ['playing', 'buffering', 'waiting', 'ended', 'blocked', 'error']
// Attributes passed on to the inner <video>, and attributes that require a new player.
const OF_VIDEO = ['muted', 'controls', 'poster'] as const
const OF_PLAYER = ['src', 'broadcast', 'tracks', 'crossorigin'] as const
const EVENTS = [
  'statechange', 'stats', 'segment', 'gap', 'emsg', 'broadcast', 'connection', 'restart'
] as const satisfies ReadonlyArray<keyof PlayerEvents>

const SHADOW = `<style>
:host { display: inline-block; position: relative; background: #000; line-height: 0; overflow: hidden }
:host([hidden]) { display: none }
video, canvas { width: 100%; height: 100%; object-fit: contain }
[hidden] { display: none !important }
button, p { position: absolute; inset: 0; margin: auto; padding: 1em; line-height: 1.4; font: inherit; color: #fff; text-align: center }
button { border: 0; background: #0006; cursor: pointer }
button::before { content: ''; display: inline-block; border-left: 2.6em solid #fff; border-block: 1.6em solid #0000 }
p { display: grid; place-content: center; background: #000b; overflow: auto }
</style><video part="video" playsinline></video><canvas part="picture" hidden></canvas>
<button part="play" type="button" aria-label="Play" hidden></button><p part="message" role="status" hidden></p>`

// Without a page, as on a server that renders one, the module can still be imported.
const Base = globalThis.HTMLElement ?? class {} as typeof HTMLElement

declare global {
  interface HTMLElementTagNameMap {
    'media-sse': MediaSseElement
  }
}

export interface MediaSseElement {
  addEventListener<Type extends keyof PlayerEvents> (
    type: Type, listener: (event: CustomEvent<PlayerEvents[Type]>) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener<Type extends keyof HTMLElementEventMap> (
    type: Type, listener: (event: HTMLElementEventMap[Type]) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void
}

/**
 * `<media-sse src="/live/demo" target-latency="0.3" autoplay muted controls poster="…">`. With several broadcasts on one connection:
 * `<media-sse src="/live?broadcasts=a,b" broadcast="a">`. It has a player's events, and its state as a CSS state:
 * `media-sse:state(playing)`. Parts: `video`, `picture`, `play` (the button shown when the browser wants a click), `message`.
 */
export class MediaSseElement extends Base {
  static readonly observedAttributes = [...OF_VIDEO, ...OF_PLAYER, 'target-latency']
  readonly #video: HTMLVideoElement
  readonly #canvas: HTMLCanvasElement
  readonly #button: HTMLButtonElement
  readonly #message: HTMLElement
  readonly #internals: ElementInternals
  #player: Player | undefined
  #making = false

  constructor () {
    super()
    this.#internals = this.attachInternals()
    const shadow = this.attachShadow({ mode: 'open' })
    shadow.innerHTML = SHADOW
    this.#video = shadow.querySelector('video')!
    this.#canvas = shadow.querySelector('canvas')!
    this.#button = shadow.querySelector('button')!
    this.#message = shadow.querySelector('p')!
    this.#button.addEventListener('click', () => { this.play().catch(() => {}) })
  }

  /** The player; undefined while the element is not in a page or has no `src`. */
  get player (): Player | undefined { return this.#player }

  /** The inner media element, for a page's own uses. */
  get video (): HTMLVideoElement { return this.#video }

  get state (): PlayerState { return this.#player?.state ?? 'waiting' }
  get src (): string { return this.getAttribute('src') ?? '' }
  set src (url: string) { this.setAttribute('src', url) }
  get volume (): number { return this.#video.volume }
  set volume (volume: number) { this.#video.volume = volume }
  get muted (): boolean { return this.#video.muted }
  set muted (muted: boolean) { this.#video.muted = muted }
  get paused (): boolean { return this.#video.paused }
  get controls (): boolean { return this.hasAttribute('controls') }
  set controls (controls: boolean) { this.toggleAttribute('controls', controls) }
  get autoplay (): boolean { return this.hasAttribute('autoplay') }
  set autoplay (autoplay: boolean) { this.toggleAttribute('autoplay', autoplay) }

  /** Seconds; see a player's option. */
  get targetLatency (): number | undefined {
    const given = this.getAttribute('target-latency')
    return given === null || given.trim() === '' || !Number.isFinite(Number(given)) ? undefined : Number(given)
  }

  set targetLatency (seconds: number | undefined) {
    if (seconds === undefined) this.removeAttribute('target-latency')
    else this.setAttribute('target-latency', String(seconds))
  }

  /** Plays at the live edge. @throws (rejects) as a player's */
  async play (): Promise<void> {
    await this.#player?.play()
  }

  /** Freezes the picture. */
  pause (): void {
    this.#player?.pause()
  }

  /** The player's statistics. */
  stats (): ReturnType<Player['stats']> | undefined {
    return this.#player?.stats()
  }

  connectedCallback (): void {
    // A move within the page removes and inserts a playing element: the player goes on.
    if (this.#player === undefined) this.#make()
  }

  disconnectedCallback (): void {
    queueMicrotask(() => { if (!this.isConnected) this.#close() })
  }

  attributeChangedCallback (name: string, _before: string | null, value: string | null): void {
    if (name === 'muted') this.#video.muted = this.#video.defaultMuted = value !== null
    else if (name === 'target-latency') {
      if (this.#player !== undefined && this.targetLatency !== undefined) this.#player.targetLatency = this.targetLatency
    } else if ((OF_VIDEO as readonly string[]).includes(name)) {
      if (value === null) this.#video.removeAttribute(name)
      else this.#video.setAttribute(name, value)
    } else if (this.isConnected) this.#remake()
  }

  // Several attributes that change together cause only one new player.
  #remake (): void {
    this.#close()
    if (this.#making) return
    this.#making = true
    queueMicrotask(() => {
      this.#making = false
      if (this.isConnected && this.#player === undefined) this.#make()
    })
  }

  #make (): void {
    const { src } = this
    if (src === '') return
    const broadcast = this.getAttribute('broadcast')
    const tracks = this.getAttribute('tracks')
    const { targetLatency } = this
    const player = this.#player = new Player({ media: this.#video, picture: this.#canvas }, src, {
      autoplay: this.autoplay,
      withCredentials: this.getAttribute('crossorigin') === 'use-credentials',
      ...targetLatency === undefined ? {} : { targetLatency },
      ...broadcast === null ? {} : { broadcast },
      ...tracks === null ? {} : { tracks: tracks.split(',') }
    })
    for (const type of EVENTS) {
      player.addEventListener(type, ({ detail }: CustomEvent) => {
        if (this.#player === player) this.dispatchEvent(new CustomEvent(type, { detail }))
      })
    }
    player.addEventListener('statechange', () => this.#show(player))
    this.#show(player)
  }

  #close (): void {
    this.#player?.close()
    this.#player = undefined
    this.#internals.states?.clear()
  }

  #show ({ state, reason, showsPictures }: Player): void {
    const { states } = this.#internals
    for (const each of STATES) if (each !== state) states?.delete(each)
    states?.add(state)
    this.#video.hidden = showsPictures
    this.#canvas.hidden = !showsPictures
    this.#button.hidden = state !== 'blocked'
    this.#message.hidden = state !== 'error' && state !== 'waiting' && state !== 'ended'
    this.#message.textContent = reason
  }
}

if (globalThis.customElements?.get('media-sse') === undefined) globalThis.customElements?.define('media-sse', MediaSseElement)
