// The events that a viewer has received: parses server-sent events as the standard does (WHATWG HTML, 9.2.6).
import { EventEmitter, once } from 'node:events'
import { createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'
import { LONG, within } from './within.js'

/** An event as an EventSource would dispatch it, the id included. */
export interface ReceivedEvent {
  readonly event: string
  readonly id: string
  readonly data: string
  /** The first line of `data`, parsed; empty if it is not a JSON object. */
  readonly json: Record<string, unknown>
  /** The second line of `data`, decoded from base64; empty if there is none. */
  readonly bytes: Buffer
}

/** A log that emits `change` whenever something arrives. */
export class EventLog extends EventEmitter {
  /** Status of the response; 0 before it. */
  status = 0
  headers: Record<string, unknown> = {}
  /** All received events, in order. */
  readonly events: ReceivedEvent[] = []
  readonly comments: string[] = []
  /** Milliseconds. */
  readonly retries: number[] = []
  lastEventId = ''
  /** Whether the body ended cleanly. */
  ended = false
  /** Whether the connection is gone, and all received bytes are decoded. */
  closed = false
  /** Bytes of the body, before decoding. */
  received = 0
  /** The error in an encoded body. */
  broken: Error | undefined
  /** Limit for each wait, in milliseconds. */
  protected readonly timeout: number
  // The received pieces of an incomplete event: joined only at its end, as a large one comes in many pieces.
  #pieces: string[] = []
  // The last character received.
  #last = ''
  #gunzip: Gunzip | undefined

  constructor (timeout = LONG) {
    super()
    this.timeout = timeout
    this.setMaxListeners(0)
  }

  /** The segments among the events. */
  get segments (): ReceivedEvent[] { return this.named('message') }

  /** The events of that name; segments are named `message`. */
  named (name: string): ReceivedEvent[] { return this.events.filter(({ event }) => event === name) }

  /**
   * Resolves when a condition holds; checked at each arrival.
   * @throws (rejects) Error if the connection closes first, or nothing comes in time, with a summary of the events so far
   */
  async until (condition: () => boolean): Promise<this> {
    await within(this.#comesTo(condition), () => `${String(condition)}, but ${this.summary}`, this.timeout)
    return this
  }

  /**
   * Resolves when the connection has closed, or the body has ended.
   * @throws (rejects) Error if that takes too long, with a summary of the events so far
   */
  async over (): Promise<this> {
    await within(this.#comesTo(() => this.closed || this.ended), () => `the end, but ${this.summary}`, this.timeout)
    return this
  }

  async #comesTo (condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.closed) throw new Error(`closed with ${this.events.length} events before the condition held: ${this.summary}`)
      await once(this, 'change')
    }
  }

  /** A summary of the events so far, for an error. */
  protected get summary (): string {
    const last = this.events.at(-1)
    return `status ${this.status}, ${this.events.length} events, the last ${last?.event} ${last?.id} ${JSON.stringify(last?.json)}`
  }

  /** Takes bytes of the body, in the encoding given by the headers. */
  protected take (bytes: Buffer): void {
    this.received += bytes.byteLength
    if (this.headers['content-encoding'] !== 'gzip') return this.#feed(bytes.toString('latin1'))
    this.#decoder().write(bytes)
  }

  /** The body has ended; an incomplete encoded one is not a clean end. */
  protected end (): void {
    if (this.headers['content-encoding'] === 'gzip') this.#decoder().end()
    else this.ended = true
  }

  /** The connection is gone: closed once all received bytes are decoded. */
  protected close (): void {
    const closed = (): void => {
      this.closed = true
      this.emit('change')
    }
    if (this.#gunzip === undefined || this.#gunzip.closed) return closed()
    this.#gunzip.once('close', closed)
    this.#gunzip.end()
  }

  #decoder (): Gunzip {
    if (this.#gunzip !== undefined) return this.#gunzip
    this.#gunzip = createGunzip()
    this.#gunzip.on('data', (bytes: Buffer) => {
      this.#feed(bytes.toString('latin1'))
      this.emit('change')
    })
    this.#gunzip.on('error', error => { this.broken = error })
    this.#gunzip.on('end', () => {
      this.ended = true
      this.emit('change')
    })
    return this.#gunzip
  }

  #feed (text: string): void {
    const seen = this.#last + text
    this.#last = seen.slice(-1)
    this.#pieces.push(text)
    if (!seen.includes('\n\n')) return
    const blocks = this.#pieces.join('').split('\n\n')
    this.#pieces = [blocks.pop()!]
    for (const block of blocks) this.#dispatch(Buffer.from(block, 'latin1').toString())
  }

  #dispatch (block: string): void {
    const data: string[] = []
    let event = 'message'
    for (const line of block.split('\n')) {
      const colon = line.includes(':') ? line.indexOf(':') : line.length
      const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
      if (field === '') this.comments.push(value)
      else if (field === 'retry') this.retries.push(Number(value))
      else if (field === 'id') this.lastEventId = value
      else if (field === 'event') event = value
      else if (field === 'data') data.push(value)
    }
    if (data.length === 0) return
    const [json, base64 = ''] = data
    this.events.push({
      event,
      id: this.lastEventId,
      data: data.join('\n'),
      json: objectOf(json!),
      bytes: Buffer.from(base64, 'base64')
    })
  }
}

function objectOf (line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {}
  try {
    return JSON.parse(line)
  } catch {
    return {}
  }
}
