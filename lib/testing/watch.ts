// Watches a broadcast, or any other stream of server-sent events, as a client would.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connectTo, roadTo } from './road.js'
import type { App, Road } from './road.js'
import { Watching } from './watching.js'
import type { Answered } from './watching.js'
import { within } from './within.js'

/** Options for watching. */
export interface WatchOptions {
  /** In addition to `accept: text/event-stream`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: a socket if the server listens, else `inject`. */
  readonly by?: Road
  /** Limit for each wait, in milliseconds. Default 60 000. */
  readonly timeout?: number
}

/**
 * Opens a viewer and resolves when it is answered, even with a refusal: see its `status`.
 * @param path - of the route, with its query: `/live/demo?from=start`
 * @throws (rejects) Error if there is no answer in time, or the server is unreachable
 */
export async function watch (app: App, path: string, { headers = {}, by, timeout }: WatchOptions = {}): Promise<Watching> {
  const open = roadTo(app, by) === 'inject' ? openInjected : openSocket
  const answered = await within(open(app, path, { accept: 'text/event-stream', ...headers }), `an answer to GET ${path}`, timeout)
  return new Watching(answered, timeout)
}

async function openSocket (app: App, path: string, headers: Record<string, string>): Promise<Answered> {
  const request = connectTo(app, path, { headers }).end()
  const [response] = await once(request, 'response') as [IncomingMessage]
  return { status: response.statusCode!, headers: response.headers, body: response, leave: () => { request.destroy() } }
}

/** Requests by `inject`. */
export async function openInjected (app: App, path: string, headers: Record<string, string>): Promise<Answered> {
  // The server does not notice a destroyed body, but does notice an aborted request.
  const leaving = new AbortController()
  const response = await app.inject({ url: path, headers, payloadAsStream: true, signal: leaving.signal })
  return { status: response.statusCode, headers: response.headers, body: response.stream(), leave: () => { leaving.abort() } }
}
