// The last event id that a client reports, as text.
import { isUtf8 } from 'node:buffer'

const BYTES = /^[\0-\xff]*$/

/**
 * The id in a `Last-Event-ID` header, which is UTF-8 (WHATWG HTML, "Server-sent events", 9.2.3) but which Node decodes as Latin-1. Invalid
 * UTF-8 stays as Node decoded it.
 * @returns undefined if there is none
 */
export function lastEventIdOf (header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header === '') return undefined
  // `inject` takes text and passes it on as text.
  if (!BYTES.test(header)) return header
  const bytes = Buffer.from(header, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : header
}
