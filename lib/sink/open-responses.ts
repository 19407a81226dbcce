// The responses that must be over before the server can close, and the HTTP/2 sessions they came by.
import type { Http2Session } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Node's own response, HTTP/1 or HTTP/2. */
export type RawResponse = FastifyReply['raw']
/** Node's own request, HTTP/1 or HTTP/2. */
export type RawRequest = FastifyRequest['raw']

/**
 * Calls `act` once when a response is over: finished, or its connection gone. Node emits no `close` on a response
 * that still waits behind a pipelined one (its socket is null) when their connection goes, so that is heard too.
 */
export function whenOver (request: RawRequest, response: RawResponse, act: () => void): void {
  const behind = response.socket === null ? request.socket : undefined
  const over = (): void => {
    response.removeListener('close', over)
    behind?.removeListener('close', over)
    act()
  }
  response.once('close', over)
  behind?.once('close', over)
}

/** Open responses of one registration. */
export class OpenResponses {
  readonly #open = new Map<RawResponse, () => void>()
  readonly #sessions = new Set<Http2Session>()
  #emptied: () => void = () => {}

  get size (): number { return this.#open.size }

  /** Counts a response until it is over. */
  track (request: RawRequest, response: RawResponse): void {
    this.hold(response, () => response.destroy())
    whenOver(request, response, () => this.release(response))
  }

  /** Counts a response until it is released. @param cut ends it at once */
  hold (response: RawResponse, cut: () => void): void {
    this.#open.set(response, cut)
    const session = sessionOf(response)
    if (session === undefined || this.#sessions.has(session)) return
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }

  /** The counterpart of {@link OpenResponses.hold}. */
  release (response: RawResponse): void {
    this.#open.delete(response)
    if (this.#open.size === 0) this.#emptied()
  }

  /**
   * Waits until all are over, at most that many milliseconds, and cuts what is left; then lets their HTTP/2
   * sessions go, for which Fastify would wait as long as the client keeps them.
   */
  async close (milliseconds: number): Promise<void> {
    if (this.#open.size > 0) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#emptied = resolve
        timer = setTimeout(resolve, milliseconds)
      })
      clearTimeout(timer)
    }
    for (const cut of this.#open.values()) cut()
    this.#open.clear()
    for (const session of this.#sessions) session.destroy()
  }
}

function sessionOf (response: RawResponse): Http2Session | undefined {
  return 'stream' in response ? (response as { stream?: { session?: Http2Session } }).stream?.session : undefined
}
