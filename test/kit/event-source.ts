// An EventSource without a browser: it comes back by itself to where it was, and takes a refusal as final (WHATWG HTML, 9.2).
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import type { ReceivedEvent } from '../../lib/testing/event-log.js'
import { Watching } from '../../lib/testing/watching.js'
import { within } from './within.js'
import type { Scope } from './needs.js'

// Milliseconds, before a server says otherwise.
const FIRST_RETRY = 1_000

/** Watches until it is closed, or refused. It emits `change` whenever something arrives, or its connection does. */
export class BareEventSource extends EventEmitter {
  readonly events: ReceivedEvent[] = []
  /** How often it was answered. */
  connections = 0
  /** The status that it has taken as final. */
  refusal: number | undefined
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #closed = new AbortController()
  #watching: Watching | undefined
  #lastEventId = ''

  constructor (url: string, headers: Readonly<Record<string, string>> = {}) {
    super()
    this.setMaxListeners(0)
    this.#url = url
    this.#headers = { accept: 'text/event-stream', ...headers }
  }

  /** The segments among the events. */
  get segments (): ReceivedEvent[] { return this.named('message') }

  named (name: string): ReceivedEvent[] { return this.events.filter(({ event }) => event === name) }

  /** Resolves when a condition holds. @throws (rejects) Error where that does not come in time, or it is refused, with what came */
  async until (condition: () => boolean): Promise<void> {
    const summary = (): string => {
      const { event, id, json } = this.events.at(-1) ?? {}
      return `${String(condition)}, but ${this.connections} connections, refused with ${this.refusal}, ${this.events.length} events, the last ${event} ${id} ${JSON.stringify(json)}`
    }
    const comes = async (): Promise<void> => {
      while (!condition()) {
        if (this.refusal !== undefined) throw new Error(summary())
        await once(this, 'change')
      }
    }
    await within(comes(), summary)
  }

  /** Resolves when it is closed. */
  async run (): Promise<void> {
    const { signal } = this.#closed
    for (let retry = FIRST_RETRY; !signal.aborted && this.refusal === undefined; await pause(retry, undefined, { signal }).catch(() => {})) {
      const watching = this.#watching = await this.#connect()
      if (watching === undefined) continue
      const before = this.events.length
      // What comes in one piece is told at once.
      const take = (): void => {
        this.events.splice(before, Infinity, ...watching.events)
        this.emit('change')
      }
      watching.on('change', take)
      while (!watching.closed) await once(watching, 'change')
      this.#lastEventId = watching.lastEventId || this.#lastEventId
      retry = watching.retries.at(-1) ?? retry
    }
  }

  close (): void {
    this.#closed.abort()
    this.#watching?.disconnect().catch(() => {})
  }

  // Who cannot be reached is asked again.
  async #connect (): Promise<Watching | undefined> {
    const headers = { ...this.#headers, ...(this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId }) }
    try {
      const { statusCode: status, headers: answered, body } = await request(this.#url, { headers, signal: this.#closed.signal })
      this.connections++
      if (status === 200) return new Watching({ status, headers: answered, body, leave: () => { body.destroy() } })
      this.refusal = status
      await body.dump()
    } catch {
      // There was no answer.
    }
    this.emit('change')
    return undefined
  }
}

/** Opens one for one test. */
export function openEventSource (t: Scope, url: string, headers: Readonly<Record<string, string>> = {}): BareEventSource {
  const source = new BareEventSource(url, headers)
  const over = source.run()
  t.teardown(async () => {
    source.close()
    await over
  })
  return source
}
