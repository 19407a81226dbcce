// A movie of segments as small or as large as a test needs them, in groups of pictures as it needs them.
import { movie } from '../../lib/testing/movie.js'
import type { Served } from './serve.js'

/** A movie that is published segment by segment: `K` can be joined at, `-` cannot; each lasts 0.04 s. */
export class Movie {
  readonly served: Served
  readonly #name: string
  readonly #movie = movie()
  #begun = false

  constructor (served: Served, name = 'demo') {
    this.served = served
    this.#name = name
  }

  /** @param size - of each segment's samples at least, in bytes; gives the number of the last segment */
  publish (pattern: string, size = 4): number {
    let id: string | undefined
    for (const kind of pattern) {
      const fragment = this.#movie.fragment({ join: kind === 'K', size })
      id = this.served.app.mediaSse.broadcast(this.#name).publish(this.#begun ? fragment : Buffer.concat([this.#movie.init, fragment])).id
      this.#begun = true
    }
    return Number(id?.split('-')[1])
  }
}
