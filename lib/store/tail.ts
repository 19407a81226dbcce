// Reads what comes: one connection, which waits, for all that a node watches and for what all nodes are told. What is new to be read is read at once:
// the node has a stream of its own among them, by which it wakes itself.
import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Commands } from './commands.js'
import type { Mirror } from './mirror.js'

/** What all nodes are told. */
export type Message =
  | { readonly t: 'started', readonly name: string, readonly epoch: number }
  | { readonly t: 'forgotten', readonly name: string, readonly epoch: number }
  | { readonly t: 'init', readonly name: string, readonly epoch: number, readonly field: string }
  | { readonly t: 'ended', readonly name: string, readonly epoch: number, readonly next: number }
  | { readonly t: 'cut', readonly name: string, readonly id: string, readonly same: boolean }
  | { readonly t: 'kick', readonly viewer: string }

/** What a tail is made with. */
export interface TailOptions {
  /** For it alone. */
  readonly client: Redis
  readonly commands: Commands
  readonly nodeId: string
  readonly log: FastifyBaseLogger
  /** How long a read waits, milliseconds. */
  readonly block: number
  readonly told: (message: Message) => void
  /** Redis was away: it may know less than before, or other things. @returns after what in the control stream that is read */
  readonly resync: () => Promise<string>
}

// How many times what a read waits must have passed until its connection is taken for dead.
const DEAD_AFTER = 3
// Segments of one broadcast that are read at a time.
const COUNT = 32
// Milliseconds before it is tried again.
const AGAIN = 200

type Streams = Array<[key: Buffer, entries: Array<[id: Buffer, fields: Buffer[]]>]>

/** The tail of one node. */
export class Tail {
  readonly #options: TailOptions
  readonly #mirrors = new Set<Mirror>()
  #control: string | undefined
  #woken = '0'
  #closed = false
  // Until the connection under way is taken for dead.
  #dead: NodeJS.Timeout | undefined

  constructor (options: TailOptions) {
    this.#options = options
    // Also after the first time.
    options.client.on('ready', () => { this.#control = undefined })
  }

  /** Begins to read. */
  run (): void {
    this.#loop().catch((error: unknown) => { this.#options.log.error({ err: error }, 'The store is not read any more') })
  }

  add (mirror: Mirror): void {
    this.#mirrors.add(mirror)
    const { commands, nodeId, log } = this.#options
    commands.wake(nodeId).catch((error: unknown) => { log.debug({ err: error }, 'A read is not woken') })
  }

  delete (mirror: Mirror): void {
    this.#mirrors.delete(mirror)
  }

  /** Reads no more. What is waited for on a connection that is not there never comes. */
  close (): void {
    this.#closed = true
    clearTimeout(this.#dead)
    this.#options.client.disconnect()
  }

  async #loop (): Promise<void> {
    while (!this.#closed) {
      try {
        this.#control ??= await this.#options.resync()
        await this.#read()
      } catch (error) {
        if (this.#closed) return
        this.#options.log.debug({ err: error }, 'The store was not read')
        await new Promise(resolve => { setTimeout(resolve, AGAIN) })
      }
    }
  }

  async #read (): Promise<void> {
    const { client, commands: { prefix }, nodeId, block } = this.#options
    const mirrors = new Map<string, Mirror>()
    const sources: Array<Mirror['source']> = [[`${prefix}control`, this.#control!], [`${prefix}wake:${nodeId}`, this.#woken]]
    for (const mirror of this.#mirrors) {
      mirrors.set(mirror.source[0], mirror)
      sources.push(mirror.source)
    }
    this.#dead = setTimeout(() => { client.disconnect(true) }, block * DEAD_AFTER).unref()
    let reply: Streams | null
    try {
      reply = await client.xreadBuffer('COUNT', COUNT, 'BLOCK', block, 'STREAMS', ...sources.map(([key]) => key), ...sources.map(([, after]) => after)) as Streams | null
    } finally {
      clearTimeout(this.#dead)
    }
    // What is told of all nodes comes last: of an end, for one, the segments come before.
    for (const [key, entries] of reply ?? []) await mirrors.get(key.toString())?.take(entries)
    for (const [key, entries] of reply ?? []) this.#hear(key.toString(), entries)
  }

  #hear (key: string, entries: Streams[0][1]): void {
    const { commands: { prefix }, log, told } = this.#options
    const newest = entries.at(-1)![0].toString()
    if (key !== `${prefix}control`) {
      if (key.startsWith(`${prefix}wake:`)) this.#woken = newest
      return
    }
    // What was read before Redis was away is heard after it has been asked anew: it changes nothing any more.
    if (this.#control !== undefined) this.#control = newest
    for (const [, [, message]] of entries) {
      try {
        told(JSON.parse(message!.toString()) as Message)
      } catch (error) {
        log.error({ err: error }, 'What all nodes were told was not understood')
      }
    }
  }
}
