// A node of a cluster: sends what it publishes to Redis, mirrors what its viewers watch, and obeys the messages to all nodes.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import { endByteStream } from '../../publish/making-way.js'
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
import { Standing } from './standing.js'
import { initField, restoredEntry, restoredInit } from './stored.js'
import { summaryOf } from './summary.js'
import { Tail } from './tail.js'
import type { Message } from './tail.js'

/** Options of a node. Times are milliseconds. */
export interface ClusterOptions {
  /** One for requests, one for reads that wait. */
  readonly clients: { readonly commands: Redis, readonly tail: Redis }
  /** Prefix of all keys. */
  readonly prefix: string
  readonly holdTimeout: number
  readonly holdBytes: number
  /** How long a silent node counts as alive. */
  readonly nodeTimeout: number
}

// Milliseconds between the beats of a node, and the minimum of beats while it counts as alive.
const BEAT = 1_000
const BEATS = 4
// How long a read waits, milliseconds, at most: half of the time after which a silent connection is taken for dead.
const BLOCK = 5_000

/** The store of one node. */
export class Cluster implements NodeStore, OutboxHost {
  readonly node: StoreNode
  readonly commands: Commands
  readonly nodeId = randomUUID()
  readonly lease: number
  readonly holdBytes: number
  readonly standing: Standing
  work = 0
  readonly #heart: Heart
  readonly #mirrors: Mirrors
  readonly #tail: Tail
  // On the connection of the tail.
  readonly #tailing: Commands
  readonly #outboxes = new Map<string, Outbox>()
  readonly #inits: Inits

  constructor (node: StoreNode, { clients, prefix, holdTimeout, holdBytes, nodeTimeout }: ClusterOptions) {
    this.node = node
    this.lease = nodeTimeout
    this.holdBytes = holdBytes
    for (const client of Object.values(clients)) {
      client.on('error', (error: Error) => { node.log.debug({ err: error }, 'Redis cannot be reached') })
    }
    clients.commands.on('close', () => { if (!node.closing) node.log.warn('fastify-media-sse: the connection to Redis is lost') })
    this.commands = new Commands(clients.commands, prefix, holdTimeout)
    this.#tailing = new Commands(clients.tail, prefix, holdTimeout)
    this.#inits = new Inits(this.commands)
    this.#heart = new Heart(
      { node, commands: this.commands, nodeId: this.nodeId, beat: Math.min(BEAT, nodeTimeout / BEATS), lease: nodeTimeout }
    )
    this.#tail = new Tail({
      client: clients.tail,
      commands: this.commands,
      nodeId: this.nodeId,
      log: node.log,
      block: Math.min(BLOCK, Math.ceil(nodeTimeout / 2)),
      told: message => { this.standing.hear(message) },
      resync: async () => await this.standing.resync(),
      check: async mirror => { if (await mirror.hasLost(this.#tailing)) await this.standing.restart(mirror.live.name, mirror.epoch) }
    })
    this.#mirrors = new Mirrors({ node, commands: this.commands, tail: this.#tail, receivedAt: at => this.#heart.receivedAt(at) })
    this.standing = new Standing(
      { node, commands: this.#tailing, heart: this.#heart, mirrors: this.#mirrors, outboxes: this.#outboxes }
    )
    this.#heart.beat()
    this.#tail.run()
  }

  get names (): Iterable<string> { return this.standing.names }

  stateOf (name: string): BroadcastState {
    return this.standing.stateOf(name)
  }

  load (name: string): Promise<void> | undefined {
    return this.#mirrors.load(name)
  }

  watched (live: LiveBroadcast): void {
    const epoch = this.standing.epochOf(live.name)
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

  close (): void {
    for (const outbox of this.#outboxes.values()) {
      for (const publication of outbox.publications) publication.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
    }
  }

  async closed (): Promise<void> {
    const rest = Promise.all(Array.from(this.#outboxes.values(), async outbox => await outbox.rest()))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => { timer = setTimeout(resolve, this.node.settings.closeTimeout) })
    // A beat after its leave would bring it back.
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
      // An outbox without publications has nothing to remember.
      for (const [other, { idle }] of this.#outboxes) if (idle) this.#outboxes.delete(other)
      this.#outboxes.set(name, outbox = new Outbox(this, name))
    }
    return outbox
  }
}
