// A viewer over a real socket: reads server-sent events as the standard's parser does, stalls, resumes, and leaves.
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** An event as an EventSource would dispatch it, the id included. */
export interface ReceivedEvent {
  readonly event: string
  readonly id: string
  readonly data: string
  /** The first line of `data`, parsed. */
  readonly json: Record<string, unknown>
  /** The second line of `data`, decoded. */
  readonly bytes: Buffer
}

export interface WatchOptions {
  readonly headers?: Record<string, string>
  readonly version?: '1.0' | '1.1'
  readonly method?: string
}

/** Watches `http://host:port/path`. */
export class Watching extends EventEmitter {
  status = 0
  headers: Record<string, string> = {}
  readonly events: ReceivedEvent[] = []
  readonly comments: string[] = []
  readonly retries: number[] = []
  lastEventId = ''
  /** The body ended cleanly. */
  ended = false
  closed = false
  readonly socket: Socket
  #input: Buffer = Buffer.alloc(0)
  #text = ''
  #chunked = false
  #inBody = false

  constructor (url: string, { headers = {}, version = '1.1', method = 'GET' }: WatchOptions = {}) {
    super()
    this.setMaxListeners(0)
    const { hostname, port, pathname, search } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port) })
    const lines = Object.entries({ host: `${hostname}:${port}`, accept: 'text/event-stream', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} ${pathname}${search} HTTP/${version}\r\n${lines.join('')}\r\n`)
    this.socket.on('data', bytes => { this.#take(bytes) })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
      if (!this.#chunked && this.#inBody) this.ended = true
      this.emit('change')
    })
  }

  /** The segments among the events. */
  get segments (): ReceivedEvent[] { return this.named('message') }

  named (name: string): ReceivedEvent[] { return this.events.filter(({ event }) => event === name) }

  /** Resolves when a condition holds; looked at whenever something arrives. Rejects when the connection closes before. */
  async until (condition: () => boolean): Promise<this> {
    while (!condition()) {
      if (this.closed) throw new Error(`closed with ${this.events.length} events before the condition held`)
      await once(this, 'change')
    }
    return this
  }

  /** Resolves when the connection has closed, or the body has ended. */
  async over (): Promise<this> {
    while (!this.closed && !this.ended) await once(this, 'change')
    return this
  }

  /** Takes no more bytes; the kernel's buffers fill, then the server's sink waits. */
  stall (): void { this.socket.pause() }

  resume (): void { this.socket.resume() }

  async leave (): Promise<void> {
    if (this.closed) return
    this.socket.destroy()
    await this.over()
  }

  #take (bytes: Buffer): void {
    this.#input = this.#input.byteLength === 0 ? bytes : Buffer.concat([this.#input, bytes])
    if (!this.#inBody) this.#head()
    if (this.#inBody) this.#body()
    this.emit('change')
  }

  #head (): void {
    const end = this.#input.indexOf('\r\n\r\n')
    if (end < 0) return
    const [status = '', ...fields] = this.#input.subarray(0, end).toString('latin1').split('\r\n')
    this.status = Number(status.split(' ')[1])
    for (const field of fields) {
      const colon = field.indexOf(':')
      this.headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim()
    }
    this.#chunked = this.headers['transfer-encoding'] === 'chunked'
    this.#inBody = true
    this.#input = this.#input.subarray(end + 4)
  }

  #body (): void {
    if (!this.#chunked) {
      this.#text += this.#input.toString('latin1')
      this.#input = Buffer.alloc(0)
      return this.#parse()
    }
    const parts: string[] = []
    let offset = 0
    for (;;) {
      const line = this.#input.indexOf('\r\n', offset)
      if (line < 0) break
      const size = Number.parseInt(this.#input.toString('latin1', offset, line), 16)
      if (this.#input.byteLength < line + 2 + size + 2) break
      if (this.#input.toString('latin1', line + 2 + size, line + 4 + size) !== '\r\n') throw new Error('broken chunk framing')
      if (size === 0) this.ended = true
      parts.push(this.#input.toString('latin1', line + 2, line + 2 + size))
      offset = line + 4 + size
    }
    this.#input = this.#input.subarray(offset)
    this.#text += parts.join('')
    this.#parse()
  }

  #parse (): void {
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) this.#dispatch(Buffer.from(block, 'latin1').toString())
  }

  // WHATWG HTML, 9.2.6
  #dispatch (block: string): void {
    const data: string[] = []
    let event = 'message'
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (field === '') this.comments.push(value)
      else if (field === 'retry') this.retries.push(Number(value))
      else if (field === 'id') this.lastEventId = value
      else if (field === 'event') event = value
      else if (field === 'data') data.push(value)
    }
    if (data.length === 0) return
    const [json = '', base64 = ''] = data
    this.events.push({
      event,
      id: this.lastEventId,
      data: data.join('\n'),
      json: json.startsWith('{') ? JSON.parse(json) : {},
      bytes: Buffer.from(base64, 'base64')
    })
  }
}

/** Opens a viewer and waits for its headers. */
export async function watch (url: string, options?: WatchOptions): Promise<Watching> {
  const watching = new Watching(url, options)
  return await watching.until(() => watching.status !== 0)
}
