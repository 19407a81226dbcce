// A publisher of one track: whatever strikes it, it comes back, until the storm is over. Then it publishes once more, and ends well.
import { setTimeout } from 'node:timers/promises'
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
    while (!this.#storm.over) {
      const chance = this.#chance.turn()
      const kind = chance.whole(10)
      if (kind < 6) await this.#endless(chance)
      else if (kind < 8) await this.#objects(chance)
      else if (kind < 9) await this.#noMedia(chance)
      else await this.#storm.rest(chance.between(0, 20 * this.#programme.period))
    }
  }

  /** Publishes a last body, which nothing strikes: until all are there, and a little more. */
  async publishLast (body: Body, there: Promise<unknown>): Promise<void> {
    const chance = this.#chance.turn()
    let areThere = false
    const watch = there.then(() => { areThere = true })
    for (let more = LAST; more > 0; more -= areThere ? 1 : 0) {
      await body.fragment(this.#length(chance), body.sent % GROUP === 0)
      await setTimeout(this.#programme.period)
    }
    await watch
    await body.end()
  }

  /** Begins a body. */
  async begin (query = ''): Promise<Body> {
    const body = this.#body(query)
    await body.begin()
    return body
  }

  #length (chance: Chance): number {
    return Math.floor(chance.between(this.#programme.least, this.#programme.most))
  }

  #body (query = ''): Body {
    const body = new Body(this.#storm.nextBody, this.#url + query, { kind: this.#kind })
    this.bodies.push(body)
    return body
  }

  async #endless (chance: Chance): Promise<void> {
    const count = 5 + chance.whole(60)
    const [end, hasRival, length, part, byte] = [chance.one(ENDS), chance.may(0.2), this.#length(chance), chance.between(0.01, 0.99), chance.whole(256)]
    const body = await this.begin()
    await this.#fragments(body, count, chance)
    const rival = hasRival ? this.#rival() : undefined
    if (body.isOver || end === 'end') await body.end()
    else await this.#struck(body, { end, length, part, byte })
    await rival
  }

  async #struck (body: Body, { end, length, part, byte }: { end: Exclude<typeof ENDS[number], 'end'>, length: number, part: number, byte: number }): Promise<void> {
    this.#storm.did(`publisher ${end}`)
    if (end === 'reset in mid-box') {
      await body.half(length, part)
      body.reset()
    } else if (end === 'killed in mid-box') {
      await body.half(length, part)
    } else if (end === 'silent') {
      await body.half(length, part)
      await this.#storm.rest(2 * SETTINGS.publisherTimeout)
    } else if (end === 'broken') {
      // May be answered, or be waited for as a box that is still to come.
      await body.broken(new Uint8Array(64).fill(byte))
      await Promise.race([body.over, this.#storm.rest(500)])
    } else if (end === 'connected anew') {
      // The same publisher once more, of whose first connection nobody has heard that it is gone.
      const again = await this.begin()
      await again.fragment(length, true)
      await again.end()
    }
    if (!body.isOver) body.kill()
    await body.gone()
  }

  async #fragments (body: Body, count: number, chance: Chance): Promise<void> {
    for (let index = 0; index < count && !this.#storm.over && !body.isOver; index++) {
      await body.fragment(this.#length(chance), index % GROUP === 0)
      await this.#storm.rest(chance.between(0.2, 1.8) * this.#programme.period)
    }
  }

  // Each in a request of its own.
  async #objects (chance: Chance): Promise<void> {
    for (let count = 3 + chance.whole(15); count > 0 && !this.#storm.over; count--) {
      const body = this.#body()
      body.object(this.#length(chance))
      await body.gone()
      await this.#storm.rest(chance.between(0.2, 1.8) * this.#programme.period)
    }
  }

  async #rival (): Promise<void> {
    this.#storm.did('rival publisher')
    const body = await this.begin('?publisher=rival')
    await body.fragment(200, true)
    await body.end()
  }

  async #noMedia (chance: Chance): Promise<void> {
    this.#storm.did('publisher of no media')
    const body = this.#body()
    // Bytes of which none is a character by itself, as text is published.
    await body.broken(new Uint8Array(1000).fill(128 + chance.whole(128)))
    await body.end()
  }
}
