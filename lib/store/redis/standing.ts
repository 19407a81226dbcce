// The state of all broadcasts as a node of a cluster knows it, and how far the node itself has written; updates its own lives, mirrors and
// outboxes when that changes.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { BroadcastState } from '../../contract.js'
import { conflict, connectedAnew } from '../../publish/making-way.js'
import type { StoreNode } from '../store.js'
import type { Commands } from './commands.js'
import type { Heart } from './heart.js'
import type { Mirrors } from './mirrors.js'
import { parseInitField } from './stored.js'
import type { Message } from './tail.js'

// What an outbox is told.
interface Told {
  readonly idle: boolean
  movesTo (live: LiveBroadcast): void
  cut (id: string, error: Error): void
  ended (epoch: number): void
}

interface StandingParts {
  readonly node: StoreNode
  /** On the connection of the tail. */
  readonly commands: Commands
  readonly heart: Heart
  readonly mirrors: Mirrors
  readonly outboxes: ReadonlyMap<string, Told>
}

// The state of a life, and the sequence after the last one written here.
interface Stand {
  readonly epoch: number
  state: BroadcastState
  written: number
}

/** The state of all broadcasts on one node. */
export class Standing {
  #lastEpoch = 0
  readonly #lives = new Map<string, Stand>()
  readonly #node: StoreNode
  readonly #commands: Commands
  readonly #heart: Heart
  readonly #mirrors: Mirrors
  readonly #outboxes: ReadonlyMap<string, Told>

  constructor ({ node, commands, heart, mirrors, outboxes }: StandingParts) {
    this.#node = node
    this.#commands = commands
    this.#heart = heart
    this.#mirrors = mirrors
    this.#outboxes = outboxes
  }

  /** The newest epoch that this node knows of. */
  get lastEpoch (): number { return this.#lastEpoch }

  /** The broadcasts that run or have ended. */
  get names (): Iterable<string> { return this.#lives.keys() }

  stateOf (name: string): BroadcastState {
    return this.#lives.get(name)?.state ?? 'waiting'
  }

  epochOf (name: string): number | undefined {
    return this.#lives.get(name)?.epoch
  }

  /** There is a life with that epoch. */
  knowsOf (epoch: number): void {
    this.#lastEpoch = Math.max(this.#lastEpoch, epoch)
  }

  /** This node's state of a broadcast: its epoch, and the sequence after the last one taken or written here. */
  seen (name: string): { readonly epoch: number, readonly next: number } | undefined {
    const standing = this.#lives.get(name)
    if (standing === undefined) return undefined
    const { epoch, written } = standing
    const mirror = this.#mirrors.seen(name)
    return { epoch, next: mirror?.epoch === epoch ? Math.max(mirror.next, written) : written }
  }

  /** This node has written everything before that sequence. */
  wrote (name: string, epoch: number, next: number): void {
    const standing = this.#lives.get(name)
    if (standing?.epoch === epoch) standing.written = next
  }

  /** The life with that epoch, as this node has it. */
  adopt (name: string, epoch: number): LiveBroadcast {
    const known = this.#node.lives.get(name)
    if (known?.epoch === epoch) return known
    // The end of the life that viewers watch here comes as a message of its own.
    if (known?.state === 'live') return known
    const live = known?.state === 'waiting' ? known : this.#node.add(name)
    live.start(epoch)
    this.#lives.set(name, { epoch, state: 'live', written: 1 })
    if (live.isWatched) this.#mirrors.keep(live, epoch)
    return live
  }

  /** Handles a message to all nodes. */
  hear (message: Message): void {
    if (message.t === 'kick') {
      this.#node.kick(message.viewer)
      return
    }
    const { name } = message
    const outbox = this.#outboxes.get(name)
    if (message.t === 'cut') {
      // Between its parts a body has no connection; the next part would continue a body that is over.
      this.#node.lives.get(name)?.cutByteStream(message.id)
      return outbox?.cut(message.id, message.same ? connectedAnew(name, 'of it') : conflict(name, 'of it'))
    }
    const { epoch } = message
    if (message.t === 'started') return this.#started(name, epoch)
    if (message.t === 'ended') return this.#ended(name, epoch, message.next)
    if (message.t === 'forgotten') return this.#forgotten(name, epoch)
    const init = parseInitField(message.field)!
    this.#mirrors.of(name, epoch)?.takeInit(init.track, init.version).catch((error: unknown) => {
      this.#node.log.warn({ err: error, broadcast: name }, 'An init segment was not fetched')
    })
  }

