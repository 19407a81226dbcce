// A movie of segments as small or as large as a test needs them, in groups of pictures as it needs them.
import { MOVIE_INIT } from '../broadcast/lives.js'
import { bytes, box, moof, traf, zeros, NON_SYNC, SYNC } from '../media/iso-bmff/build-box.js'
import type { Served } from './serve.js'

/** A movie that is published segment by segment: `K` can be joined at, `-` cannot; each lasts 0.04 s. */
export class Movie {
  readonly served: Served
  readonly #name: string
  #time = 0

  constructor (served: Served, name = 'demo') {
    this.served = served
    this.#name = name
  }

  /** @param size - of each segment's samples, in bytes; gives the number of the last segment */
  publish (pattern: string, size = 4): number {
    let id: string | undefined
    for (const kind of pattern) {
      const media = bytes(moof(traf({ time: 40 * this.#time, sizes: [size], flags: kind === 'K' ? SYNC : NON_SYNC })))
      id = this.served.app.mediaSse.broadcast(this.#name).publish(Buffer.concat([...(this.#time++ === 0 ? [MOVIE_INIT] : []), media, box('mdat', zeros(size))])).id
    }
    return Number(id?.split('-')[1])
  }
}
