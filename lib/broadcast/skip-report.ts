// Tells the log what viewers of one broadcast miss: counted, and at most one line a second however many they are. Its timer runs only while
// there is something to tell.
import type { FastifyBaseLogger } from 'fastify'
import type { GapMessage, GapReason } from '../wire.js'

// Milliseconds from the first that is counted to the line that tells it.
const PERIOD = 1000

/** The skips of one broadcast's viewers, on their way to its log. */
export class SkipReport {
  readonly #log: FastifyBaseLogger
  #skips = 0
  #segments = 0
  #reasons: Partial<Record<GapReason, number>> = {}
  #timer: NodeJS.Timeout | undefined

  constructor (log: FastifyBaseLogger) {
    this.#log = log
  }

  /** A viewer misses what that gap tells. */
  add ({ reason, segments }: GapMessage): void {
    this.#skips++
    this.#segments += segments ?? 0
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1
    this.#timer ??= setTimeout(() => this.tell(), PERIOD).unref()
  }

  /** Tells what is counted now, if anything is. */
  tell (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#skips === 0) return
    this.#log.info({ skips: this.#skips, segments: this.#segments, reasons: this.#reasons }, 'viewers skipped segments')
    this.#skips = this.#segments = 0
    this.#reasons = {}
  }
}
