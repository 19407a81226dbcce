// How much of what was written to a socket waits for the operating system, also in the midst of a write. Node has no public name for it;
// its own socket timeout reads it at the same place, so that a write that moves slowly is no silence.
import type { Socket } from 'node:net'

/** Bytes that wait; undefined if that cannot be seen. Over TLS it cannot: the handle counts encrypted bytes of its own. */
export function queuedBytes (socket: Socket | undefined): number | undefined {
  if (socket === undefined || 'encrypted' in socket) return undefined
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return handle?.writeQueueSize
}
