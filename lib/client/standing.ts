// A player's state, with a reason in words for people: derived from its events, the server's messages, and its viewer's wish. After a
// failure it says how long to wait before the next attempt.
import type { WatchState } from '../wire.js'
import type { PlayerState } from './contract.js'

// Milliseconds.
const STILL = 600
const HAS_RECOVERED = 5000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

const REASONS: Readonly<Partial<Record<string, string>>> = {
  waiting: 'Nobody is publishing yet',
  full: 'The server is full: trying again',
  closing: 'The server is restarting: trying again',
  forbidden: 'You may not watch this broadcast',
  blocked: 'The browser wants a click before it plays',
  held: 'The browser has paused it: it goes on when it is seen again',
  ended: 'The broadcast has ended'
}

/** The viewer's wish, and whether the browser prevents it; see {@link Wish}. */
export interface Wanted {
  readonly isBlocked: boolean
  readonly isPaused: boolean
  readonly isHeld: boolean
}

/** The state of one player. Times are milliseconds of a monotonic clock. */
export class Standing {
  /** The server's latest state. */
  server: WatchState | undefined
  #state: PlayerState = 'buffering'
  #reason = ''
  // Why nothing can be shown, until the next attempt.
  #error = ''
  // Why it has restarted, until something is shown.
  #trouble = ''
  #failures = 0
  #movedAt = -Infinity
  #playsSince: number | undefined

  get state (): PlayerState { return this.#state }

  /** Explains the state; empty if the state says it all. */
  get reason (): string { return this.#reason }

  /** Whether nothing can be shown until the next attempt. */
  get isHalted (): boolean { return this.#error !== '' }

  /** The picture has moved. */
  moved (at: number): void {
    this.#movedAt = at
  }

  /**
   * The current output has failed. It may fail again at once, and the server must not pay for that; a single failure is not reported to
   * people.
   * @returns milliseconds to wait before the next attempt: doubled each time, until it has played for a while
   */
  failed (reason: string): number {
    this.#trouble = `${reason}: going on at the next key frame`
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures)
    this.#halt(this.#failures++ === 0 ? '' : `${reason}: trying again`)
    return pause
  }

  /** Nothing can be shown. @returns milliseconds to wait before the next attempt */
  refused (reason: string): number {
    this.#halt(reason)
    return LONGEST_PAUSE
  }

  /** The viewer may not watch. @returns milliseconds to wait before the next attempt */
  forbidden (): number {
    return this.refused(REASONS['forbidden']!)
  }

  /** A new attempt begins. */
  triesAgain (): void {
    this.#error = ''
  }

  /**
   * Derives the current state.
   * @param showsPictures - whether it shows still pictures
   * @returns whether the state or the reason has changed
   */
  judge (now: number, wanted: Wanted, showsPictures: boolean): boolean {
    const state = this.#stateAt(now, wanted, showsPictures)
    this.#playsSince = state === 'playing' ? this.#playsSince ?? now : undefined
    if (state === 'playing') this.#trouble = ''
    if (this.#playsSince !== undefined && now - this.#playsSince > HAS_RECOVERED) this.#failures = 0
    const reason = this.#error || this.#reasonFor(state, wanted)
    if (state === this.#state && reason === this.#reason) return false
    this.#state = state
    this.#reason = reason
    return true
  }

  #halt (error: string): void {
    this.#error = error
    this.#movedAt = -Infinity
  }

  #stateAt (now: number, { isBlocked, isPaused }: Wanted, showsPictures: boolean): PlayerState {
    if (this.isHalted) return 'error'
    if (isBlocked) return 'blocked'
    if (now - this.#movedAt < STILL) return 'playing'
    if (this.server === 'ended') return 'ended'
    if (this.server !== undefined && this.server !== 'live') return 'waiting'
    // A still picture does not move until the next one, and a paused one as long as its viewer likes.
    return (showsPictures || isPaused) && this.#movedAt > 0 ? 'playing' : 'buffering'
  }

  #reasonFor (state: PlayerState, { isHeld }: Wanted): string {
    if (state !== 'buffering') return REASONS[state === 'waiting' ? this.server! : state] ?? ''
    return isHeld ? REASONS['held']! : this.#trouble
  }
}
