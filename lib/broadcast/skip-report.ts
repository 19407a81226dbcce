// Logs what viewers of one broadcast miss: skips are counted, with at most one line a second. The timer runs only while there is something
// to log.
import type { FastifyBaseLogger } from 'fastify'
import type { GapMessage, GapReason } from '../wire.js'

// Milliseconds from the first counted skip to its log line.
const PERIOD = 1000

/** The skips of one broadcast's viewers, until they are logged. */
export class SkipReport {
  readonly #log: FastifyBaseLogger
  #skips = 0
  #segments = 0
  #reasons: Partial<Record<GapReason, number>> = {}
  #timer: NodeJS.Timeout | undefined

  constructor (log: FastifyBaseLogger) {
    this.#log = log
  }

  /** Adds the gap of one viewer. */
  add ({ reason, segments }: GapMessage): void {
    this.#skips++
    this.#segments += segments ?? 0
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1
    this.#timer ??= setTimeout(() => this.tell(), PERIOD).unref()
  }

  /** Logs the counts, if there are any. */
  tell (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#skips === 0) return
    this.#log.info({ skips: this.#skips, segments: this.#segments, reasons: this.#reasons }, 'viewers skipped segments')
    this.#skips = this.#segments = 0
    this.#reasons = {}
  }
}
