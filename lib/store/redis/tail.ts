// Reads what comes: one connection, which waits, for all that a node watches and for what all nodes are told. What is new to be read is
// read at once: the node has a stream of its own among them, by which it wakes itself. What is known is asked anew on each connection
// before it is read there: it may lead to another server, as where a replica was promoted, which knows less, or other things.
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
  /** Asks by `client` where all broadcasts stand. @returns after what in the control stream that is read */
  readonly resync: () => Promise<string>
  /** Asks by `client` for what the mirror has. */
  readonly check: (mirror: Mirror) => Promise<void>
}

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
  // The mirrors that the connection under way was asked for: another set for each connection.
  #checked = new Set<Mirror>()

  constructor (options: TailOptions) {
    this.#options = options
    options.client.on('close', () => {
      this.#control = undefined
      this.#checked = new Set()
    })
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
    this.#checked.delete(mirror)
  }

  /** Reads no more, once its connection is closed. */
  close (): void { this.#closed = true }

  async #loop (): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#ask()
        await this.#read()
      } catch (error) {
        if (this.#closed) return
        this.#options.log.debug({ err: error }, 'The store was not read')
        await new Promise(resolve => { setTimeout(resolve, AGAIN) })
      }
    }
  }

  async #ask (): Promise<void> {
    const { resync, check } = this.#options
    const checked = this.#checked
    const control = this.#control ?? await resync()
    for (const mirror of this.#mirrors) {
      if (checked.has(mirror)) continue
      await check(mirror)
      checked.add(mirror)
    }
    if (checked !== this.#checked) throw new Error('The connection is another one')
    this.#control = control
  }

  async #read (): Promise<void> {
    const { client, commands: { prefix }, nodeId, block } = this.#options
    const mirrors = new Map<string, Mirror>()
    const sources: Array<Mirror['source']> = [[`${prefix}control`, this.#control!], [`${prefix}wake:${nodeId}`, this.#woken]]
    for (const mirror of this.#checked) {
      mirrors.set(mirror.source[0], mirror)
      sources.push(mirror.source)
    }
    const reply = await client.xreadBuffer(
      'COUNT', COUNT, 'BLOCK', block, 'STREAMS', ...sources.map(([key]) => key), ...sources.map(([, after]) => after)
    ) as Streams | null
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
