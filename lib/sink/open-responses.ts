// The responses that must be over before the server can close, and the HTTP/2 sessions that carry them.
import type { Http2Session } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Node's own response, HTTP/1 or HTTP/2. */
export type RawResponse = FastifyReply['raw']
/** Node's own request, HTTP/1 or HTTP/2. */
export type RawRequest = FastifyRequest['raw']

/**
 * Calls `act` once when a response is over: finished, or its connection gone. If the connection goes while a response still waits behind a
 * pipelined one (its socket is null), Node emits no `close` on that response; this is covered too.
 * @returns a function that cancels it
 */
export function whenOver (request: RawRequest, response: RawResponse, act: () => void): () => void {
  const over = (): void => {
    forget()
    act()
  }
  const forgetConnection = response.socket === null ? whenGone(request.socket, over) : () => {}
  const forget = (): void => {
    response.removeListener('close', over)
    forgetConnection()
  }
  response.once('close', over)
  return forget
}

// One listener per connection, for any number of waiting responses: Node warns of many listeners.
const waiting = new WeakMap<RawRequest['socket'], Set<() => void>>()

function whenGone (socket: RawRequest['socket'], act: () => void): () => void {
  const acts = waiting.get(socket) ?? new Set()
  if (!waiting.has(socket)) {
    waiting.set(socket, acts)
    socket.once('close', () => { for (const one of [...acts]) one() })
  }
  acts.add(act)
  return () => { acts.delete(act) }
}

/** Whether a response does not have its connection yet, because the response to an earlier request is using it (RFC 9112, 9.3.2). */
export function isPipelined (request: RawRequest, response: RawResponse): boolean {
  return request.httpVersionMajor === 1 && response.socket === null && !response.destroyed
}

interface Destroyable {
  destroy (): void
}

/** Open responses of one registration. */
export class OpenResponses {
  readonly #open = new Map<RawResponse, Destroyable>()
  // Functions that cancel the tracking of responses without an owner.
  readonly #tracked = new Map<RawResponse, () => void>()
  readonly #sessions = new Set<Http2Session>()
  // Wakes close(), if it is waiting.
  #changed: () => void = () => {}

  get size (): number { return this.#open.size }

  /** Counts a response from its request until it is over, or has an owner. Otherwise closing would not wait for it in between. */
  track (request: RawRequest, response: RawResponse): void {
    this.hold(response, response)
    this.#tracked.set(response, whenOver(request, response, () => this.release(response)))
  }

  /** Counts a response until it is released. @param owner can end it at once */
  hold (response: RawResponse, owner: Destroyable): void {
    this.#forget(response)
    this.#open.set(response, owner)
    const session = sessionOf(response)
    if (session === undefined || this.#sessions.has(session)) return
    this.#sessions.add(session)
    session.once('close', () => {
      this.#sessions.delete(session)
      this.#changed()
    })
  }

  /** The counterpart of {@link OpenResponses.hold}. */
  release (response: RawResponse): void {
    this.#forget(response)
    this.#open.delete(response)
    this.#changed()
  }

  /**
   * Waits until all are over, at most that many milliseconds, and cuts the rest; in the same time their HTTP/2 sessions are closed, for
   * which Fastify would wait as long as the client keeps them open.
   */
  async close (milliseconds: number): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#changed()
    }, milliseconds)
    await this.#until(() => late || this.#open.size === 0)
    for (const owner of this.#open.values()) owner.destroy()
    // Not destroyed at once: the last bytes of a response may still be on their way through its session.
    for (const session of this.#sessions) session.close()
    await this.#until(() => late || this.#sessions.size === 0)
    clearTimeout(timer)
    for (const session of this.#sessions) session.destroy()
  }

  #forget (response: RawResponse): void {
    this.#tracked.get(response)?.()
    this.#tracked.delete(response)
  }

  async #until (condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => { this.#changed = resolve })
  }
}

/** The HTTP/2 session of a response. */
export function sessionOf (response: RawResponse): Http2Session | undefined {
  return 'stream' in response ? (response as { stream?: { session?: Http2Session } }).stream?.session : undefined
}
