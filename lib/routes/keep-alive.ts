// Connections whose other end has vanished without a word: its power, its network, or a firewall's memory of it is gone.
import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'

// Milliseconds of quiet. Node follows with ten probes, a second apart, so that who has vanished is noticed before the default heartbeat
// goes out: behind bytes that nobody acknowledges no probe is sent, and the operating system gives those up after its own retries (Linux: a
// quarter of an hour).
const PROBE_AFTER = 3_000

/** Has the operating system ask whether a request's client is still there (RFC 9293, 3.8.4). Over HTTP/2 the connection is not ours. */
export function keepAlive ({ raw: { httpVersionMajor, socket } }: FastifyRequest): void {
  if (httpVersionMajor === 1 && socket instanceof Socket) socket.setKeepAlive(true, PROBE_AFTER)
}
