// WebDriver BiDi (W3C): commands and events as JSON over one WebSocket, as Firefox speaks it.
import { once } from 'node:events'
import { WebSocket } from 'undici'

interface Message {
  readonly id?: number
  readonly type: 'success' | 'error' | 'event'
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
  readonly method?: string
  readonly params?: unknown
}

interface Waiting { readonly resolve: (result: unknown) => void, readonly reject: (error: Error) => void }

/** A connection to a browser. */
export class BiDi {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Map<string, (params: unknown) => void>()
  #sent = 0

  private constructor (socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => { this.#take(JSON.parse(String(data))) })
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The browser has closed the connection'))
      this.#waiting.clear()
    })
  }

  /** @throws what stands in the way, when the browser does not take the connection */
  static async connect (url: string): Promise<BiDi> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new BiDi(socket)
  }

  /** Sends a command and resolves with its result. @throws Error with what the browser says is wrong */
  async send<T> (method: string, params: object): Promise<T> {
    const id = ++this.#sent
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: result => { resolve(result as T) }, reject: error => { reject(new Error(`${method}: ${error.message}`)) } })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  /** Hears of an event from now on; one listener for each. */
  async subscribe<T> (event: string, listener: (params: T) => void): Promise<void> {
    this.#listeners.set(event, params => { listener(params as T) })
    await this.send('session.subscribe', { events: [event] })
  }

  #take ({ id, type, result, error, message, method, params }: Message): void {
    if (type === 'event') return this.#listeners.get(method ?? '')?.(params)
    const waiting = this.#waiting.get(id ?? 0)
    this.#waiting.delete(id ?? 0)
    if (type === 'success') waiting?.resolve(result)
    else waiting?.reject(new Error(`${error}: ${message}`))
  }
}
