// What one node publishes into one broadcast, queued for Redis in its original order. A segment is composed in its turn, by the ledger at
// that moment; if another node was faster, it is composed again.
import type { Entering } from '../../publish/intake.js'
import type { Entry } from '../../broadcast/entry.js'
import type { Draft, Ledger } from '../../broadcast/ledger.js'
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import { PRICES } from '../../broadcast/prices.js'
import { conflict, wasEnded } from '../../publish/making-way.js'
import { refuseMoreTracks } from '../../broadcast/names.js'
import { segmentOf } from '../../broadcast/kept-segment.js'
import type { StoreNode, Told } from '../store.js'
import { weightOf, weightOfInit, weightOfLife } from '../../broadcast/weights.js'
import type { PublishEndReason } from '../../contract.js'
import { FST_MEDIA_SSE_NO_ROOM, FST_MEDIA_SSE_STORE_UNAVAILABLE, FST_MEDIA_SSE_TOO_MANY_BROADCASTS } from '../../errors.js'
import type { InitSegment } from '../../media/segment.js'
import type { Commands } from './commands.js'
import type { Append, Appended, Entered } from './exchanges.js'
import { LedgerCopy } from './ledger-copy.js'
import type { StoredLedger } from './ledger-copy.js'
import type { Standing } from './standing.js'
import { initField, storedEntry, storedInit } from './stored.js'
import { WorkQueue } from './work-queue.js'

/** The state that the outboxes of a node share. */
export interface OutboxHost {
  readonly node: StoreNode
  readonly commands: Commands
  /** Unique among all nodes. */
  readonly nodeId: string
  /** How long the node counts as alive without a beat, milliseconds. */
  readonly lease: number
  /** Waiting bytes above which publishers are held back. */
  readonly holdBytes: number
  readonly standing: Standing
  /** Numbers the appends of this node, so that a repeated one is recognised. */
  work: number
}

// A publication on this node, while it publishes.
interface Member {
  readonly told: Told
  epoch: number
  /** Whether it was told that it has begun. */
  isOpen: boolean
  failure: Error | undefined
}

// An init segment that no kept segment needs once that sequence is dropped.
interface Retired { readonly field: string, readonly until: number }

/** The outbox of one broadcast. */
export class Outbox {
  readonly #host: OutboxHost
  readonly #name: string
  readonly #members = new Map<Entering, Member>()
  readonly #queue: WorkQueue<Entering>
  readonly #copy: LedgerCopy
  #epoch = 0
  #first = 0
  #retired: Retired[] = []

