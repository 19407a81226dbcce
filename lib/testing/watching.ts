// A viewer whose body a test reads as it likes: at once, slowly, not at all, or only up to some point.
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { EventLog } from './event-log.js'
import type { ReceivedEvent } from './event-log.js'
import { within } from './within.js'

/** The answer to a viewer. */
export interface Answered {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: Readable
  /** Leaves, as a client does: the server notices it. */
  readonly leave: () => void
}

/** A viewer. Iterating it gives its events, from the first unread one to the end. */
export class Watching extends EventLog implements AsyncIterable<ReceivedEvent> {
  readonly #body: Readable
  readonly #leave: () => void
  // The number of events read by next() or in a loop.
  #read = 0
  #bandwidth = Infinity
  #stalled = false
  // A delayed piece of the body.
  #arriving: Buffer | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param timeout - limit for each wait, in milliseconds */
  constructor ({ status, headers, body, leave }: Answered, timeout?: number) {
    super(timeout)
    this.status = status
    this.headers = headers
    this.#body = body
    this.#leave = leave
    body.on('data', (bytes: Buffer) => { this.#begin(bytes) })
    // A broken body shows as `closed` without `ended`.
    body.on('error', () => {})
    body.on('end', () => { this.end() })
    body.on('close', () => {
      this.#arrive()
      this.close()
    })
  }

  /**
   * The rate at which it reads, in bytes per second; Infinity until it is set. Each piece arrives after the time that it takes at this
   * rate; a change applies from the next piece on.
   * @throws RangeError if it is not above 0
   */
  get bandwidth (): number { return this.#bandwidth }

  set bandwidth (bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) {
      throw new RangeError(`bandwidth must be above 0 bytes a second, got ${bytesPerSecond}: use stall() to ` +
      'read nothing')
    }
    this.#bandwidth = bytesPerSecond
  }

  /**
   * Stops reading. The buffers on the way fill, then the server waits for this viewer: by `inject` after 16 to 64 KiB, over a socket after
   * the kernels' buffers, several megabytes. Over a socket it does not notice meanwhile that the server closes the connection.
   */
  stall (): void {
    this.#stalled = true
    clearTimeout(this.#timer)
    this.#body.pause()
  }

  /** Reads on, at its bandwidth. */
  resume (): void {
    if (!this.#stalled) return
    this.#stalled = false
    if (this.#arriving === undefined) this.#body.resume()
    else this.#begin(this.#arriving)
  }

  /**
   * Leaves like a client that disconnects, and resolves when its connection is closed. The server notices a moment later: await its hook.
   */
  async disconnect (): Promise<void> {
    this.#leave()
    await this.until(() => this.closed)
  }

  /**
   * The next unread event.
   * @param event - its name, `message` for a segment: events before it are skipped
   * @throws (rejects) Error if the end comes first, or nothing comes in time, with a summary of the events so far
   */
  async next (event?: string): Promise<ReceivedEvent> {
    const next = await this.#upcoming(event)
    if (next === undefined) throw new Error(`The end came before ${nameOf(event)}: ${this.summary}`)
    return next
  }

  /** @throws (rejects) Error if nothing comes in time */
  async * [Symbol.asyncIterator] (): AsyncGenerator<ReceivedEvent, void, undefined> {
    for (;;) {
      const next = await this.#upcoming()
      if (next === undefined) return
      yield next
    }
  }

  async #upcoming (event?: string): Promise<ReceivedEvent | undefined> {
    return await within(this.#find(event), () => `${nameOf(event)}, but ${this.summary}`, this.timeout)
  }

  async #find (event: string | undefined): Promise<ReceivedEvent | undefined> {
    for (;;) {
      const next = this.events.findIndex((one, index) => index >= this.#read && (event === undefined || one.event === event))
      if (next >= 0) {
        this.#read = next + 1
        return this.events[next]
      }
      if (this.closed) return undefined
      await once(this, 'change')
    }
  }

  #begin (bytes: Buffer): void {
    this.#arriving = bytes
    if (this.#bandwidth === Infinity) return this.#arrive()
    this.#body.pause()
    this.#timer = setTimeout(() => { this.#arrive() }, bytes.byteLength / this.#bandwidth * 1000)
  }

  #arrive (): void {
    clearTimeout(this.#timer)
    const bytes = this.#arriving
    if (bytes === undefined) return
    this.#arriving = undefined
    this.take(bytes)
    this.emit('change')
    if (!this.#stalled) this.#body.resume()
  }
}

function nameOf (event: string | undefined): string {
  return event === undefined ? 'another event' : `an event ${event}`
}
