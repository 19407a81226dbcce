// Tells the log what is damaged in what one broadcast's publishers send, and is left out: counted, and at most one line a second however
// much it is. Its timer runs only while there is something to tell.
import type { FastifyBaseLogger } from 'fastify'
import type { Dropped, Splitter } from '../media/segment.js'

// Milliseconds from the first that is counted to the line that tells it.
const PERIOD = 1000

/** What a splitter has left out since it was last asked. */
export class DropCount {
  #count = 0
  #bytes = 0

  /** @returns undefined where it is nothing */
  since ({ dropped }: Pick<Splitter, 'dropped'>): Dropped | undefined {
    if (dropped === undefined || dropped.count + dropped.bytes === this.#count + this.#bytes) return undefined
    const since = { count: dropped.count - this.#count, bytes: dropped.bytes - this.#bytes }
    this.#count = dropped.count
    this.#bytes = dropped.bytes
    return since
  }
}

/** The damage of one broadcast's bodies, on its way to its log. */
export class DropReport {
  readonly #log: FastifyBaseLogger
  #count = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor (log: FastifyBaseLogger) {
    this.#log = log
  }

  /** That was left out; undefined where nothing was. */
  add (dropped: Dropped | undefined): void {
    if (dropped === undefined) return
    this.#count += dropped.count
    this.#bytes += dropped.bytes
    this.#timer ??= setTimeout(() => this.tell(), PERIOD).unref()
  }

  /** Tells what is counted now, if anything is. */
  tell (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#count + this.#bytes === 0) return
    this.#log.warn({ dropped: this.#count, bytes: this.#bytes }, 'a publisher sends damaged media, which is left out')
    this.#count = this.#bytes = 0
  }
}
