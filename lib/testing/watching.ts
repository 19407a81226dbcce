// A viewer whose body a test reads as it likes: at once, slowly, not at all, or no more.
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { EventLog } from './event-log.js'
import type { ReceivedEvent } from './event-log.js'
import { within } from './within.js'

/** What a viewer was answered with. */
export interface Answered {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: Readable
  /** Leaves, as a client does: the server sees it. */
  readonly leave: () => void
}

/** A viewer. Iterating it gives its events, from the one that was not read yet until the end. */
export class Watching extends EventLog implements AsyncIterable<ReceivedEvent> {
  readonly #body: Readable
  readonly #leave: () => void
  // How many of the events were read by next() or in a loop.
  #read = 0
  #bandwidth = Infinity
  #stalled = false
  // A piece of the body that takes its time.
  #arriving: Buffer | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param timeout - milliseconds that anything may take that is waited for */
  constructor ({ status, headers, body, leave }: Answered, timeout?: number) {
    super(timeout)
    this.status = status
    this.headers = headers
    this.#body = body
    this.#leave = leave
    body.on('data', (bytes: Buffer) => { this.#begin(bytes) })
    // That it broke off is told by `closed` without `ended`.
    body.on('error', () => {})
    body.on('end', () => { this.end() })
    body.on('close', () => {
      this.#arrive()
      this.close()
    })
  }

  /**
   * Bytes a second that it reads, Infinity until it is set. Each piece arrives when so much time has passed; a change counts from the next
   * piece on.
   * @throws RangeError where it is not above 0
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
   * Reads no more. The buffers on the way fill, then the server waits for this viewer: by `inject` after 16 to 64 KiB, over a socket after
   * what the kernels take, several megabytes. Over a socket it does not see meanwhile that the server closes the connection.
   */
  stall (): void {
    this.#stalled = true
    clearTimeout(this.#timer)
    this.#body.pause()
  }

  /** Reads on, as fast as it may. */
  resume (): void {
    if (!this.#stalled) return
    this.#stalled = false
    if (this.#arriving === undefined) this.#body.resume()
    else this.#begin(this.#arriving)
  }

  /**
   * Leaves, as a client does that goes away, and resolves when its connection is closed. The server hears of it a moment later: await its
   * hook.
   */
  async disconnect (): Promise<void> {
    this.#leave()
    await this.until(() => this.closed)
  }

  /**
   * The next event that was not read yet.
   * @param event - its name, `message` for a segment: what comes before it is passed over
   * @throws (rejects) Error where the end comes before, or nothing in time, with what came
   */
  async next (event?: string): Promise<ReceivedEvent> {
    const next = await this.#upcoming(event)
    if (next === undefined) throw new Error(`The end came before ${nameOf(event)}: ${this.summary}`)
    return next
  }

  /** @throws (rejects) Error where nothing comes in time */
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
