// The ledger of a life as a node has it, beside the one in Redis: an append sends what it changes there. The state is short, and sent
// whole; the memory is long, so that each key is sent once.
import { Ledger } from '../../broadcast/ledger.js'
import type { LedgerState, Remembered } from '../../broadcast/ledger.js'

/** A ledger in Redis. */
export interface StoredLedger {
  /** Counts its changes. */
  readonly version: number
  /** The state as JSON; empty before the first change. */
  readonly state: string
  /** The keys in its memory by their object's name, each with a space before it. */
  readonly memory: ReadonlyMap<string, string>
}

/** A change of a ledger in Redis. */
export interface LedgerChange {
  readonly state: string
  readonly added: Remembered | undefined
  /** The names of objects whose earlier keys are no longer remembered. */
  readonly forgotten: readonly string[]
}

/** A node's copy of one ledger. */
export class LedgerCopy {
  readonly #broadcast: string
  #ledger: Ledger
  #version = 0
  // The names of the objects in the memory in Redis.
  #objects: readonly string[] = []

  constructor (broadcast: string) {
    this.#broadcast = broadcast
    this.#ledger = new Ledger(broadcast, 0)
  }

  get ledger (): Ledger { return this.#ledger }

  /** The version in Redis that it was before its newest change; -1 if unknown. */
  get version (): number { return this.#version }

  /** Takes over what is in Redis. */
  read (epoch: number, { version, state, memory }: StoredLedger): void {
    this.#version = version
    const keys = new Map(Array.from(memory, ([object, text]) => [object, text.split(' ').slice(1)]))
    this.#ledger = new Ledger(this.#broadcast, epoch, state === '' ? undefined : JSON.parse(state) as LedgerState, keys)
    this.#objects = [...memory.keys()]
  }

  /** What its newest change is in Redis. */
  get change (): LedgerChange {
    const { state, added, objects } = this.#ledger
    const kept = new Set(objects)
    // An object may go on in a new life, which remembers nothing of the one before.
    if (added?.isFirst === true) kept.delete(added.object)
    return { state: JSON.stringify(state), added, forgotten: this.#objects.filter(object => !kept.has(object)) }
  }

  /** Redis has its newest change. */
  written (): void {
    this.#version++
    this.#objects = this.#ledger.objects
  }

  /** It is not known whether Redis has its newest change. */
  lose (): void {
    this.#version = -1
  }
}
