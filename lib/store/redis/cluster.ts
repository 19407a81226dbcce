// A node of a cluster, a little long, as all that changes how a broadcast stands here is read together: what it publishes goes to Redis,
// what is watched on it is mirrored from there, and what all nodes are told it does.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import { conflict, connectedAnew, endByteStream } from '../../publish/making-way.js'
import type { PublicationHost } from '../../publish/intake.js'
import { segmentOf } from '../../broadcast/kept-segment.js'
import type { NodeStore, StoreNode, Summary, Told } from '../store.js'
import type { BroadcastState, Segment } from '../../contract.js'
import { FST_MEDIA_SSE_CLOSING } from '../../errors.js'
import { formatPlace } from '../../wire.js'
import type { Place } from '../../wire.js'
import { Commands } from './commands.js'
import { Heart } from './heart.js'
import { Inits } from './inits.js'
import { Mirrors } from './mirrors.js'
import { Outbox } from './outbox.js'
import type { OutboxHost } from './outbox.js'
import { initField, parseInitField, restoredEntry, restoredInit } from './stored.js'
import { summaryOf } from './summary.js'
import { Tail } from './tail.js'
import type { Message } from './tail.js'

/** What a node is made with. Times are milliseconds. */
export interface ClusterOptions {
  /** For what is asked, and for what is waited for. */
  readonly clients: { readonly commands: Redis, readonly tail: Redis }
  /** With which all keys begin. */
  readonly prefix: string
  readonly holdTimeout: number
  readonly holdBytes: number
  /** How long a node counts as alive that is not heard of. */
  readonly nodeTimeout: number
}

// How often a node shows that it lives, milliseconds, and how many times at least while it counts as alive.
const BEAT = 1_000
const BEATS = 4
// How long a read waits, milliseconds, at most: half of the time after which a connection that brings nothing is taken for dead.
const BLOCK = 5_000

/** The store of one node. */
export class Cluster implements NodeStore, OutboxHost {
  readonly node: StoreNode
  readonly commands: Commands
  readonly nodeId = randomUUID()
  readonly lease: number
  readonly holdBytes: number
  lastEpoch = 0
  work = 0
  readonly #heart: Heart
  readonly #mirrors: Mirrors
  readonly #tail: Tail
  // By the connection of the tail.
  readonly #tailing: Commands
  readonly #outboxes = new Map<string, Outbox>()
  // How all broadcasts stand, as this node was told, and the sequence behind what was written here.
  readonly #standing = new Map<string, { readonly epoch: number, state: BroadcastState, written: number }>()
  readonly #inits: Inits

