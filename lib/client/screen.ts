// Shows a player's broadcast: chooses among its tracks, and passes their segments to the media element, or to the picture.
import type { ServerClock } from './clock.js'
import type { PlayerScreens } from './contract.js'
import type { ReceivedSegment } from './feed.js'
import { MediaOutput, canPlay } from './media-output.js'
import type { Init } from './media-output.js'
import { PictureOutput } from './picture-output.js'
import { choose } from './playable.js'
import type { Choice } from './playable.js'

/** The element that a page gives to a player. */
export type ScreenTarget = HTMLMediaElement | HTMLImageElement | HTMLCanvasElement | PlayerScreens

/** The elements of a target, by kind. */
export function elementsOf (target: ScreenTarget): PlayerScreens {
  if (target instanceof HTMLMediaElement) return { media: target }
  return target instanceof HTMLImageElement || target instanceof HTMLCanvasElement ? { picture: target } : target
}

/** The callbacks of a screen. */
export interface ScreenOwner {
  readonly clock: ServerClock
  /** Seconds. */
  readonly targetLatency: number
  /** A media output has begun, and is ready to play. */
  opened (): void
  /** The current output cannot show anything more. */
  failed (reason: string): void
  /** A picture is visible. @param received - when the server received it or it was captured, milliseconds of the server's clock */
  picture (received: number): void
}

/**
 * The result of a choice of tracks: shown; shown, and fewer than received; different ones, which require rejoining the broadcast; or none
 * that can be shown.
 */
export type Decision =
  | { readonly kind: 'shown' | 'different' }
  | { readonly kind: 'fewer', readonly tracks: readonly string[] }
  | { readonly kind: 'none', readonly reason: string }

/** The elements of one player, and their contents. */
export class Screen {
  media: MediaOutput | undefined
  pictures: PictureOutput | undefined
  readonly #screens: PlayerScreens
  readonly #owner: ScreenOwner
  readonly #inits = new Map<string, Init>()
  // When the connection was made, milliseconds of the server's clock.
  #connectedAt = 0
  #choice: Exclude<Choice, { kind: 'none' }> | undefined
  // Of the selected tracks.
  #shape = ''
  // The tracks may have changed since the last choice.
  #undecided = true

  constructor (screens: PlayerScreens, owner: ScreenOwner) {
    this.#screens = screens
    this.#owner = owner
  }

  /** A new connection delivers the next segments. @param now - milliseconds of the server's clock */
  connected (now: number): void {
    this.#connectedAt = now
    this.media?.connected(now)
  }

  /** Forgets the tracks: the server will announce all of them again. */
  forget (): void {
    this.#inits.clear()
    this.#undecided = true
  }

  init (init: Init): void {
    const { track, mime, kind } = init.message
    const known = this.#inits.get(track)?.message
    if (known?.mime !== mime || known.kind !== kind) this.#undecided = true
    this.#inits.set(track, init)
    if (!this.#undecided) this.media?.init(init)
  }

  /** Chooses again, if the tracks may have changed. Call it before each segment. */
  decide (): Decision {
    if (!this.#undecided) return { kind: 'shown' }
    this.#undecided = false
    const inits = [...this.#inits.values()]
    const choice = choose(inits.map(({ message }) => message), this.#shows, canPlay)
    if (choice.kind === 'none') return choice
    const before = this.#choice
    const shape = shapeOf(choice.tracks.map(track => this.#inits.get(track)!))
    const isOther = before !== undefined && shape !== this.#shape
    this.#choice = choice
    this.#shape = shape
    if (isOther) {
      this.#closeOutputs()
      this.#open(choice)
      return { kind: 'different' }
    }
    if (before === undefined) this.#open(choice)
    else for (const init of inits) this.media?.init(init)
    return choice.tracks.length < inits.length ? { kind: 'fewer', tracks: choice.tracks } : { kind: 'shown' }
  }

  /** Shows a segment. */
  show (segment: ReceivedSegment): void {
    const { message: { track, captured, received }, bytes } = segment
    this.media?.append(segment)
    if (this.pictures === undefined || track !== this.#choice?.tracks[0]) return
    const { mime } = this.#inits.get(track)!.message
    this.pictures.show({ bytes, mime }, () => this.#owner.picture(captured ?? received))
  }

  close (): void {
    this.#closeOutputs()
    this.#choice = undefined
    this.forget()
  }

  get #shows (): { media: 'video' | 'audio' | undefined, picture: boolean } {
    const { media, picture } = this.#screens
    const kind = media instanceof HTMLVideoElement ? 'video' : 'audio'
    return { media: media && kind, picture: picture !== undefined }
  }

  #open ({ kind, tracks }: Exclude<Choice, { kind: 'none' }>): void {
    const { media, picture } = this.#screens
    if (kind === 'picture') {
      this.pictures = new PictureOutput(picture!, reason => this.#owner.failed(reason))
      return
    }
    this.media = new MediaOutput(media!, tracks.map(track => this.#inits.get(track)!), this.#owner, this.#owner.targetLatency)
    this.media.connected(this.#connectedAt)
    this.#owner.opened()
  }

  #closeOutputs (): void {
    this.media?.close()
    this.pictures?.close()
    this.media = this.pictures = undefined
  }
}

// The property that cannot change in a SourceBuffer: the kinds of media in it (W3C Media Source Extensions, 5.5.7). Chromium accepts
// others, and plays nothing.
function shapeOf (inits: readonly Init[]): string {
  return inits.map(({ message: { track, kind } }) => `${track} ${kind}`).join()
}
