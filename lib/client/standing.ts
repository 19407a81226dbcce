// How a player stands, and why, in words for people: judged from what has happened to it, what the server has said, and what its viewer
// wants. After a failure it says how long to wait before the next attempt.
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

/** What a viewer wants, and what keeps the browser from it; see {@link Wish}. */
export interface Wanted {
  readonly isBlocked: boolean
  readonly isPaused: boolean
  readonly isHeld: boolean
}

/** The standing of one player. Times are milliseconds of a clock that is never set back. */
export class Standing {
  /** What the server has said last. */
  server: WatchState | undefined
  #state: PlayerState = 'buffering'
  #reason = ''
  // Why nothing can be shown, until that is tried again.
  #error = ''
  // Why it has begun again, until something is shown.
  #trouble = ''
  #failures = 0
  #movedAt = -Infinity
  #playsSince: number | undefined

  get state (): PlayerState { return this.#state }

  /** Why the state is what it is; empty where the state says all. */
  get reason (): string { return this.#reason }

  /** Whether nothing can be shown until that is tried again. */
  get isHalted (): boolean { return this.#error !== '' }

  /** What is shown has moved. */
  moved (at: number): void {
    this.#movedAt = at
  }

  /**
   * What was shown has failed. It may fail again at once, and the server is not to pay for that; once is no reason to trouble people with
   * it.
   * @returns milliseconds to wait before it is tried again: each time twice as many, until it has played for a while
   */
  failed (reason: string): number {
    this.#trouble = `${reason}: going on at the next key frame`
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures)
    this.#halt(this.#failures++ === 0 ? '' : `${reason}: trying again`)
    return pause
  }

  /** Nothing can be shown. @returns milliseconds to wait before it is tried again */
  refused (reason: string): number {
    this.#halt(reason)
    return LONGEST_PAUSE
  }

  /** The viewer may not watch. @returns milliseconds to wait before it is tried again */
  forbidden (): number {
    return this.refused(REASONS['forbidden']!)
  }

  /** It is tried again. */
  triesAgain (): void {
    this.#error = ''
  }

  /**
   * Judges how it stands now.
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
    // A picture stands still until the next one, and a paused one for as long as its viewer likes.
    return (showsPictures || isPaused) && this.#movedAt > 0 ? 'playing' : 'buffering'
  }

  #reasonFor (state: PlayerState, { isHeld }: Wanted): string {
    if (state !== 'buffering') return REASONS[state === 'waiting' ? this.server! : state] ?? ''
    return isHeld ? REASONS['held']! : this.#trouble
  }
}
