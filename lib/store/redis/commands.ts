// A node's requests to Redis: a function for each script and each read. A caller waits at most `holdTimeout`. A request sent by then may
// still be carried out, in order, and is sent again if the connection breaks: every script is safe to run twice.
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { FST_MEDIA_SSE_STORE_UNAVAILABLE } from '../../errors.js'
import type { Append, Appended, EnterOptions, Entered, LeaveOptions, Publisher, StoredLife } from './exchanges.js'
import type { StoredLedger } from './ledger-copy.js'
import { SCRIPTS } from './scripts.js'

/** An argument of a command. */
export type Argument = string | number | Buffer

type Reply = Buffer | number | null | Reply[]

const DIGESTS = new Map(Object.values(SCRIPTS).map(script => [script as string, createHash('sha1').update(script).digest('hex')]))

// A primary that may write only with replicas has too few. Before Redis 7 a script's error is wrapped in another.
const NOT_NOW = /\bNOREPLICAS /
// Milliseconds before a retry.
const AGAIN = 200

/** The commands of one node. */
export class Commands {
  /** Prefix of all keys. */
  readonly prefix: string
  readonly #client: Redis
  readonly #holdTimeout: number
  // Resolves when the connection is back.
  #connected: Promise<void> | undefined
  #closed = false
  // These abort all waiting callers.
  readonly #waiting = new Set<AbortController>()

  constructor (client: Redis, prefix: string, holdTimeout: number) {
    this.#client = client
    this.prefix = prefix
    this.#holdTimeout = holdTimeout
  }

  /** Sends no more requests and aborts the waiting ones: a timer of `holdTimeout` would keep the process alive. */
  close (): void {
    this.#closed = true
    for (const waiting of this.#waiting) waiting.abort()
    this.#client.disconnect()
  }

  /** The key of a life; its segments are at `:segments`. */
  life (name: string, epoch: number): string {
    return `${this.prefix}life:${name}:${epoch}`
  }

  async enter (name: string, publication: string, publisher: Publisher, options: EnterOptions): Promise<Entered> {
    const { again, takeover, maxBroadcasts, lastEpoch, lease, known } = options
    const [kind, ...rest] = texts(await this.#run(SCRIPTS.enter, name, publication, publisher.node, JSON.stringify(publisher),
      flag(takeover), flag(again), maxBroadcasts, lastEpoch, lease, known?.epoch ?? 0, known?.next ?? 0))
    if (kind !== 'ok') return { kind: kind as 'conflict' | 'full' }
    return { kind, epoch: Number(rest[0]), ledger: storedLedger(rest.slice(1)) }
  }

