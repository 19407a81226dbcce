// Detects connections whose other end has vanished silently: it lost power or network, or a firewall dropped the connection.
import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'

// Milliseconds of silence. Node then sends ten probes, a second apart, so that a vanished client is noticed before the default heartbeat is
// sent: while unacknowledged bytes are pending, no probe is sent, and the operating system gives up only after its own retries (Linux: a
// quarter of an hour).
const PROBE_AFTER = 3_000

/** Lets the operating system check whether a request's client is still there (RFC 9293, 3.8.4). Over HTTP/2 the connection is not ours. */
export function keepAlive ({ raw: { httpVersionMajor, socket } }: FastifyRequest): void {
  if (httpVersionMajor === 1 && socket instanceof Socket) socket.setKeepAlive(true, PROBE_AFTER)
}