  #started (name: string, epoch: number): void {
    this.knowsOf(epoch)
    const before = this.#lives.get(name)
    if (before !== undefined && before.epoch > epoch) return
    if (before?.epoch !== epoch) this.#lives.set(name, { epoch, state: 'live', written: 1 })
    const known = this.#node.lives.get(name)
    if (known === undefined || known.epoch === epoch) return this.#begun(known, epoch)
    // A life that has not ended was lost: its viewers continue with the one in its place.
    const isOver = known.state === 'ended' || this.#mirrors.isEnding(known)
    if (isOver && known.publications.size === 0) return
    const live = isOver ? this.#node.add(name) : known
    if (!known.isWatched || isOver) live.start(epoch)
    this.#begun(live, epoch)
  }

  #begun (live: LiveBroadcast | undefined, epoch: number): void {
    if (live === undefined) return
    this.#outboxes.get(live.name)?.movesTo(live)
    if (live.isWatched) this.#mirrors.keep(live, epoch)
  }

  #ended (name: string, epoch: number, next: number): void {
    const standing = this.#lives.get(name)
    if (standing?.epoch === epoch) standing.state = 'ended'
    this.#outboxes.get(name)?.ended(epoch)
    const mirror = this.#mirrors.of(name, epoch)
    if (mirror !== undefined) return mirror.endsAt(next)
    const live = this.#node.lives.get(name)
    if (live?.epoch !== epoch) return
    live.removeByteStreams()
    live.end()
    this.#node.forget(live)
  }

  #forgotten (name: string, epoch: number): void {
    if (this.#lives.get(name)?.epoch === epoch) this.#lives.delete(name)
    const live = this.#node.lives.get(name)
    if (live?.epoch !== epoch) return
    live.end()
    this.#node.forget(live)
  }

  /**
   * Asks for the state of all broadcasts, when this node may have missed messages.
   * @returns the position in the control stream that the state belongs to
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  async resync (): Promise<string> {
    // Segments written meanwhile are not missing from the earlier answer.
    const written = new Map(Array.from(this.#lives, ([name, { epoch, written }]) => [name, { epoch, written }]))
    const { now, control, lives } = await this.#commands.directory()
    this.#heart.sees(now)
    const names = new Set(lives.map(({ name }) => name))
    // Redis has lost them. Their publishers restart them; without a publisher they are over.
    for (const [name, { epoch }] of this.#lives) {
      if (names.has(name)) continue
      const live = this.#node.lives.get(name)
      if (live === undefined || this.#outboxes.get(name)?.idle !== false) {
        live?.after(this.#node.settings.broadcastTimeout, () => { if (live.epoch === epoch) this.#forgotten(name, epoch) })
      }
      this.#lives.delete(name)
    }
    for (const { name, epoch, state, next } of lives) {
      this.#started(name, epoch)
      if (state === 'ended') this.#ended(name, epoch, next)
      const before = written.get(name)
      if (before?.epoch === epoch && before.written > next) await this.restart(name, epoch)
    }
    return control
  }

  /** Segments written in a life are lost: another begins. @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE */
  async restart (name: string, epoch: number): Promise<void> {
    await this.#commands.restart(name, epoch, this.#node.settings.broadcastTimeout)
  }
}