  async append (append: Append): Promise<Appended> {
    const { name, epoch, publication, node, work, version, sequence, entry, size, beside, join, bytes } = append
    const { ledger: { state, added, forgotten }, window, events, inits, drops } = append
    const [kind, ...rest] = texts(await this.#run(
      SCRIPTS.append, name, epoch, publication, node, work, version, state, sequence, entry, size, beside, flag(join), bytes,
      window.bytes, window.seconds, window.segments, added?.object ?? '', added?.key ?? '',
      events.length, inits.length, drops.length, forgotten.length, ...events, ...inits.flat(), ...drops, ...forgotten
    ))
    if (kind === 'ok') return { kind, first: Number(rest[0]) }
    if (kind === 'stale') return { kind, ledger: storedLedger(rest) }
    return { kind: kind as 'fenced' | 'ended' | 'gone' }
  }

  async leave (
    name: string, { epoch, publication: { id, track, publisher }, node, isOver, broadcastTimeout, parts }: LeaveOptions
  ): Promise<void> {
    await this.#run(SCRIPTS.leave, name, epoch, id, node, flag(isOver), broadcastTimeout, track, publisher, parts ?? '')
  }

  /** @returns whether there is such a broadcast */
  async end (name: string, broadcastTimeout: number): Promise<boolean> {
    return await this.#run(SCRIPTS.end, name, broadcastTimeout) === 1
  }

  async restart (name: string, epoch: number, broadcastTimeout: number): Promise<void> {
    await this.#run(SCRIPTS.restart, name, epoch, broadcastTimeout)
  }

  /** @returns Redis' clock, and every node's viewers as JSON */
  async beat (
    node: string, lease: number, viewers: string, broadcastTimeout: number
  ): Promise<{ now: number, viewers: Map<string, string> }> {
    const [now, all] = await this.#run(SCRIPTS.beat, node, lease, viewers, broadcastTimeout) as [number, Reply[]]
    return { now, viewers: pairs(texts(all)) }
  }

  async bye (node: string): Promise<void> {
    await this.#run(SCRIPTS.bye, node)
  }

  async directory (): Promise<{ now: number, control: string, lives: StoredLife[] }> {
    const [now, control, lives] = await this.#run(SCRIPTS.directory) as [number, Buffer, Reply[]]
    return {
      now,
      control: control.toString(),
      lives: lives.map(life => {
        const [name, epoch, state, next] = texts(life)
        return { name: name!, epoch: Number(epoch), state: state === 'live' ? state : 'ended', next: Number(next) }
      })
    }
  }

  /** @returns Redis' clock, every node's viewers as JSON, and the fields of each broadcast */
  async list (): Promise<{ now: number, viewers: Map<string, string>, lives: string[][] }> {
    const [now, viewers, lives] = await this.#run(SCRIPTS.list) as [number, Reply[], Reply[]]
    return { now, viewers: pairs(texts(viewers)), lives: lives.map(texts) }
  }

  /** Tells all nodes. */
  async tell (message: object): Promise<void> {
    await this.#run(SCRIPTS.tell, JSON.stringify(message))
  }

  /** The epoch of a name's life. */
  async epochOf (name: string): Promise<number | undefined> {
    const epoch = await this.#within(async () => await this.#client.hget(`${this.prefix}index`, name))
    return epoch === null ? undefined : Number(epoch)
  }

  /** The epoch of a name's life, and all its fields. */
  async named (name: string): Promise<{ epoch: number, fields: Record<string, Buffer> } | undefined> {
    const [epoch, fields] = await this.#run(SCRIPTS.named, name) as [Buffer | null, Buffer[]]
    if (epoch === null) return undefined
    return { epoch: Number(epoch), fields: Object.fromEntries(pairs(fields)) }
  }

  /** All fields of a life. */
  async fields (name: string, epoch: number): Promise<Record<string, Buffer>> {
    return await this.#within(async () => await this.#client.hgetallBuffer(this.life(name, epoch)))
  }

  /** One field of a life. */
  async field (name: string, epoch: number, field: string): Promise<Buffer | undefined> {
    return await this.#within(async () => await this.#client.hgetBuffer(this.life(name, epoch), field)) ?? undefined
  }

  /** Segments between two ids, both included, at most `count`. */
  async segments (name: string, epoch: number, from: string, to: string, count: number): Promise<Array<[id: Buffer, fields: Buffer[]]>> {
    return await this.#within(
      async () => await this.#client.xrangeBuffer(`${this.life(name, epoch)}:segments`, from, to, 'COUNT', count)
    ) as Array<[Buffer, Buffer[]]>
  }

  /** Makes a node's waiting read return at once. */
  async wake (node: string): Promise<void> {
    const key = `${this.prefix}wake:${node}`
    await this.#within(async () => await this.#client.xadd(key, 'MAXLEN', 1, '*', 'w', ''))
    await this.#within(async () => await this.#client.pexpire(key, 60_000))
  }

  // Sends a request and waits for it within the limit. A request that cannot be sent in that time is never sent.
  async #within<Answer> (ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw new FST_MEDIA_SSE_STORE_UNAVAILABLE()
    const waiting = new AbortController()
    const late = new Promise<never>((_resolve, reject) => {
      waiting.signal.addEventListener('abort', () => { reject(new FST_MEDIA_SSE_STORE_UNAVAILABLE()) })
    })
    const timer = setTimeout(() => { waiting.abort() }, this.#holdTimeout)
    this.#waiting.add(waiting)
    const answer = async (): Promise<Answer> => {
      if (this.#client.status !== 'ready') await Promise.race([this.#ready(), late])
      return await Promise.race([ask(waiting.signal), late])
    }
    return await answer()
      .catch((error: unknown) => { throw isReply(error) ? error : new FST_MEDIA_SSE_STORE_UNAVAILABLE() })
      .finally(() => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
      })
  }

  async #ready (): Promise<void> {
    this.#connected ??= new Promise(resolve => {
      this.#client.once('ready', () => {
        this.#connected = undefined
        resolve()
      })
    })
    await this.#connected
  }

  async #run (script: string, ...args: Argument[]): Promise<Reply> {
    const index = this.prefix
    const call = async (signal: AbortSignal, command: 'EVALSHA' | 'EVAL' = 'EVALSHA'): Promise<Reply> => {
      try {
        return await this.#client.callBuffer(command, command === 'EVAL' ? script : DIGESTS.get(script)!, 1, index, ...args) as Reply
      } catch (error) {
        if (!isReply(error)) throw error
        if (error.message.startsWith('NOSCRIPT')) return await call(signal, 'EVAL')
        if (!NOT_NOW.test(error.message)) throw error
        await pause(AGAIN, undefined, { signal })
        return await call(signal, command)
      }
    }
    return await this.#within(async signal => await call(signal))
  }
}

// An error that Redis itself has replied with.
function isReply (error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

function texts (reply: Reply): string[] {
  return (reply as Reply[]).map(String)
}

// From its version, its state, and the alternating names and keys of its memory.
function storedLedger ([version, state = '', ...memory]: readonly string[]): StoredLedger {
  return { version: Number(version), state, memory: pairs(memory) }
}

// From alternating names and values.
function pairs<Value extends string | Buffer> (list: readonly Value[]): Map<string, Value> {
  const map = new Map<string, Value>()
  for (let index = 0; index + 1 < list.length; index += 2) map.set(String(list[index]), list[index + 1]!)
  return map
}

function flag (value: boolean): '0' | '1' {
  return value ? '1' : '0'
}
