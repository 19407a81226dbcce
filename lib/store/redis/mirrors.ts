// The mirrors of one node: each broadcast that is watched here has one, and keeps it for a while afterwards.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { StoreNode } from '../store.js'
import type { Commands } from './commands.js'
import { Mirror } from './mirror.js'
import type { Tail } from './tail.js'

/** Options of mirrors. */
export interface MirrorsOptions {
  readonly node: StoreNode
  readonly commands: Commands
  readonly tail: Tail
  /** The time of the monotonic clock at a time of Redis' clock. */
  readonly receivedAt: (at: number) => number
}

// How long a broadcast without viewers stays mirrored, milliseconds: a viewer that returns soon finds it.
const GRACE = 10_000

/** All mirrors. */
export class Mirrors {
  readonly #options: MirrorsOptions
  readonly #byLife = new Map<LiveBroadcast, Mirror>()
  readonly #loads = new Map<string, Promise<void>>()
  readonly #graces = new Map<LiveBroadcast, NodeJS.Timeout>()
  #closed = false

  constructor (options: MirrorsOptions) {
    this.#options = options
  }

  /** The mirror of a life. */
  of (name: string, epoch: number): Mirror | undefined {
    for (const mirror of this.#byLife.values()) if (mirror.live.name === name && mirror.epoch === epoch) return mirror
    return undefined
  }

  /** Whether the node's life of a name is complete. */
  shows (name: string): boolean {
    const mirror = this.seen(name)
    return mirror !== undefined && mirror.loading === undefined && mirror.live.state === 'live'
  }

  /** The mirror of a name's life, if it has taken anything. */
  seen (name: string): Mirror | undefined {
    const live = this.#options.node.lives.get(name)
    return live === undefined ? undefined : this.#byLife.get(live)
  }

  /** Whether the end of a life is known, though not all of it is taken yet. */
  isEnding (live: LiveBroadcast): boolean {
    return this.#byLife.get(live)?.isEnding === true
  }

  /**
   * Resolves when the node's life of that name is complete; undefined if it is already.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  load (name: string): Promise<void> | undefined {
    if (this.shows(name)) return undefined
    let loading = this.#loads.get(name)
    if (loading === undefined) {
      loading = this.#load(name).finally(() => { this.#loads.delete(name) })
      this.#loads.set(name, loading)
    }
    return loading
  }

  /** Mirrors a life for as long as it is watched. If the epoch has changed, it starts over. */
  keep (live: LiveBroadcast, epoch: number): void {
    this.#mirror(live, epoch).loading?.catch((error: unknown) => {
      this.#options.node.log.warn({ err: error, broadcast: live.name }, 'A broadcast was not loaded')
      // Its viewers are served as soon as possible.
      if (!this.#closed && live.isWatched) this.keep(live, epoch)
    })
  }

  /** It has no viewers any more. */
  unwatched (live: LiveBroadcast): void {
    if (!this.#byLife.has(live) || this.#graces.has(live)) return
    this.#graces.set(live, setTimeout(() => {
      this.#graces.delete(live)
      if (!live.isWatched) this.#drop(live)
    }, GRACE).unref())
  }

  /** Stops all timers, and takes nothing more. */
  close (): void {
    this.#closed = true
    for (const timer of this.#graces.values()) clearTimeout(timer)
    for (const mirror of this.#byLife.values()) mirror.over = true
  }

  async #load (name: string): Promise<void> {
    const { node, commands } = this.#options
    const epoch = await commands.epochOf(name)
    if (epoch === undefined) return
    const known = node.lives.get(name)
    const isOther = known === undefined || (known.epoch !== epoch && known.state === 'ended')
    const live = isOther ? node.add(name) : known
    // The life watched here is not the one in Redis: a message will say what happened to it.
    if (live.state === 'live' && live.epoch !== epoch) return
    await this.#mirror(live, epoch).loading
    this.unwatched(live)
  }

  #mirror (live: LiveBroadcast, epoch: number): Mirror {
    const known = this.#byLife.get(live)
    if (known?.epoch === epoch) return known
    if (known !== undefined) this.#stop(known)
    const { commands, receivedAt, tail } = this.#options
    const mirror = new Mirror(live, epoch, commands, receivedAt)
    this.#byLife.set(live, mirror)
    mirror.loading!.then(() => { if (!mirror.over) tail.add(mirror) }, () => { this.#stop(mirror) })
    return mirror
  }

  #stop (mirror: Mirror): void {
    mirror.over = true
    this.#options.tail.delete(mirror)
    if (this.#byLife.get(mirror.live) === mirror) this.#byLife.delete(mirror.live)
  }

  #drop (live: LiveBroadcast): void {
    const mirror = this.#byLife.get(live)
    if (mirror !== undefined) this.#stop(mirror)
    if (live.publications.size === 0 && live.byteStreams === 0) this.#options.node.forget(live)
    else live.window.clear()
  }
}
