// The headers of an SSE response, and what a request's `Accept` says about one.
import type { FastifyReply } from 'fastify'

/** The headers of every SSE response: not cached, not transformed, not buffered by nginx, and not sniffed as another type. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff'
} as const

/**
 * Closes the connection after this response, as Fastify does for answers during shutdown: kept open, it would keep the server from closing.
 * HTTP/2 has no such header (RFC 9113, 8.2.2).
 */
export function closeAfter (reply: FastifyReply): void {
  if (reply.request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
}

// The default of Ruby's Net::HTTP: it then decodes by itself, and holds back up to 16 KiB, however the body is flushed.
const NET_HTTP = 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3'
const WEIGHT = /^\s*q\s*=(.*)$/is
const DECIMAL = /^\s*(?:\d+(?:\.\d*)?|\.\d+)\s*$/
const RANGES = ['text/event-stream', 'text/*', '*/*']

/** Whether an `Accept` header takes `text/event-stream` (RFC 9110, 12.5.1); the most specific range decides. */
export function acceptsEventStream (accept: string | undefined): boolean {
  // As an EventSource asks.
  if (accept === undefined || accept.trim() === '' || accept === 'text/event-stream') return true
  const weights = new Map(accept.split(',').map(weighted))
  for (const range of RANGES) {
    const weight = weights.get(range)
    // An invalid weight refuses nothing.
    if (weight !== undefined) return !(weight <= 0)
  }
  return false
}

/** Whether an `Accept` header names `text/event-stream` itself, as an EventSource does. */
export function namesEventStream (accept: string | undefined): boolean {
  return accept !== undefined && accept.split(',').some(range => weighted(range)[0] === 'text/event-stream')
}

/**
 * Whether an `Accept-Encoding` header accepts gzip, and prefers nothing to it (RFC 9110, 12.5.3): neither `identity`, nor `*` if that
 * covers it. An invalid weight accepts nothing.
 */
export function acceptsGzip (acceptEncoding: string | string[] | undefined): boolean {
  const header = String(acceptEncoding ?? '')
  if (header === NET_HTTP) return false
  const weights = new Map(header.split(',').map(weighted))
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0
  const identity = weights.get('identity') ?? weights.get('*') ?? 0
  return gzip > 0 && !(gzip < identity)
}

/** Adds a field name to a `Vary` header's value (RFC 9110, 12.5.5). */
export function addVary (vary: unknown, field: string): string {
  const names = Array.isArray(vary) ? vary.join(', ') : String(vary ?? '')
  if (names === '') return field
  const present = names.split(',').map(name => name.trim().toLowerCase())
  return present.includes('*') || present.includes(field.toLowerCase()) ? names : `${names}, ${field}`
}

// NaN stands for an invalid weight.
function weighted (text: string): [range: string, weight: number] {
  const [range = '', ...parameters] = text.split(';')
  const weight = parameters.map(parameter => WEIGHT.exec(parameter)?.[1]).find(q => q !== undefined)
  return [range.trim().toLowerCase(), weight === undefined ? 1 : DECIMAL.test(weight) && Number(weight) <= 1 ? Number(weight) : NaN]
}
