// The sixteen broadcasts of the wall. They are published only while somebody watches one of them: from the first request on, until the last
// viewer has been gone for a while.

import type { FastifyInstance } from 'fastify'
import type { Hooks } from 'fastify-media-sse'

const names = Array.from({ length: 16 }, (_, index) => `wall-${index + 1}`)

/** Long enough for a page's reload, and for a viewer that comes back. */
const graceMilliseconds = 5000

/** Publishes one of them until the signal. */
export type PublishOne = (name: string, index: number, signal: AbortSignal) => Promise<void>

export class Wall {
  readonly #publish: PublishOne
  readonly #viewers = new Set<string>()
  #stopping = new AbortController()
  #publishing: Array<Promise<void>> = []
  #grace: NodeJS.Timeout | undefined

  /** @param app - before the plugin is registered, as it learns of requests also where the plugin opens no viewer: for what has ended */
  constructor (app: FastifyInstance, publish: PublishOne) {
    this.#publish = publish
    app.addHook<{ Querystring: { broadcasts?: string }, Params: { broadcast?: string } }>('onRequest', async ({ method, query, params }) => {
      if (method === 'GET' && [...String(query.broadcasts).split(','), String(params.broadcast)].some(isOurs)) this.#asked()
    })
  }

  /** Hooks of the plugin. */
  readonly hooks: Pick<Hooks, 'onViewerOpen' | 'onViewerClose'> = {
    onViewerOpen: viewer => {
      if (isOurs(viewer.broadcast.name)) this.#viewers.add(viewer.id)
    },
    onViewerClose: viewer => {
      if (this.#viewers.delete(viewer.id)) this.#stopSoon()
    }
  }

  /** Resolves when nothing is published any more. */
  async stop (): Promise<void> {
    clearTimeout(this.#grace)
    this.#stopping.abort()
    await Promise.all(this.#publishing.splice(0))
  }

  #asked (): void {
    if (this.#publishing.length === 0) {
      this.#stopping = new AbortController()
      this.#publishing = names.map((name, index) => this.#publish(name, index, this.#stopping.signal))
    }
    this.#stopSoon()
  }

  #stopSoon (): void {
    clearTimeout(this.#grace)
    this.#grace = setTimeout(() => { if (this.#viewers.size === 0) this.stop() }, graceMilliseconds)
  }
}

function isOurs (name: string): boolean {
  return names.includes(name)
}
