// One who watches: comes, reads, stalls, reads slowly, leaves in every way there is, and comes back with its place, until the storm is over. Then it
// comes back once more, and stays to the end.
import type { Socket } from 'node:net'
import { Watching } from '../../test/kit/watch.js'
import { within } from '../../test/kit/within.js'
import { ask } from './ask.js'
import { Book, digestOf } from './book.js'
import type { Reference } from './book.js'
import { Chance } from './chance.js'
import { PROGRAMMES } from './settings.js'
import type { Storm } from './storm.js'

const LEAVES = ['reset', 'reset', 'half-closed', 'half-closed', 'killed', 'killed', 'stays'] as const
// Of the segments that come as references, one of so many is fetched.
const FETCHED = 16
// How often it comes back at the end, at most: its connection may be too slow for the machine.
const LAST_VISITS = 10

/** One who watches. */
export class Watcher {
  /** One book for each identity that it has had; the last is of the one that stays to the end. */
  readonly books: Book[] = []
  /** How many segments that came as references it has fetched. */
  fetched = 0
  readonly names: readonly string[]
  readonly #storm: Storm
  readonly #chance: Chance
  readonly #version: '1.0' | '1.1'
  readonly #headers: Readonly<Record<string, string>>
  readonly #url: string
  readonly #tracks: ReadonlySet<string> | undefined
  #book: Book
  #lastEventId = ''
  #watching: Watching | undefined

  constructor (storm: Storm, actor: number) {
    this.#storm = storm
    const chance = this.#chance = new Chance(storm.seed, actor)
    const several = chance.may(0.2)
    // The large one is for few: one process reads it all.
    const name = chance.may(0.08) ? 'large' : chance.one(['one', 'two', 'quick'])
    this.names = several ? PROGRAMMES.map(({ name }) => name).filter(name => name !== 'large' || chance.may(0.1)) : [name]
    this.#version = chance.may(0.15) ? '1.0' : '1.1'
    this.#headers = chance.may(0.35) ? { 'accept-encoding': 'gzip' } : {}
    const byReference = chance.may(0.15)
    const soundAlone = !several && name === 'two' && chance.may(0.3)
    this.#tracks = soundAlone ? new Set(['sound']) : undefined
    const query = new URLSearchParams({ ...byReference ? { delivery: 'reference' } : {}, ...soundAlone ? { tracks: 'sound' } : {}, ...several ? { broadcasts: this.names.join(',') } : {} })
    this.#url = `${storm.origin}/live${several ? '' : `/${name}`}?${query}`
    this.#book = this.#another()
  }

  /** Watches until the storm is over. */
  async watch (): Promise<void> {
    while (!this.#storm.over) {
      const chance = this.#chance.turn()
      // Longer than the window now and then.
      const [isAnother, pause] = [chance.may(0.1), chance.one([0, 50, 300, 1_000, 7_000])]
      if (isAnother) this.#book = this.#another()
      const watching = this.#open()
      if (await answered(watching) && watching.status === 200) await this.#visit(watching, chance)
      await this.#leave(watching)
      await this.#storm.rest(pause)
    }
  }

