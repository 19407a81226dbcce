// Runs the `onSend` hooks of a request before a viewer's headers, as Fastify does for every reply, and takes over the response after the
// last one: Fastify's own way to send a stream would keep the request and the reply in memory for as long as the viewer watches.
import { PassThrough } from 'node:stream'
import type { Writable } from 'node:stream'
import type { FastifyInstance, FastifyReply, onSendHookHandler } from 'fastify'

/**
 * Where a viewer's bytes go after the hooks: to the response itself or, if a hook has wrapped the payload (as compression does), through
 * that. `elsewhere` if a hook failed, or sent another answer.
 */
export type Road = 'response' | 'elsewhere' | Writable

interface Waiting {
  readonly payload: PassThrough
  readonly decide: (road: Road) => void
}

const waiting = new WeakMap<FastifyReply, Waiting>()

/** Adds a final `onSend` hook to each route of a scope: after those of the app, of other plugins and of the route itself. */
export function endSendHooks (scope: FastifyInstance): void {
  scope.addHook('onRoute', route => {
    route.onSend = [route.onSend ?? [], takeOver].flat()
  })
}

/** Runs the hooks; the reply is hijacked if its road is the response. */
export async function runSendHooks (reply: FastifyReply): Promise<Road> {
  return await new Promise(resolve => {
    const payload = new PassThrough()
    waiting.set(reply, { payload, decide: resolve })
    reply.send(payload)
  })
}

const takeOver: onSendHookHandler = (_request, reply, payload, done) => {
  const waits = waiting.get(reply)
  if (waits === undefined) return done(null, payload)
  waiting.delete(reply)
  if (payload === waits.payload) {
    // `done` is not called: Fastify does not send this reply.
    reply.hijack()
    waits.decide('response')
    return
  }
  waits.decide(isStream(payload) ? waits.payload : 'elsewhere')
  done(null, payload)
}

function isStream (payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload
}
