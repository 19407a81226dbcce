// What all actors of one chaos share: where the server is, how long it goes on, and what was done to it.
import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { ServerProcess } from './server-process.js'

/** One chaos under way. */
export class Storm {
  readonly seed: number
  readonly server: ServerProcess
  readonly origin: string
  /** How often each kind of fault was injected. */
  readonly faults = new Map<string, number>()
  readonly #over = new AbortController()
  #bodies = 0

  constructor (seed: number, server: ServerProcess, origin: string) {
    this.seed = seed
    this.server = server
    this.origin = origin
    setMaxListeners(0, this.#over.signal)
  }

  /** Whether it has abated. */
  get over (): boolean { return this.#over.signal.aborted }

  /** A number for a body that is published. */
  get nextBody (): number { return ++this.#bodies }

  /** Counts a fault. */
  did (kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1)
  }

  /** Resolves after so many milliseconds, or when the storm is over. */
  async rest (milliseconds: number): Promise<void> {
    if (this.over) return
    try {
      await setTimeout(milliseconds, undefined, { signal: this.#over.signal })
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error
    }
  }

  abate (): void {
    this.#over.abort()
  }
}