  constructor (host: OutboxHost, name: string) {
    this.#host = host
    this.#name = name
    this.#queue = new WorkQueue({
      budget: host.node.budget,
      log: host.node.log,
      holdBytes: host.holdBytes,
      perform: async (publication, act) => await this.#perform(publication, act),
      refused: () => { this.#failAll(new FST_MEDIA_SSE_NO_ROOM(host.node.budget.limit)) }
    })
    this.#copy = new LedgerCopy(name)
  }

  get #ledger (): Ledger { return this.#copy.ledger }

  /** Whether there is no publication and nothing waits. */
  get idle (): boolean { return this.#members.size === 0 && this.#queue.isEmpty }

  /** The current publications. */
  get publications (): Iterable<Entering> { return this.#members.keys() }

  enter (publication: Entering, told: Told): void {
    this.#members.set(publication, { told, epoch: 0, isOpen: false, failure: undefined })
    this.#queue.put(publication, 0, async () => {
      const live = await this.#enter(publication, publication.isResumed)
      refuseMoreTracks(this.#name, publication.track, this.#ledger.tracks)
      this.#members.get(publication)!.isOpen = true
      told.opened(live)
    })
  }

  publish (publication: Entering, draft: Draft): void {
    this.#queue.put(publication, weightOf(draft.media), async () => await this.#publish(publication, draft))
  }

  setInit (publication: Entering, init: InitSegment): void {
    // An init segment that comes by itself always has bytes.
    this.#queue.put(publication, PRICES.init + init.bytes!.byteLength, async () => {
      await this.#append(publication, init, () => {
        this.#ledger.renew(publication.track)
        return undefined
      })
    })
  }

  /** Resolves when all work for that publication is done. @throws (rejects) the reason why it is impossible */
  async settled (publication: Entering): Promise<void> {
    // It may have left by then.
    const member = this.#members.get(publication)
    await this.rest()
    if (member?.failure !== undefined) throw member.failure
  }

  /** Resolves when all work requested so far is done. */
  async rest (): Promise<void> {
    await new Promise<void>(resolve => this.#queue.put(undefined, 0, async () => resolve()))
  }

  /** Undefined if there is room, else a promise to wait for. */
  room (): Promise<void> | undefined { return this.#queue.room() }

  leave (publication: Entering, reason: PublishEndReason): void {
    this.#queue.put(undefined, 0, async () => {
      const member = this.#members.get(publication)!
      this.#members.delete(publication)
      const { commands, node, nodeId } = this.#host
      const live = publication.live!
      live.removePublication(publication)
      if (member.isOpen) member.told.ended(live, reason)
      const isOver = this.#ledger.isLast && this.#members.size === 0 && reason !== 'takeover'
      // No caller waits for this: later work comes after it in the queue.
      const { broadcastTimeout, publisherTimeout } = node.settings
      const body = live.byteStream(publication.track)
      const parts = body?.publication === publication ? (body.isOver ? 0 : publisherTimeout) : undefined
      commands.leave(
        this.#name, { epoch: member.epoch, publication, node: nodeId, isOver, broadcastTimeout, parts }
      ).catch((error: unknown) => {
        node.log.warn({ err: error, broadcast: this.#name }, 'A publisher that has left is not gone for the other nodes yet')
      })
    })
  }

  /** Another publisher has taken that one's place. */
  cut (id: string, error: Error): void {
    for (const [publication, member] of this.#members) if (publication.id === id) this.#fail(publication, member, error, 'takeover')
  }

  /** A life has ended. */
  ended (epoch: number): void {
    for (const [publication, member] of this.#members) {
      if (member.epoch === epoch) this.#fail(publication, member, wasEnded(this.#name), 'kicked')
    }
  }

  /** The node now has a life of that epoch: publications into it move there. */
  movesTo (live: LiveBroadcast): void {
    for (const [publication, member] of this.#members) {
      if (member.epoch !== live.epoch || publication.live === live) continue
      publication.live?.removePublication(publication)
      publication.movesTo(live)
      live.addPublication(publication)
    }
  }

  // Work of a publication is done unless it has left or failed.
  async #perform (publication: Entering | undefined, act: () => Promise<void>): Promise<void> {
    if (publication === undefined) return await act()
    const member = this.#members.get(publication)
    if (member === undefined || member.failure !== undefined) return
    try {
      await act()
    } catch (error) {
      // What was composed may not be written.
      this.#copy.lose()
      if (!(error instanceof FST_MEDIA_SSE_STORE_UNAVAILABLE)) return this.#fail(publication, member, error as Error, 'error')
      // Segments of other publications would fail too.
      this.#failAll(new FST_MEDIA_SSE_STORE_UNAVAILABLE())
    }
  }

  #failAll (error: Error): void {
    for (const [publication, member] of this.#members) this.#fail(publication, member, error, 'error')
  }

  #fail (publication: Entering, member: Member, error: Error, reason: PublishEndReason): void {
    if (member.failure === undefined) {
      member.failure = error
      publication.cutOff(error, reason)
    }
  }

  async #enter (publication: Entering, again: boolean): Promise<LiveBroadcast> {
    const { node: { settings }, commands, nodeId, lease, standing } = this.#host
    const { track, publisher, path, bringsInit } = publication
    const answer: Entered = await commands.enter(
      this.#name, publication.id, { node: nodeId, track, publisher, path, init: bringsInit },
      {
        again,
        takeover: settings.takeover,
        maxBroadcasts: settings.maxBroadcasts,
        lastEpoch: standing.lastEpoch,
        lease,
        known: standing.seen(this.#name)
      }
    )
    if (answer.kind === 'conflict') throw conflict(this.#name, track)
    if (answer.kind === 'full') throw new FST_MEDIA_SSE_TOO_MANY_BROADCASTS(settings.maxBroadcasts)
    this.#read(answer.ledger, answer.epoch)
    this.#members.get(publication)!.epoch = answer.epoch
    const live = standing.adopt(this.#name, answer.epoch)
    this.movesTo(live)
    return live
  }

  #read (ledger: StoredLedger, epoch = this.#epoch): void {
    if (epoch !== this.#epoch) this.#retired = []
    this.#epoch = epoch
    this.#host.standing.knowsOf(epoch)
    this.#copy.read(epoch, ledger)
  }

  async #publish (publication: Entering, draft: Draft): Promise<void> {
    const { track, publisher } = publication
    const { media, part } = draft
    const receivedAt = performance.now()
    const entry = await this.#append(publication, media.init, () => {
      if (this.#ledger.repeats(track, publisher, { ...draft, renews: publication.renews })) return 'repeated'
      return this.#ledger.compose(track, publisher, media, receivedAt, part)
    })
    if (entry === undefined) return publication.repeated()
    publication.accepted(entry.id)
    this.#host.node.published(publication.live!, segmentOf(entry, media.init))
  }

  // Composes until Redis accepts it. @returns undefined if there was nothing to append
  async #append (publication: Entering, init: InitSegment, compose: () => Entry | 'repeated' | undefined): Promise<Entry | undefined> {
    const work = ++this.#host.work
    for (;;) {
      const replaced = this.#ledger.tracks.get(publication.track)?.version
      const version = this.#ledger.setInit(publication.track, init)
      const isNew = version !== replaced
      const entry = compose()
      if (entry === 'repeated') return undefined
      const answer = await this.#send(
        publication, work, entry, isNew ? [[initField(publication.track, version), storedInit(init), weightOfInit({ media: init })]] : []
      )
      if (answer.kind === 'ok') {
        this.#copy.written()
        this.#host.standing.wrote(this.#name, this.#epoch, this.#ledger.next)
        this.#forget(answer.first)
        if (isNew && replaced !== undefined) this.#retired.push({ field: initField(publication.track, replaced), until: this.#ledger.next })
        return entry
      }
      await this.#recover(publication, answer)
    }
  }

  async #send (publication: Entering, work: number, entry: Entry | undefined, inits: Append['inits']): Promise<Appended> {
    const { node: { settings: { window } }, commands, nodeId } = this.#host
    const stored = storedEntry(entry)
    return await commands.append({
      name: this.#name,
      epoch: this.#epoch,
      publication: publication.id,
      node: nodeId,
      work,
      version: this.#copy.version,
      ledger: this.#copy.change,
      sequence: entry?.sequence ?? 0,
      ...stored,
      size: entry === undefined ? 0 : weightOf(entry),
      beside: weightOfLife(this.#ledger.tracks.size, this.#ledger.remembered),
      join: entry?.message.join === true,
      window,
      inits,
      drops: this.#retired.filter(({ until }) => until <= this.#first).map(({ field }) => field)
    })
  }

  #forget (first: number): void {
    this.#retired = this.#retired.filter(({ until }) => until > this.#first)
    this.#first = Math.max(first, this.#first)
  }

  async #recover (publication: Entering, answer: Exclude<Appended, { kind: 'ok' }>): Promise<void> {
    if (answer.kind === 'ended') throw wasEnded(this.#name)
    // A publisher that took its place is still there, or Redis has lost everything, or this node counted as dead.
    if (answer.kind !== 'stale') {
      await this.#enter(publication, true)
    } else if (answer.ledger.version < this.#copy.version) {
      // Written data is lost, for instance because a promoted replica lacked it.
      await this.#host.commands.restart(this.#name, this.#epoch, this.#host.node.settings.broadcastTimeout)
      // With the ledger that has composed it, the segment would repeat itself.
      await this.#enter(publication, true)
    } else {
      this.#read(answer.ledger)
    }
  }
}
