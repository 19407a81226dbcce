// All broadcasts of one registration that this process knows, by name, and their viewers. The store keeps their contents.
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast, BroadcastState, PublishEndReason, Segment } from '../contract.js'
import type { Hooks } from '../hooks.js'
import type { Settings } from '../options.js'
import { Counts } from '../broadcast/counts.js'
import type { AfterTurns } from '../broadcast/hand-over.js'
import type { Place } from '../wire.js'
import { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WatchingViewer } from '../broadcast/roles.js'
import { MemoryStore } from './memory.js'
import { NamedBroadcast } from './handle.js'
import type { BroadcastRegistry } from './handle.js'
import { FST_MEDIA_SSE_CLOSING } from '../errors.js'
import type { Intake, PublicationHost } from '../publish/intake.js'
import type { NodeStore, OpenableStore, StoreNode, Summary } from './store.js'
import { WindowBudget } from '../broadcast/window-budget.js'

/** Options of the registry. */
export interface BroadcastsOptions {
  readonly settings: Settings
  readonly hooks: Hooks
  readonly log: FastifyBaseLogger
  /** Absolute path of the routes, encapsulating prefixes included. */
  readonly path: string
  /** Queue of viewers that cannot be served at once; without it, no viewer waits. */
  readonly afterTurns?: AfterTurns
  /** Iterates over a life for users' code, and calls `left` when it is done. */
  readonly iterate: (live: LiveBroadcast, left: () => void) => AsyncIterableIterator<Segment>
}

/** The broadcasts of one registration. */
export class Broadcasts implements BroadcastRegistry, StoreNode {
  /** Counts on this node since the registration, over all broadcasts. */
  readonly counts = new Counts()
  readonly settings: Settings
  /** Absolute path of the routes. */
  readonly path: string
  readonly log: FastifyBaseLogger
  readonly budget: WindowBudget
  readonly #hooks: Hooks
  readonly #afterTurns: AfterTurns | undefined
  readonly #iterate: BroadcastsOptions['iterate']
  readonly #lives = new Map<string, LiveBroadcast>()
  readonly #store: NodeStore
  // The newest pending publication of users' code, by broadcast and track.
  readonly #orders = new Map<string, Promise<void>>()
  readonly #bodies = new Set<Pick<Intake, 'cutOff'>>()
  #closing = false

  constructor (options: BroadcastsOptions) {
    this.settings = options.settings
    this.#hooks = options.hooks
    this.log = options.log
    this.path = options.path
    this.#afterTurns = options.afterTurns
    this.#iterate = options.iterate
    this.budget = new WindowBudget(options.settings.maxWindowBytes)
    const { store } = options.settings
    this.#store = store === undefined ? new MemoryStore(this) : (store as OpenableStore).open(this)
  }