  /** Comes back after the storm, and resolves when it is told where it is. */
  async comeBack (): Promise<void> {
    for (let visit = 0; visit < LAST_VISITS; visit++) {
      const watching = this.#watching = this.#open()
      const isThere = (): boolean => this.names.every(name => this.#book.isAt(name))
      await changes(watching, () => isThere() || gone(watching))
      if (isThere()) return
      await this.#leave(watching)
    }
    throw new Error(`${this.#url} was cut off ${LAST_VISITS} times`)
  }

  /** Stays to the end of all, and comes back if it is cut off before. */
  async stay (): Promise<void> {
    for (let visit = 0; visit < LAST_VISITS; visit++) {
      const watching = this.#watching ?? this.#open()
      this.#watching = undefined
      const hasAll = (): boolean => watching.status === 204 || this.names.every(name => this.#book.hasEnded(name))
      await changes(watching, () => hasAll() || gone(watching))
      await this.#leave(watching)
      if (hasAll()) return
    }
    throw new Error(`${this.#url} was cut off ${LAST_VISITS} times`)
  }

  #another (): Book {
    const book = new Book(this.names.length > 1, this.#tracks)
    this.books.push(book)
    this.#lastEventId = ''
    return book
  }

  #open (): Watching {
    this.#book.begin()
    const place: Record<string, string> = this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId }
    const watching = new Watching(this.#url, { version: this.#version, headers: { ...this.#headers, ...place } })
    const book = this.#book
    // Read at once, and kept no longer.
    watching.on('change', () => {
      book.read(watching.events.splice(0))
      for (const reference of book.references.splice(0)) if (reference.entry.at.sequence % FETCHED === 0) this.#fetch(reference)
    })
    return watching
  }

  async #visit (watching: Watching, chance: Chance): Promise<void> {
    const { socket } = watching
    const leave = chance.one(LEAVES)
    for (let acts = 1 + chance.whole(4); acts > 0 && !gone(watching); acts--) {
      const act = chance.one(['read', 'read', 'stall', 'slow'])
      const milliseconds = chance.between(1, 100) * chance.between(1, 100)
      if (act === 'read') await this.#storm.rest(milliseconds)
      else if (act === 'stall') await this.#stall(socket, milliseconds)
      else await this.#readSlowly(socket, milliseconds, chance.between(1, 50))
    }
    if (gone(watching)) return
    this.#storm.did(`viewer ${leave}`)
    if (leave === 'reset') socket.resetAndDestroy()
    else if (leave === 'killed') socket.destroy()
    else if (leave === 'stays') await this.#storm.rest(3_000)
    else {
      socket.end()
      await within(watching.over(), 'the server ends a connection that is half closed')
    }
  }

  async #stall (socket: Socket, milliseconds: number): Promise<void> {
    this.#storm.did('viewer stalls')
    socket.pause()
    await this.#storm.rest(milliseconds)
    socket.resume()
  }

  async #readSlowly (socket: Socket, milliseconds: number, pause: number): Promise<void> {
    this.#storm.did('viewer reads slowly')
    const slow = (): void => {
      socket.pause()
      setTimeout(() => { socket.resume() }, pause)
    }
    socket.on('data', slow)
    await this.#storm.rest(milliseconds)
    socket.off('data', slow)
    socket.resume()
  }

  // Whatever has come counts, up to the last whole event.
  async #leave (watching: Watching): Promise<void> {
    await watching.leave()
    this.#book.read(watching.events.splice(0))
    if (watching.lastEventId !== '') this.#lastEventId = watching.lastEventId
  }

  // It may be kept no longer.
  #fetch ({ url, entry }: Reference): void {
    ask('GET', new URL(url, this.#url).href).then(({ status, bytes }) => {
      if (status !== 200) return
      this.fetched++
      entry.digest = digestOf(bytes)
    }, error => { this.#book.contradictions.push(`${url} could not be fetched: ${String(error)}`) })
  }
}

function gone ({ closed, ended }: Watching): boolean {
  return closed || ended
}

/** Waits until the condition holds; unlike `until`, also for what comes when the connection is gone. */
async function changes (watching: Watching, condition: () => boolean): Promise<void> {
  let look = (): void => {}
  const holds = new Promise<void>(resolve => {
    look = () => { if (condition()) resolve() }
    watching.on('change', look)
    look()
  })
  try {
    await within(holds, () => `${String(condition)}, with status ${watching.status}, ${watching.closed ? 'closed' : 'open'}`)
  } finally {
    watching.off('change', look)
  }
}

async function answered (watching: Watching): Promise<boolean> {
  await changes(watching, () => watching.status !== 0 || watching.closed)
  return watching.status !== 0
}
