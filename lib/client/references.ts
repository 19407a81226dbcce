// Fetches what a stream's events only refer to: its segments, at addresses that are relative to the stream's own. One connection's.
import { pause } from './pause.js'

type Bytes = Uint8Array<ArrayBuffer>

/** The connection that the events come over. */
export interface Stream {
  /** As it was asked for. */
  readonly url: URL
  readonly credentials: RequestCredentials
  /** Its end, with which fetching ends too. */
  readonly signal: AbortSignal
  /** Asks for its headers alone. */
  head (signal: AbortSignal): Promise<Response>
}

// What a watch request's query says of watching. All else in it may be what admits: a signed link, a token.
const OF_WATCHING = ['broadcasts', 'delivery', 'from', 'lastEventId', 'tracks', 'whole']
// Milliseconds. All that comes later waits for it.
const FETCH_TIMEOUT = 5000
const FETCH_PAUSE = 250

/** The references of one connection. */
export class References {
  readonly #stream: Stream
  // Where the stream is in the end; undefined before somebody needs to know.
  #where: Promise<URL> | undefined

  constructor (stream: Stream) {
    this.#stream = stream
  }

  /**
   * Resolves with the bytes at an event's `url`; undefined where they cannot be had. Where it is a proxy that fails, or a server that ends
   * meanwhile, another has them in a moment.
   */
  async fetch (address: string): Promise<Bytes | undefined> {
    const { url, credentials } = this.#stream
    const signal = AbortSignal.any([this.#stream.signal, AbortSignal.timeout(FETCH_TIMEOUT)])
    let base = url
    for (let wait = FETCH_PAUSE; !signal.aborted; wait *= 2) {
      try {
        const response = await fetch(this.#resolved(address, base), { signal, credentials })
        if (response.ok) return new Uint8Array(await response.arrayBuffer())
        if (response.status < 500) {
          const where: URL = await (this.#where ??= this.#redirected(signal))
          if (where.href === base.href) return undefined
          base = where
          continue
        }
      } catch {
        // Nobody has answered to the end.
      }
      await pause(wait * (0.75 + Math.random() / 2), signal)
    }
    return undefined
  }

  // The server's frames are for all viewers: who is admitted by its address takes that along.
  #resolved (address: string, base: URL): URL {
    const url = new URL(address, base)
    for (const [name, value] of this.#stream.url.searchParams) {
      if (!OF_WATCHING.includes(name)) url.searchParams.append(name, value)
    }
    return url
  }

  // An EventSource does not tell where it was redirected to, and addresses are relative to that.
  async #redirected (signal: AbortSignal): Promise<URL> {
    try {
      const { redirected, url } = await this.#stream.head(signal)
      if (redirected) return new URL(url)
    } catch {
      // Nobody answers: then it is where it was asked for.
    }
    return this.#stream.url
  }
}
