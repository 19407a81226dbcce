// A publisher of one track: whatever strikes it, it comes back, until the storm is over. Then it publishes once more, and ends well.
import { Body } from './body.js'
import { Chance } from './chance.js'
import type { Kind } from './media.js'
import { SETTINGS } from './settings.js'
import type { Programme } from './settings.js'
import type { Storm } from './storm.js'

// A join point is one of so many segments.
const GROUP = 8
// Segments of the last body of all, which nothing strikes.
const LAST = 12
// How an endless body ends.
const ENDS = ['end', 'end', 'reset in mid-box', 'reset in mid-box', 'killed', 'killed in mid-box', 'silent', 'broken', 'connected anew'] as const

export interface PublisherOptions {
  readonly storm: Storm
  /** A number of its own among all actors. */
  readonly actor: number
  readonly programme: Programme
  readonly track: { readonly name: string, readonly kind: Kind }
}

/** One publisher. */
export class Publisher {
  /** All that it has published, or tried to. */
  readonly bodies: Body[] = []
  readonly #storm: Storm
  readonly #chance: Chance
  readonly #programme: Programme
  readonly #kind: Kind
  readonly #url: string

  constructor ({ storm, actor, programme, track }: PublisherOptions) {
    this.#storm = storm
    this.#chance = new Chance(storm.seed, actor)
    this.#programme = programme
    this.#kind = track.kind
    this.#url = `${storm.origin}/live/${programme.name}/${track.name}`
  }

  /** Publishes until the storm is over. */
  async publish (): Promise<void> {
    const { period } = this.#programme
    while (!this.#storm.over) {
      const kind = this.#chance.whole(10)
      if (kind < 6) await this.#endless()
      else if (kind < 8) await this.#objects()
      else if (kind < 9) await this.#noMedia()
      else await this.#storm.rest(this.#chance.between(0, 20 * period))
    }
  }

  /** Begins the last body: the broadcast is live, and has a place to join. */
  async begin (): Promise<Body> {
    const body = this.#body()
    await body.begin()
    await body.fragment(this.#length, true)
    return body
  }

  /** Goes on with the last body, and ends it. */
  async end (body: Body): Promise<void> {
    for (let index = 1; index < LAST; index++) await body.fragment(this.#length, index % GROUP === 0)
    await body.end()
  }

  get #length (): number {
    return Math.floor(this.#chance.between(this.#programme.least, this.#programme.most))
  }

  #body (query = '', headers: Record<string, string> = {}): Body {
    const body = new Body(this.#storm.nextBody, this.#url + query, { kind: this.#kind, headers })
    this.bodies.push(body)
    return body
  }

  async #endless (): Promise<void> {
    const body = this.#body()
    await body.begin()
    await this.#fragments(body, 5 + this.#chance.whole(60))
    const end = this.#chance.one(ENDS)
    // Drawn in any case: what comes later does not hang on whether it was cut off from elsewhere.
    const [length, part, bytes] = [this.#length, this.#chance.between(0.01, 0.99), this.#chance.whole(256)]
    const rival = this.#chance.may(0.2) ? this.#rival() : undefined
    if (body.isOver || end === 'end') await body.end()
    else await this.#struck(body, end, { length, part, byte: bytes })
    await rival
  }

  async #struck (body: Body, end: Exclude<typeof ENDS[number], 'end'>, { length, part, byte }: { length: number, part: number, byte: number }): Promise<void> {
    this.#storm.did(`publisher ${end}`)
    if (end === 'reset in mid-box') {
      await body.half(length, part)
      body.reset()
    } else if (end === 'killed') {
      body.kill()
    } else if (end === 'killed in mid-box') {
      await body.half(length, part)
      body.kill()
    } else if (end === 'silent') {
      await body.half(length, part)
      await this.#storm.rest(2 * SETTINGS.publisherTimeout)
      if (!body.isOver) body.kill()
    } else if (end === 'broken') {
      await body.broken(new Uint8Array(64).fill(byte))
    } else {
      // The same publisher once more, of whose first connection nobody has heard that it is gone.
      const again = this.#body()
      await again.begin()
      await this.#fragments(again, 5)
      await again.end()
    }
    // What is broken may be answered, or be waited for as a box that is still to come.
    if (!body.isOver && end === 'broken') await Promise.race([body.over, this.#storm.rest(500)])
    if (!body.isOver) body.kill()
    await body.gone()
  }

  async #fragments (body: Body, count: number): Promise<void> {
    for (let index = 0; index < count && !this.#storm.over && !body.isOver; index++) {
      await body.fragment(this.#length, index % GROUP === 0)
      await this.#storm.rest(this.#chance.between(0.2, 1.8) * this.#programme.period)
    }
  }

  // Each in a request of its own.
  async #objects (): Promise<void> {
    for (let count = 3 + this.#chance.whole(15); count > 0 && !this.#storm.over; count--) {
      const body = this.#body()
      body.object(this.#length)
      await body.gone()
      await this.#storm.rest(this.#chance.between(0.2, 1.8) * this.#programme.period)
    }
  }

  async #rival (): Promise<void> {
    this.#storm.did('rival publisher')
    const body = this.#body('?publisher=rival')
    await body.begin()
    await body.fragment(200, true)
    await body.end()
  }

  async #noMedia (): Promise<void> {
    this.#storm.did('publisher of no media')
    const body = this.#body()
    await body.broken(new Uint8Array(1000).fill(this.#chance.whole(256)))
    await body.end()
  }
}