  constructor (node: StoreNode, { clients, prefix, holdTimeout, holdBytes, nodeTimeout }: ClusterOptions) {
    this.node = node
    this.lease = nodeTimeout
    this.holdBytes = holdBytes
    for (const client of Object.values(clients)) client.on('error', (error: Error) => { node.log.debug({ err: error }, 'Redis cannot be reached') })
    clients.commands.on('close', () => { if (!node.closing) node.log.warn('fastify-media-sse: the connection to Redis is lost') })
    this.commands = new Commands(clients.commands, prefix, holdTimeout)
    this.#tailing = new Commands(clients.tail, prefix, holdTimeout)
    this.#inits = new Inits(this.commands)
    this.#heart = new Heart({ node, commands: this.commands, nodeId: this.nodeId, beat: Math.min(BEAT, nodeTimeout / BEATS), lease: nodeTimeout })
    this.#tail = new Tail({
      client: clients.tail,
      commands: this.commands,
      nodeId: this.nodeId,
      log: node.log,
      block: Math.min(BLOCK, Math.ceil(nodeTimeout / 2)),
      told: message => { this.#hear(message) },
      resync: async () => await this.#resync(),
      check: async mirror => { if (await mirror.hasLost(this.#tailing)) await this.#restart(mirror.live.name, mirror.epoch) }
    })
    this.#mirrors = new Mirrors({ node, commands: this.commands, tail: this.#tail, receivedAt: at => this.#heart.receivedAt(at) })
    this.#heart.beat()
    this.#tail.run()
  }

  get names (): Iterable<string> { return this.#standing.keys() }

  stateOf (name: string): BroadcastState {
    return this.#standing.get(name)?.state ?? 'waiting'
  }

  load (name: string): Promise<void> | undefined {
    return this.#mirrors.load(name)
  }

  watched (live: LiveBroadcast): void {
    const epoch = this.#standing.get(live.name)?.epoch
    if (epoch !== undefined && this.node.lives.get(live.name) === live) this.#mirrors.keep(live, epoch)
  }

  unwatched (live: LiveBroadcast): void {
    this.#mirrors.unwatched(live)
  }

  async prepare (name: string): Promise<void> {
    await this.#inits.fetch(name, other => this.#outboxes.has(other))
  }

  host (name: string, told: Told): PublicationHost {
    const { node } = this
    const outbox = (): Outbox => this.#outboxOf(name)
    return {
      settings: node.settings,
      budget: node.budget,
      init: track => this.#inits.newest(name, track, this.#mirrors.shows(name) ? node.lives.get(name) : undefined),
      enter: publication => {
        if (node.closing) throw new FST_MEDIA_SSE_CLOSING()
        const known = node.lives.get(name)
        if (known?.state === 'live') endByteStream(known, publication, node.settings)
        const live = known === undefined || known.state === 'ended' ? node.add(name) : known
        live.addPublication(publication)
        outbox().enter(publication, told)
        return live
      },
      publish: (publication, draft) => outbox().publish(publication, draft),
      setInit: (publication, init) => outbox().setInit(publication, init),
      settled: async publication => await outbox().settled(publication),
      room: () => outbox().room(),
      leave: (_live, publication, reason) => outbox().leave(publication, reason),
      viewers: () => this.#heart.viewers(name)
    }
  }

  async end (name: string): Promise<boolean> {
    const live = this.node.lives.get(name)
    const streams = live?.removeByteStreams() ?? []
    for (const stream of streams) stream.finish()
    if (streams.length > 0) await this.#outboxOf(name).rest()
    return await this.commands.end(name, this.node.settings.broadcastTimeout)
  }

  async segment (name: string, place: Place): Promise<Segment | undefined> {
    const live = this.node.lives.get(name)
    const kept = live?.epoch === place.epoch ? live.window.get(place.sequence) : undefined
    if (kept !== undefined) return segmentOf(kept, kept.init.media)
    const id = formatPlace(place.epoch, place.sequence)
    const [found] = await this.commands.segments(name, place.epoch, id, id, 1)
    if (found === undefined) return undefined
    const { entry } = restoredEntry(place, found[1])
    const stored = await this.commands.field(name, place.epoch, initField(entry.message.track, entry.message.init))
    return stored === undefined ? undefined : segmentOf(entry, restoredInit(stored))
  }

  async list (): Promise<Summary[]> {
    const { now, viewers, lives } = await this.commands.list()
    const viewersOf = this.#heart.viewersBy(viewers)
    return lives.map(fields => summaryOf(fields, now, viewersOf))
  }

  async kick (viewer: string): Promise<void> {
    if (!this.node.kick(viewer)) await this.commands.tell({ t: 'kick', viewer } satisfies Message)
  }

  seen (name: string): { readonly epoch: number, readonly next: number } | undefined {
    const standing = this.#standing.get(name)
    if (standing === undefined) return undefined
    const { epoch, written } = standing
    const mirror = this.#mirrors.seen(name)
    return { epoch, next: mirror?.epoch === epoch ? Math.max(mirror.next, written) : written }
  }

  wrote (name: string, epoch: number, next: number): void {
    const standing = this.#standing.get(name)
    if (standing?.epoch === epoch) standing.written = next
  }

  adopt (name: string, epoch: number): LiveBroadcast {
    const known = this.node.lives.get(name)
    if (known?.epoch === epoch) return known
    // What has become of the life that viewers watch here is heard in its turn.
    if (known?.state === 'live') return known
    const live = known?.state === 'waiting' ? known : this.node.add(name)
    live.start(epoch)
    this.#standing.set(name, { epoch, state: 'live', written: 1 })
    if (live.isWatched) this.#mirrors.keep(live, epoch)
    return live
  }

  close (): void {
    for (const outbox of this.#outboxes.values()) for (const publication of outbox.publications) publication.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
  }

  async closed (): Promise<void> {
    const rest = Promise.all(Array.from(this.#outboxes.values(), async outbox => await outbox.rest()))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => { timer = setTimeout(resolve, this.node.settings.closeTimeout) })
    // A beat behind its leave would bring it back.
    const left = rest.then(async () => {
      this.#heart.stop()
      await this.commands.bye(this.nodeId)
    })
    await Promise.race([left.catch(() => {}), late])
    clearTimeout(timer)
    this.#heart.stop()
    this.#mirrors.close()
    this.#tail.close()
    for (const commands of [this.commands, this.#tailing]) commands.close()
  }

  #outboxOf (name: string): Outbox {
    let outbox = this.#outboxes.get(name)
    if (outbox === undefined) {
      // One that nobody publishes into has nothing to remember.
      for (const [other, { idle }] of this.#outboxes) if (idle) this.#outboxes.delete(other)
      this.#outboxes.set(name, outbox = new Outbox(this, name))
    }
    return outbox
  }

  #hear (message: Message): void {
    if (message.t === 'kick') {
      this.node.kick(message.viewer)
      return
    }
    const { name } = message
    const outbox = this.#outboxes.get(name)
    if (message.t === 'cut') {
      // Between the parts of a body nobody is connected; the next one would go on with what is over.
      this.node.lives.get(name)?.cutByteStream(message.id)
      return outbox?.cut(message.id, message.same ? connectedAnew(name, 'of it') : conflict(name, 'of it'))
    }
    const { epoch } = message
    if (message.t === 'started') return this.#started(name, epoch)
    if (message.t === 'ended') return this.#ended(name, epoch, message.next)
    if (message.t === 'forgotten') return this.#forgotten(name, epoch)
    const init = parseInitField(message.field)!
    this.#mirrors.of(name, epoch)?.takeInit(init.track, init.version).catch((error: unknown) => {
      this.node.log.warn({ err: error, broadcast: name }, 'An init segment was not fetched')
    })
  }

  #started (name: string, epoch: number): void {
    this.lastEpoch = Math.max(this.lastEpoch, epoch)
    const before = this.#standing.get(name)
    if (before !== undefined && before.epoch > epoch) return
    if (before?.epoch !== epoch) this.#standing.set(name, { epoch, state: 'live', written: 1 })
    const known = this.node.lives.get(name)
    if (known === undefined || known.epoch === epoch) return this.#begun(known, epoch)
    // One that has not ended was lost: whoever watches goes on with what has begun in its place.
    const isOver = known.state === 'ended' || this.#mirrors.isEnding(known)
    if (isOver && known.publications.size === 0) return
    const live = isOver ? this.node.add(name) : known
    if (!known.isWatched || isOver) live.start(epoch)
    this.#begun(live, epoch)
  }

  #begun (live: LiveBroadcast | undefined, epoch: number): void {
    if (live === undefined) return
    this.#outboxes.get(live.name)?.movesTo(live)
    if (live.isWatched) this.#mirrors.keep(live, epoch)
  }

  #ended (name: string, epoch: number, next: number): void {
    const standing = this.#standing.get(name)
    if (standing?.epoch === epoch) standing.state = 'ended'
    this.#outboxes.get(name)?.ended(epoch)
    const mirror = this.#mirrors.of(name, epoch)
    if (mirror !== undefined) return mirror.endsAt(next)
    const live = this.node.lives.get(name)
    if (live?.epoch !== epoch) return
    live.removeByteStreams()
    live.end()
    this.node.forget(live)
  }

  #forgotten (name: string, epoch: number): void {
    if (this.#standing.get(name)?.epoch === epoch) this.#standing.delete(name)
    const live = this.node.lives.get(name)
    if (live?.epoch !== epoch) return
    live.end()
    this.node.forget(live)
  }

  async #resync (): Promise<string> {
    // What is written meanwhile is not missing in what was read before.
    const written = new Map(Array.from(this.#standing, ([name, { epoch, written }]) => [name, { epoch, written }]))
    const { now, control, lives } = await this.#tailing.directory()
    this.#heart.sees(now)
    const names = new Set(lives.map(({ name }) => name))
    // Redis has lost them. Whoever publishes begins them anew; else they are over.
    for (const [name, { epoch }] of this.#standing) {
      if (names.has(name)) continue
      const live = this.node.lives.get(name)
      if (live === undefined || this.#outboxes.get(name)?.idle !== false) live?.after(this.node.settings.broadcastTimeout, () => { if (live.epoch === epoch) this.#forgotten(name, epoch) })
      this.#standing.delete(name)
    }
    for (const { name, epoch, state, next } of lives) {
      this.#started(name, epoch)
      if (state === 'ended') this.#ended(name, epoch, next)
      const before = written.get(name)
      if (before?.epoch === epoch && before.written > next) await this.#restart(name, epoch)
    }
    return control
  }

  async #restart (name: string, epoch: number): Promise<void> {
    await this.#tailing.restart(name, epoch, this.node.settings.broadcastTimeout)
  }
}
