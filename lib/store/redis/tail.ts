// Reads new data from Redis: one waiting connection for everything that a node watches and for messages to all nodes. New streams are read
// at once: the node also reads a stream of its own, with which it wakes itself. On each connection, known data is verified before reading
// goes on: it may lead to another server, such as a promoted replica, with less or different data.
import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Commands } from './commands.js'
import type { Mirror } from './mirror.js'

/** A message to all nodes. */
export type Message =
  | { readonly t: 'started', readonly name: string, readonly epoch: number }
  | { readonly t: 'forgotten', readonly name: string, readonly epoch: number }
  | { readonly t: 'init', readonly name: string, readonly epoch: number, readonly field: string }
  | { readonly t: 'ended', readonly name: string, readonly epoch: number, readonly next: number }
  | { readonly t: 'cut', readonly name: string, readonly id: string, readonly same: boolean }
  | { readonly t: 'kick', readonly viewer: string }

/** Options of a tail. */
export interface TailOptions {
  /** For the tail alone. */
  readonly client: Redis
  readonly commands: Commands
  readonly nodeId: string
  readonly log: FastifyBaseLogger
  /** How long a read waits, milliseconds. */
  readonly block: number
  readonly told: (message: Message) => void
  /** Asks for the state of all broadcasts on `client`. @returns the id in the control stream to read after */
  readonly resync: () => Promise<string>
  /** Verifies the mirror's data on `client`. */
  readonly check: (mirror: Mirror) => Promise<void>
}

// Segments of one broadcast read at a time.
const COUNT = 32
// Milliseconds before a retry.
const AGAIN = 200

type Streams = Array<[key: Buffer, entries: Array<[id: Buffer, fields: Buffer[]]>]>

/** The tail of one node. */
export class Tail {
  readonly #options: TailOptions
  readonly #mirrors = new Set<Mirror>()
  #control: string | undefined
  #woken = '0'
  #closed = false
  // The mirrors verified on the current connection: a new set for each connection.
  #checked = new Set<Mirror>()

  constructor (options: TailOptions) {
    this.#options = options
    options.client.on('close', () => {
      this.#control = undefined
      this.#checked = new Set()
    })
  }

  /** Starts reading. */
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

  /** Stops reading, once its connection is closed. */
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
    // Messages to all nodes come last: an end, for instance, must come after the segments.
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
    // Messages read before the connection was lost arrive after the state was requested again: they change nothing any more.
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
