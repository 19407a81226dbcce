// Logs damage in the media of one broadcast's publishers: dropped data is counted, with at most one line a second. The timer runs only
// while there is something to log.
import type { FastifyBaseLogger } from 'fastify'
import type { Dropped, Splitter } from '../media/segment.js'

// Milliseconds from the first counted drop to its log line.
const PERIOD = 1000

/** What a splitter has dropped since the last call. */
export class DropCount {
  #count = 0
  #bytes = 0

  /** @returns undefined if nothing was */
  since ({ dropped }: Pick<Splitter, 'dropped'>): Dropped | undefined {
    if (dropped === undefined || dropped.count + dropped.bytes === this.#count + this.#bytes) return undefined
    const since = { count: dropped.count - this.#count, bytes: dropped.bytes - this.#bytes }
    this.#count = dropped.count
    this.#bytes = dropped.bytes
    return since
  }
}

/** The damage in one broadcast's bodies, until it is logged. */
export class DropReport {
  readonly #log: FastifyBaseLogger
  #count = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor (log: FastifyBaseLogger) {
    this.#log = log
  }

  /** Adds dropped data; undefined if there was none. */
  add (dropped: Dropped | undefined): void {
    if (dropped === undefined) return
    this.#count += dropped.count
    this.#bytes += dropped.bytes
    this.#timer ??= setTimeout(() => this.tell(), PERIOD).unref()
  }

  /** Logs the counts, if there are any. */
  tell (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#count + this.#bytes === 0) return
    this.#log.warn({ dropped: this.#count, bytes: this.#bytes }, 'a publisher sends damaged media, which is left out')
    this.#count = this.#bytes = 0
  }
}