  get lives (): ReadonlyMap<string, LiveBroadcast> { return this.#lives }

  /** The broadcasts that run, or have ended and are still kept, as far as this node knows. */
  get kept (): Broadcast[] {
    return Array.from(this.#store.names, name => this.handle(name))
  }

  /** Whether the server is closing: nothing is published any more. */
  get closing (): boolean { return this.#closing }

  /**
   * The number of bodies in parts that have not reached their end: each may hold an unfinished segment, even while no part is being
   * received.
   */
  get unfinished (): number {
    let count = 0
    for (const live of this.#lives.values()) count += live.unfinished
    return count
  }

  /** The current life of a name on this node, if any. */
  find (name: string): LiveBroadcast | undefined {
    return this.#lives.get(name)
  }

  /** The state of a broadcast. */
  stateOf (name: string): BroadcastState {
    return this.#store.stateOf(name)
  }

  /** Makes {@link Broadcasts.find} show the name's state on any node. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async load (name: string): Promise<void> {
    await this.#store.load(name)
  }

  /** The broadcast of a name, for users' code. */
  handle (name: string): Broadcast {
    return this.#lives.get(name)?.handle ?? new NamedBroadcast(this, name)
  }

  /** Adds a viewer. A name without a publisher is kept only as long as it has viewers. */
  watch (name: string, viewer: WatchingViewer): LiveBroadcast {
    const live = this.#lives.get(name) ?? this.add(name)
    live.addViewer(viewer)
    this.#store.watched(live)
    return live
  }

  /** Removes a viewer that {@link Broadcasts.watch} added. */
  unwatch (live: LiveBroadcast, viewer: WatchingViewer): void {
    live.removeViewer(viewer)
    this.#tidy(live)
  }

  /** Like {@link Broadcasts.watch} for iterating code, which reports itself when it has left. */
  iterate (name: string): AsyncIterableIterator<Segment> {
    const live = this.#lives.get(name) ?? this.add(name)
    const iterator = this.#iterate(live, () => this.#tidy(live))
    this.#store.watched(live)
    return iterator
  }

  /** Resolves when {@link Broadcasts.host} has the init segments for a publication. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  prepare (name: string): Promise<void> | undefined {
    return this.#store.prepare(name)
  }

  /** The host of a publication into that name. */
  host (
    name: string, opened: (live: LiveBroadcast) => void, ended: (live: LiveBroadcast, reason: PublishEndReason) => void
  ): PublicationHost {
    return this.#store.host(name, { opened, ended })
  }

  /** Runs work after all earlier work under that key: at once if there is none. */
  inOrder<Result> (key: string, act: () => Result | Promise<Result>): Result | Promise<Result> {
    const before = this.#orders.get(key)
    const result = before === undefined ? act() : before.then(act)
    if (!(result instanceof Promise)) return result
    const done = result.then(() => {}, () => {}).then(() => { if (this.#orders.get(key) === done) this.#orders.delete(key) })
    this.#orders.set(key, done)
    return result
  }

  /** Logs that a publication of users' code was refused. */
  refused (name: string, error: unknown): void {
    this.log.info({ err: error, broadcast: name }, 'what code has published was refused')
  }

  /** Resolves when all ordered work under that key is done; undefined if there is none. */
  ordered (key: string): Promise<void> | undefined {
    return this.#orders.get(key)
  }

  /** Ends a broadcast and cuts its publishers off. @returns whether there is one @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async end (name: string): Promise<boolean> {
    return await this.#store.end(name)
  }

  /** A kept segment. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async segment (name: string, place: Place): Promise<Segment | undefined> {
    return await this.#store.segment(name, place)
  }

  /** All kept broadcasts. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async list (): Promise<Summary[]> {
    return await this.#store.list()
  }

  /** Ends a viewer on any node. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async kickAnywhere (viewer: string): Promise<void> {
    await this.#store.kick(viewer)
  }

  /** A body is being received, also if nothing of it is published yet. @returns a function to call when it is over */
  receives (body: Pick<Intake, 'cutOff'>): () => void {
    this.#bodies.add(body)
    if (this.#closing) body.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
    return () => { this.#bodies.delete(body) }
  }

  /** Cuts all publishers off, and stops all timers. */
  close (): void {
    this.#closing = true
    for (const body of this.#bodies) body.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
    for (const live of this.#lives.values()) {
      live.skips.tell()
      live.drops.tell()
      live.finishFollowers()
    }
    this.#store.close()
  }

  /** Resolves when all the store's work is done. */
  async closed (): Promise<void> {
    await this.#store.closed()
  }

  add (name: string): LiveBroadcast {
    const { window } = this.settings
    const { log } = this
    const known = this.#lives.get(name)
    const live = new LiveBroadcast({
      handle: new NamedBroadcast(this, name),
      window,
      budget: this.budget,
      path: `${this.path}/${name}`,
      // Made on first use: most names with only waiting viewers log nothing.
      get log () { return log.child({ broadcast: name }) },
      counts: this.counts,
      afterTurns: this.#afterTurns
    })
    this.#lives.set(name, live)
    if (known !== undefined) {
      known.stopTimer()
      this.#tidy(known)
    }
    return live
  }

  forget (live: LiveBroadcast): void {
    if (this.#lives.get(live.name) === live) this.#lives.delete(live.name)
    this.#tidy(live)
  }

  published (live: LiveBroadcast, segment: Segment): void {
    live.counts.published(segment.bytes.byteLength)
    this.#hooks.fire('onSegment', this.log, live.handle, segment)
  }

  kick (id: string): boolean {
    for (const { viewers } of this.#lives.values()) {
      for (const viewer of viewers) {
        if (viewer.id !== id) continue
        viewer.kick()
        return true
      }
    }
    return false
  }

  // The viewers of a forgotten life still get the rest of it.
  #tidy (live: LiveBroadcast): void {
    if (live.isWatched) return
    if (live.state === 'waiting' && !live.isPublished && this.#lives.get(live.name) === live) this.#lives.delete(live.name)
    if (this.#lives.get(live.name) !== live) live.clearWindow()
    this.#store.unwatched(live)
  }
}
