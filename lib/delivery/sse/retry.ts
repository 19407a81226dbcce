// How long viewers wait before they reconnect: jittered, so that those that left together do not return together.

/** Milliseconds around `milliseconds`, at random from 0.75 to 1.25 of it. */
export function jittered (milliseconds: number): number {
  return Math.round(milliseconds * (0.75 + Math.random() / 2))
}

/**
 * Milliseconds for clients that a closing server sends away. Fastify answers 503 while it closes, which an EventSource takes as final: no
 * client may reconnect within `closeTimeout`.
 */
export function afterClosing (closeTimeout: number, retry: number): number {
  return closeTimeout + 1000 + Math.round(Math.random() * retry)
}
