// One chaos: a server, publishers and viewers; the storm, the calm after it, and then the proof.
import { setTimeout } from 'node:timers/promises'
import { LONG } from '../../test/kit/within.js'
import { ask } from './ask.js'
import { Chance } from './chance.js'
import { Ledger } from './ledger.js'
import { remains } from './remains.js'
import type { Look, State } from './messages.js'
import { addBook, nothing } from './proof.js'
import type { Sum } from './proof.js'
import { Publisher } from './publisher.js'
import { ServerProcess } from './server-process.js'
import { PROGRAMMES } from './settings.js'
import { Storm } from './storm.js'
import { Watcher } from './watcher.js'

export interface ChaosOptions {
  readonly seed: number
  readonly viewers: number
  /** Of the storm; the calm takes some more. */
  readonly seconds: number
}

/** What came of it. */
export interface Outcome {
  readonly ledger: Ledger
  readonly sum: Sum
  readonly faults: ReadonlyMap<string, number>
  readonly publishers: readonly Publisher[]
  readonly watchers: readonly Watcher[]
  readonly before: Look
  readonly after: Look
  /** Of the storm alone. */
  readonly seconds: number
  /** All that is wrong, in words; empty if nothing is. */
  readonly contradictions: readonly string[]
}

/** Runs one. */
export async function chaos ({ seed, viewers, seconds }: ChaosOptions): Promise<Outcome> {
  const ledger = new Ledger()
  const server = new ServerProcess(seed, told => { ledger.hear(told) })
  try {
    const storm = new Storm(seed, server, `http://127.0.0.1:${await server.ask('port')}`)
    const before = await server.ask('look')
    const tracks = PROGRAMMES.flatMap(programme => programme.tracks.map(track => ({ programme, track })))
    const publishers = tracks.map((one, index) => new Publisher({ storm, actor: 10 + index, ...one }))
    const watchers = Array.from({ length: viewers }, (_, index) => new Watcher(storm, 100 + index))
    const began = performance.now()
    const actors = [...publishers.map(publisher => publisher.publish()), ...watchers.map(watcher => watcher.watch()), strike(storm)]
    await Promise.race([setTimeout(seconds * 1000), Promise.all(actors)])
    storm.abate()
    await Promise.all(actors)
    const lasted = (performance.now() - began) / 1000
    await calm(storm, ledger, publishers, watchers)
    const { stats } = await quiet(server)
    const after = await server.ask('look')
    const exit = await server.close()

    ledger.balance(stats)
    const ids = new Map<number, string[]>()
    for (const { body, id } of ledger.published.segments) ids.set(body, [...ids.get(body) ?? [], id])
    for (const body of publishers.flatMap(({ bodies }) => bodies)) ledger.balanceBody(body, ids)
    const sum = nothing()
    for (const { books, names } of watchers) {
      for (const book of books) {
        ledger.balanceBook(book)
        addBook(sum, book, ledger.published, book === books.at(-1) ? names : [])
      }
    }
    const contradictions = [
      ...ledger.contradictions, ...ledger.published.contradictions, ...ledger.complaints.map(line => `logged: ${line.trim()}`),
      ...sum.contradictions, ...remains(before, after), ...exit === 0 ? [] : [`the server has ended with ${exit}`]
    ]
    return { ledger, sum, faults: storm.faults, publishers, watchers, before, after, seconds: lasted, contradictions }
  } finally {
    server.kill()
  }
}

// What strikes all at once.
async function strike (storm: Storm): Promise<void> {
  const chance = new Chance(storm.seed, 1)
  while (!storm.over) {
    await storm.rest(chance.between(50, 700))
    const kind = chance.whole(100)
    const [index, { name }, milliseconds] = [chance.whole(1_000), chance.one(PROGRAMMES), chance.between(100, 1_500)]
    if (storm.over) return
    if (kind < 70) {
      storm.did('viewer kicked')
      await storm.server.ask('kick', index)
    } else if (kind < 84) {
      storm.did('DELETE')
      await remove(storm, name)
    } else if (kind < 95) {
      storm.did('broadcast.end()')
      await storm.server.ask('end', name)
    } else {
      storm.did('event loop blocked')
      await storm.server.ask('block', milliseconds)
    }
  }
}

// All come back to where they were, everything is published to its end, and then ends.
async function calm (storm: Storm, ledger: Ledger, publishers: readonly Publisher[], watchers: readonly Watcher[]): Promise<void> {
  let come!: () => void
  const there = new Promise<void>(resolve => { come = resolve })
  const last = await Promise.all(publishers.map(async publisher => ({ publisher, body: await publisher.begin() })))
  const publishing = Promise.all(last.map(async ({ publisher, body }) => { await publisher.publishLast(body, there) }))
  await until(() => last.every(({ body }) => ledger.published.segments.some(segment => segment.body === body.number)), 'the last segments are published')
  await Promise.all(watchers.map(async watcher => { await watcher.comeBack() }))
  come()
  await publishing
  const staying = Promise.all(watchers.map(async watcher => { await watcher.stay() }))
  for (const { name } of PROGRAMMES) {
    const status = await remove(storm, name)
    if (status !== 204) throw new Error(`DELETE of ${name} was answered ${status}`)
  }
  await staying
}

// An ended broadcast is kept for a while, then forgotten.
async function quiet (server: ServerProcess): Promise<State> {
  let state = await server.ask('state')
  await until(async () => {
    state = await server.ask('state')
    return state.stats.viewers === 0 && state.stats.broadcasts === 0 && state.connections === 0
  }, () => `it comes to rest: ${JSON.stringify(state)}`)
  return state
}

async function until (condition: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const began = performance.now()
  while (!await condition()) {
    if (performance.now() - began > LONG) throw new Error(`Not within ${LONG / 1000} s: ${typeof what === 'string' ? what : what()}`)
    await setTimeout(100)
  }
}

async function remove (storm: Storm, name: string): Promise<number> {
  const { status } = await ask('DELETE', `${storm.origin}/live/${name}`)
  return status
}
