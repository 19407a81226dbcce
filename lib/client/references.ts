// Fetches segments that one connection's events only refer to, at addresses relative to the stream's own.
import { pause } from './pause.js'

type Bytes = Uint8Array<ArrayBuffer>

/** The connection that carries the events. */
export interface Stream {
  /** As requested. */
  readonly url: URL
  readonly credentials: RequestCredentials
  /** Its end, which also ends all fetches. */
  readonly signal: AbortSignal
  /** Requests only its headers. */
  head (signal: AbortSignal): Promise<Response>
}

// The query parameters about watching. Any other may be a credential: a signed link, a token.
const OF_WATCHING = ['broadcasts', 'delivery', 'from', 'lastEventId', 'tracks', 'whole']
// Milliseconds. All later messages wait for it.
const FETCH_TIMEOUT = 5000
const FETCH_PAUSE = 250

/** The references of one connection. */
export class References {
  readonly #stream: Stream
  // The final URL of the stream; undefined before it is needed.
  #where: Promise<URL> | undefined

  constructor (stream: Stream) {
    this.#stream = stream
  }

  /**
   * Resolves with the bytes at an event's `url`; undefined if they are unavailable. If a proxy fails, or the server is shutting down,
   * another server soon has them.
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
        // The request or its body failed.
      }
      await pause(wait * (0.75 + Math.random() / 2), signal)
    }
    return undefined
  }

  // The server's frames are the same for all viewers: a credential in the stream's URL has to be added here.
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
      // No answer: assumes the requested URL.
    }
    return this.#stream.url
  }
}
