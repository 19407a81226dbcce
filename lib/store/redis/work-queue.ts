// Work done one item at a time, in the order of its requests, and the bytes that wait with it: counted, and bounded.
import type { FastifyBaseLogger } from 'fastify'
import { Hold } from '../../broadcast/window-budget.js'
import type { WindowBudget } from '../../broadcast/window-budget.js'

interface Work<Asker> {
  readonly asker: Asker | undefined
  readonly bytes: number
  readonly act: () => Promise<void>
}

/** Options of a queue. */
export interface WorkQueueOptions<Asker> {
  /** Counts the waiting bytes, as they are in this node's memory. */
  readonly budget: WindowBudget
  readonly log: FastifyBaseLogger
  /** Waiting bytes above which publishers are held back. */
  readonly holdBytes: number
  /** Does work for an asker, or for none. Does not reject for a reason of the asker's. */
  perform (asker: Asker | undefined, act: () => Promise<void>): Promise<void>
  /** There is no room for the waiting bytes: the askers' work is dropped. */
  refused (): void
}

/** One queue. */
export class WorkQueue<Asker> {
  readonly #options: WorkQueueOptions<Asker>
  readonly #hold: Hold
  #queue: Array<Work<Asker>> = []
  #bytes = 0
  // Resolves when there is room again.
  #room: { readonly promise: Promise<void>, readonly open: () => void } | undefined

  constructor (options: WorkQueueOptions<Asker>) {
    this.#options = options
    this.#hold = new Hold(options.budget, () => this.#refuse())
  }

  /** Whether nothing waits, and nothing is being done. */
  get isEmpty (): boolean { return this.#queue.length === 0 }

  /** Queues work. @param bytes - held for it until it is done */
  put (asker: Asker | undefined, bytes: number, act: () => Promise<void>): void {
    this.#queue.push({ asker, bytes, act })
    this.#bytes += bytes
    if (bytes > 0) this.#hold.set(this.#bytes)
    if (this.#queue.length === 1) {
      this.#run().catch((error: unknown) => { this.#options.log.error({ err: error }, 'An outbox has stopped') })
    }
  }

  /** Undefined if more may be queued, else a promise to wait for. */
  room (): Promise<void> | undefined {
    if (this.#bytes <= this.#options.holdBytes) return undefined
    if (this.#room === undefined) {
      let open!: () => void
      const promise = new Promise<void>(resolve => { open = resolve })
      this.#room = { promise, open }
    }
    return this.#room.promise
  }

  async #run (): Promise<void> {
    for (let work = this.#queue[0]; work !== undefined; work = this.#queue[0]) {
      await this.#options.perform(work.asker, work.act)
      this.#queue.shift()
      this.#bytes -= work.bytes
      this.#hold.set(this.#bytes)
      if (this.#bytes <= this.#options.holdBytes) {
        this.#room?.open()
        this.#room = undefined
      }
    }
  }

  // Work in progress may still complete.
  #refuse (): void {
    this.#queue = this.#queue.filter(({ asker }, index) => index === 0 || asker === undefined)
    this.#bytes = this.#queue.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#options.refused()
  }
}
