// Detects connections whose other end has vanished silently: it lost power or network, or a firewall dropped the connection.
import { Socket } from 'node:net'
import type { RawRequest } from './open-responses.js'

// Milliseconds of silence. Node then sends ten probes, a second apart, so that a vanished client is noticed before the default heartbeat is
// sent: while unacknowledged bytes are pending, no probe is sent, and the operating system gives up only after its own retries (Linux: a
// quarter of an hour).
const PROBE_AFTER = 3_000

/** The connection that a request's response has to itself while it lasts; `inject` has none, and HTTP/2 shares one. */
export function ownConnection ({ httpVersionMajor, socket }: RawRequest): Socket | undefined {
  return httpVersionMajor === 1 && socket instanceof Socket ? socket : undefined
}

/** Lets the operating system check whether a request's client is still there (RFC 9293, 3.8.4), if the connection is its own. */
export function keepAlive (request: RawRequest): void {
  ownConnection(request)?.setKeepAlive(true, PROBE_AFTER)
}
