// Whether all of a request's body has come, wherever its publisher is by now.
import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/**
 * Whether the last byte of a body has come, read or not. Known of a request over HTTP/1 alone: over HTTP/2 Node calls one complete that was
 * broken off, too.
 */
export function hasArrived (body: Readable): boolean {
  return body instanceof IncomingMessage && body.complete
}
