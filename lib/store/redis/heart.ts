// Regularly tells the other nodes that this one is alive and how many viewers it has, and learns the same of them. One timer serves all
// publishers.
import type { StoreNode } from '../store.js'
import type { Commands } from './commands.js'

/** Options of a heart. Times are milliseconds. */
export interface HeartOptions {
  readonly node: StoreNode
  readonly commands: Commands
  readonly nodeId: string
  readonly beat: number
  /** How long the node counts as alive after a beat. */
  readonly lease: number
}

/** The heart of one node. */
export class Heart {
  readonly #options: HeartOptions
  readonly #timer: NodeJS.Timeout
  // Viewers by broadcast, of each other node.
  #others = new Map<string, Record<string, number>>()
  #beating = false
  // Redis' clock minus this process' monotonic clock.
  #offset: number

  constructor (options: HeartOptions) {
    this.#options = options
    this.#offset = performance.timeOrigin
    this.#timer = setInterval(() => { this.beat() }, options.beat).unref()
  }

  /** Redis' clock shows this time now. */
  sees (now: number): void {
    this.#offset = now - performance.now()
  }

  /** The time of the monotonic clock at a time of Redis' clock. */
  receivedAt (at: number): number {
    return Math.min(performance.now(), at - this.#offset)
  }

  /** The viewers of a broadcast, on all nodes. */
  viewers (name: string): number {
    return sumOf(this.#others.values(), name) + (this.#options.node.lives.get(name)?.viewers.size ?? 0)
  }

  /** The same, from Redis' latest answer about all nodes. */
  viewersBy (all: ReadonlyMap<string, string>): (name: string) => number {
    this.#learn(all)
    return name => this.viewers(name)
  }

  /** Sends one beat. */
  beat (): void {
    if (this.#beating) return
    this.#beating = true
    const { commands, node, nodeId, lease } = this.#options
    const own: Record<string, number> = {}
    for (const { name, viewers: { size } } of node.lives.values()) if (size > 0) own[name] = size
    commands.beat(nodeId, lease, JSON.stringify(own), node.settings.broadcastTimeout)
      .then(({ now, viewers }) => {
        this.sees(now)
        this.#learn(viewers)
      })
      .catch((error: unknown) => { node.log.debug({ err: error }, 'The store has not heard of this node') })
      .finally(() => { this.#beating = false })
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  #learn (all: ReadonlyMap<string, string>): void {
    const others = [...all].filter(([nodeId]) => nodeId !== this.#options.nodeId)
    this.#others = new Map(others.map(([nodeId, viewers]) => [nodeId, JSON.parse(viewers) as Record<string, number>]))
  }
}

function sumOf (nodes: Iterable<Record<string, number>>, name: string): number {
  let sum = 0
  for (const viewers of nodes) sum += viewers[name] ?? 0
  return sum
}
