// A request that waits for users' code before it has an answer: closing the server does not wait for it longer than for any other.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audience } from '../viewer/audience.js'

/** Does what a request waits for, which may never settle: the server's closing cuts the request then, and when its client leaves nothing is kept. */
export async function whileHeld<Result> (audience: Audience, request: FastifyRequest, reply: FastifyReply, work: () => Promise<Result>): Promise<Result> {
  const forget = audience.shared.responses.track(request.raw, reply.raw)
  try {
    return await work()
  } finally {
    forget()
  }
}
