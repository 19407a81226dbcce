// Tells clients that are refused for now when to try again.
import type { FastifyReply } from 'fastify'

// Seconds.
const RETRY_AFTER = '10'

/** Adds `Retry-After` (RFC 9110, 10.2.3) if an error has status 429 or 503. @returns the error, to be thrown */
export function retryAfter (error: unknown, reply: FastifyReply): unknown {
  const status = (error as { statusCode?: number }).statusCode
  if (status === 429 || status === 503) reply.header('retry-after', RETRY_AFTER)
  return error
}

/** The store's answer. @throws (rejects) the store's error, after {@link retryAfter} */
export async function asked<Answer> (answer: Promise<Answer>, reply: FastifyReply): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    throw retryAfter(error, reply)
  }
}
