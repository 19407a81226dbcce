// How long viewers wait before they come back: jittered, so that those who left together do not return together.

/** Milliseconds around `milliseconds`, at random from 0.75 to 1.25 of it. */
export function jittered (milliseconds: number): number {
  return Math.round(milliseconds * (0.75 + Math.random() / 2))
}

/**
 * Milliseconds for those whom a closing server sends away. Fastify answers 503 while it closes, which an EventSource
 * takes as final: nobody may come back within `closeTimeout`.
 */
export function afterClosing (closeTimeout: number, retry: number): number {
  return closeTimeout + 1000 + Math.round(Math.random() * retry)
}
