// Viewers over a real connection, each by another road: HTTP/1 over TCP or TLS, HTTP/2, or `inject`.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { EventLog } from '../../lib/testing/event-log.js'
import { openInjected } from '../../lib/testing/watch.js'
import { Watching as ReadWatching } from '../../lib/testing/watching.js'
import { within } from './within.js'

export interface WatchOptions {
  readonly headers?: Record<string, string>
  readonly version?: '1.0' | '1.1'
  readonly method?: string
  /** The address that it comes from, of this machine's own. */
  readonly from?: string
}

/** Watches `http://host:port/path`, or `https:`, over a socket of its own. */
export class Watching extends EventLog {
  readonly socket: Socket
  #input: Buffer = Buffer.alloc(0)
  // What has come, and how much of it there must be before any of it can be read: a large chunk comes in many pieces.
  #pieces: Buffer[] = []
  #length = 0
  #awaited = 0
  #chunked = false
  #inBody = false

  constructor (url: string, options: WatchOptions = {}) {
    super()
    const { protocol, hostname, port } = new URL(url)
    const address = { host: hostname, port: Number(port), ...(options.from === undefined ? {} : { localAddress: options.from }) }
    this.socket = protocol === 'https:' ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
    this.request(url, options)
    this.socket.on('data', bytes => { this.#take(bytes) })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      if (!this.#chunked && this.#inBody) this.end()
      this.close()
    })
  }

  /** Sends a request; a further one is pipelined behind the first. */
  request (url: string, { headers = {}, version = '1.1', method = 'GET' }: WatchOptions = {}): void {
    const { host, pathname, search } = new URL(url)
    const lines = Object.entries({ host, accept: 'text/event-stream', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} ${pathname}${search} HTTP/${version}\r\n${lines.join('')}\r\n`)
  }

  /** Forgets a response that has ended, so that the next one on the connection is read. */
  next (): void {
    this.status = 0
    this.ended = this.#inBody = false
    this.#take(Buffer.alloc(0))
  }

  /** Takes no more bytes; the kernel's buffers fill, then the server's sink waits. */
  stall (): void { this.socket.pause() }

  resume (): void { this.socket.resume() }

  async leave (): Promise<void> {
    if (this.closed) return
    this.socket.destroy()
    await this.until(() => this.closed)
  }

  #take (bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#length += bytes.byteLength
    if (this.#length >= this.#awaited) this.#read()
    this.emit('change')
  }

  #read (): void {
    this.#input = Buffer.concat(this.#pieces)
    this.#awaited = 0
    if (!this.#inBody) this.#head()
    if (this.#inBody) this.#body()
    this.#pieces = [this.#input]
    this.#length = this.#input.byteLength
  }

  #head (): void {
    const end = this.#input.indexOf('\r\n\r\n')
    if (end < 0) return
    const [status = '', ...fields] = this.#input.subarray(0, end).toString('latin1').split('\r\n')
    this.status = Number(status.split(' ')[1])
    this.headers = Object.fromEntries(fields.map(field => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
    }))
    this.#chunked = this.headers['transfer-encoding'] === 'chunked'
    this.#inBody = true
    this.#input = this.#input.subarray(end + 4)
  }

  #body (): void {
    if (!this.#chunked) {
      this.take(this.#input)
      this.#input = Buffer.alloc(0)
      return
    }
    const parts: Buffer[] = []
    let offset = 0
    let isLast = false
    while (!isLast) {
      const line = this.#input.indexOf('\r\n', offset)
      if (line < 0) break
      const size = Number.parseInt(this.#input.toString('latin1', offset, line), 16)
      if (this.#input.byteLength < line + 2 + size + 2) {
        this.#awaited = line + 2 + size + 2 - offset
        break
      }
      if (this.#input.toString('latin1', line + 2 + size, line + 4 + size) !== '\r\n') throw new Error('broken chunk framing')
      isLast = size === 0
      parts.push(this.#input.subarray(line + 2, line + 2 + size))
      offset = line + 4 + size
    }
    this.#input = this.#input.subarray(offset)
    this.take(Buffer.concat(parts))
    if (isLast) this.end()
  }
}

/** Watches through a stream of the body, HTTP/2 or `inject`, as users' tests do. */
export class StreamWatching extends ReadWatching {
  async leave (): Promise<void> { await this.disconnect() }
}

/** Opens a viewer and waits for its headers. */
export async function watch (url: string, options?: WatchOptions): Promise<Watching> {
  const watching = new Watching(url, options)
  return await watching.until(() => watching.status !== 0)
}

/** Opens a viewer over HTTP/2, TLS or not, on a session of its own. */
export async function watchHttp2 (url: string, headers: Record<string, string> = {}): Promise<StreamWatching> {
  const { origin, pathname, search } = new URL(url)
  const session = connectHttp2(origin, { rejectUnauthorized: false })
  session.on('error', () => {})
  const stream = session.request({ ':path': pathname + search, accept: 'text/event-stream', ...headers })
  const [response] = await within(once(stream, 'response'), `an answer to ${url}`) as [Record<string, unknown>]
  return new StreamWatching({ status: Number(response[':status']), headers: response, body: stream, leave: () => { session.destroy() } })
}

/** Opens a viewer by `inject`. */
export async function watchInjected (app: FastifyInstance, path: string, headers: Record<string, string> = {}): Promise<StreamWatching> {
  return new StreamWatching(await openInjected(app, path, { accept: 'text/event-stream', ...headers }))
}
