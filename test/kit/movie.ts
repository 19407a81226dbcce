// A movie of segments as small or as large as a test needs them, in groups of pictures as it needs them.
import { movie } from '../../lib/testing/movie.js'
import type { Served } from './serve.js'

/** A movie that is published segment by segment: `K` can be joined at, `-` cannot; each lasts 0.04 s. */
export class Movie {
  readonly served: Served
  readonly #name: string
  readonly #movie = movie()
  #begun = false
  // Published before the promise tells of it.
  #last = ''

  constructor (served: Served, name = 'demo') {
    this.served = served
    this.#name = name
    served.app.mediaSse.addHook('onSegment', (broadcast, segment) => { if (broadcast.name === name) this.#last = segment.id })
  }

  /** @param size - of each segment's samples at least, in bytes; gives the number of the last segment */
  publish (pattern: string, size = 4): number {
    for (const kind of pattern) {
      const fragment = this.#movie.fragment({ join: kind === 'K', size })
      this.served.app.mediaSse.broadcast(this.#name).publish(this.#begun ? fragment : Buffer.concat([this.#movie.init, fragment]))
      this.#begun = true
    }
    return Number(this.#last.split('-')[1])
  }
}
