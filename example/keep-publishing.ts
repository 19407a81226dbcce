// A publisher that comes back: one attempt after the other until the signal, with a pause between them and a line in the log for each end.

import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'

export interface Publisher {
  /** Where to publish: the broadcast's own route. */
  url: string
  log: FastifyBaseLogger
  /** Ends it: what is under way is ended in good order, and nothing follows. */
  signal: AbortSignal
}

const pauseMilliseconds = 1000

export async function keepPublishing ({ url, log, signal }: Publisher, attempt: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await attempt()
      if (!signal.aborted) log.warn({ url }, 'the broadcast was ended, publishing it again')
    } catch (err) {
      if (!signal.aborted) log.warn({ url, err }, 'publishing broke, trying again')
    }
    // The pause rejects only at the signal, which the loop looks at itself.
    await setTimeout(pauseMilliseconds, undefined, { signal }).catch(() => {})
  }
}
