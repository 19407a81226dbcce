// One body that is published over a connection of its own, and what its publisher was answered.
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { within } from '../../test/kit/within.js'
import { INITS, fragmentOf, mediaOf } from './media.js'
import type { Kind } from './media.js'

/** What a publisher was answered. */
export interface Answer {
  readonly status: number
  readonly segments?: number
  readonly id?: string
}

export interface BodyOptions {
  readonly kind: Kind
}

/** A body under way. */
export class Body {
  readonly number: number
  /** Segments whose last byte was written. */
  sent = 0
  /** What it was answered; undefined if its connection broke before. */
  answer: Answer | undefined
  /** Resolves when it is answered, or its connection is gone. */
  readonly over: Promise<void>
  /** Whether it is. */
  isOver = false
  readonly #kind: Kind
  readonly #request: ClientRequest

  constructor (number: number, url: string, { kind }: BodyOptions) {
    this.number = number
    this.#kind = kind
    this.#request = request(url, { method: 'POST', agent: false })
    this.over = new Promise(resolve => {
      const end = (): void => {
        this.isOver = true
        resolve()
      }
      this.#request.on('response', response => { this.#read(response).then(end, end) })
      this.#request.on('error', end)
      this.#request.on('close', end)
    })
  }

  /** Its track's init segment. */
  async begin (): Promise<void> {
    await this.#write(INITS[this.#kind])
  }

  /** One more segment: a fragment with so many bytes of media. @param join - whether decoding can start there */
  async fragment (length: number, join: boolean): Promise<void> {
    await this.#write(fragmentOf(this.#kind, { body: this.number, index: this.sent, length }, join))
    this.sent++
  }

  /** A first part of a fragment. */
  async half (length: number, part: number): Promise<void> {
    const bytes = fragmentOf(this.#kind, { body: this.number, index: this.sent, length }, true)
    await this.#write(bytes.subarray(0, Math.max(1, Math.floor(bytes.byteLength * part))))
  }

  /** The whole body: one object that is not looked into. */
  object (length: number): void {
    const bytes = mediaOf({ body: this.number, index: 0, length })
    this.#request.setHeader('content-type', 'application/x-test')
    this.#request.setHeader('content-length', bytes.byteLength)
    this.sent = 1
    this.#request.end(bytes)
  }

  /** Bytes that are no media. */
  async broken (bytes: Uint8Array): Promise<void> {
    await this.#write(bytes)
  }

  /** Ends it, and waits for its answer. */
  async end (): Promise<void> {
    this.#request.end()
    await this.gone()
  }

  /** Waits until it is answered, or its connection is gone. */
  async gone (): Promise<void> {
    await within(this.over, `an end of body ${this.number}, of which ${this.sent} segments were sent`)
    this.#request.destroy()
  }

  /** Resets its connection. */
  reset (): void {
    this.#request.socket?.resetAndDestroy()
    this.#request.destroy()
  }

  /** Closes its connection. */
  kill (): void {
    this.#request.destroy()
  }

  async #write (bytes: Uint8Array): Promise<void> {
    if (this.isOver) return
    await Promise.race([this.over, new Promise<void>(resolve => { this.#request.write(bytes, () => resolve()) })])
  }

  async #read (response: IncomingMessage): Promise<void> {
    let text = ''
    for await (const part of response.setEncoding('utf8')) text += part
    this.answer = { ...(text === '' ? {} : JSON.parse(text)), status: response.statusCode! }
  }
}
