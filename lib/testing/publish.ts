// Publishes one body: whole, or piece by piece for as long as a test likes.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connectTo, roadTo } from './road.js'
import type { App, Road } from './road.js'

/** A body: whole, or in pieces of unknown total length. */
export type PublishedBody = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Options for publishing. */
export interface PublishOptions {
  /** The type of bytes that do not reveal it themselves. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default `POST`. */
  readonly method?: 'POST' | 'PUT'
  /** Default: a socket if the server listens, else `inject`. */
  readonly by?: Road
}

/** The server's answer. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** The body; empty if there is none. */
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Publishes, and resolves with the answer: when the body has ended, or when it is refused.
 * @param body - read as fast as the server accepts it, and released if it is refused
 * @throws (rejects) the body's own error, which breaks off the request, or Error if the server does not answer
 */
export async function publish (
  app: App, path: string, body: PublishedBody, { contentType, headers = {}, method = 'POST', by }: PublishOptions = {}
): Promise<Answer> {
  const send = roadTo(app, by) === 'inject' ? sendInjected : sendOverSocket
  const fields = { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers }
  if (typeof body === 'string' || body instanceof Uint8Array) return await send(app, path, Buffer.from(body), { method, headers: fields })
  const pieces = Readable.from(body)
  try {
    return await send(app, path, pieces, { method, headers: { 'transfer-encoding': 'chunked', ...fields } })
  } finally {
    pieces.destroy()
  }
}

interface Sending {
  readonly method: 'POST' | 'PUT'
  readonly headers: Record<string, string>
}

async function sendOverSocket (app: App, path: string, body: Buffer | Readable, sending: Sending): Promise<Answer> {
  const request = connectTo(app, path, sending)
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  if (body instanceof Readable) body.on('error', error => { request.destroy(error) }).pipe(request)
  else request.end(body)
  const [response] = await answered
  const answer = answerOf(response.statusCode!, response.headers, await text(response))
  request.destroy()
  return answer
}

async function sendInjected (app: App, path: string, body: Buffer | Readable, { method, headers }: Sending): Promise<Answer> {
  const { statusCode, headers: fields, payload } = await app.inject({ method, url: path, headers, payload: body })
  return answerOf(statusCode, fields, payload)
}

function answerOf (status: number, headers: Record<string, unknown>, body: string): Answer {
  return { status, headers, json: body === '' ? {} : JSON.parse(body) }
}
