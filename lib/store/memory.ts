// Keeps the broadcasts in this process alone: which publisher may start one, which holds a track, when a broadcast ends and is forgotten.
// Everything is done at once.
import type { BroadcastState, PublishEndReason, Segment } from '../contract.js'
import { FST_MEDIA_SSE_CLOSING, FST_MEDIA_SSE_TOO_MANY_BROADCASTS } from '../errors.js'
import type { Place } from '../wire.js'
import type { Draft } from '../broadcast/ledger.js'
import { segmentOf } from '../broadcast/kept-segment.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { makeWay, wasEnded } from '../publish/making-way.js'
import { refuseMoreTracks } from '../broadcast/names.js'
import type { Entering, PublicationHost } from '../publish/intake.js'
import type { NodeStore, StoreNode, Summary, Told } from './store.js'

/** The store of one process. */
export class MemoryStore implements NodeStore {
  readonly #node: StoreNode
  #lastEpoch = 0

  constructor (node: StoreNode) {
    this.#node = node
  }

  get names (): string[] {
    return this.#kept().map(({ name }) => name)
  }

  stateOf (name: string): BroadcastState {
    return this.#node.lives.get(name)?.state ?? 'waiting'
  }

  load (): undefined {}
  watched (): void {}
  unwatched (): void {}
  prepare (): undefined {}

  host (name: string, { opened, ended }: Told): PublicationHost {
    const { budget, lives, settings } = this.#node
    return {
      settings,
      budget,
      init: track => {
        const live = lives.get(name)
        return live === undefined || live.state === 'ended' ? undefined : live.tracks.get(track)?.media
      },
      enter: publication => {
        const live = this.#enter(name, publication)
        opened(live)
        return live
      },
      publish: (publication, draft) => this.#publish(publication, draft),
      setInit: ({ live, track }, init) => { live!.renew(track, init) },
      settled: () => undefined,
      room: () => undefined,
      leave: (live, publication, reason) => this.#leave(live, publication, reason, ended),
      viewers: live => live.viewers.size
    }
  }

  async end (name: string): Promise<boolean> {
    const live = this.#node.lives.get(name)
    if (live !== undefined) this.#end(live)
    return live !== undefined && live.state !== 'waiting'
  }

  async segment (name: string, { epoch, sequence }: Place): Promise<Segment | undefined> {
    const live = this.#node.lives.get(name)
    const segment = live?.epoch === epoch ? live.window.get(sequence) : undefined
    return segment === undefined ? undefined : segmentOf(segment, segment.init.media)
  }

  async list (): Promise<Summary[]> {
    return this.#kept().map(summaryOf)
  }

  async kick (viewer: string): Promise<void> {
    this.#node.kick(viewer)
  }

  close (): void {
    for (const live of this.#node.lives.values()) {
      live.stopTimer()
      for (const publication of live.publications) publication.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
    }
  }

  async closed (): Promise<void> {}

  #kept (): LiveBroadcast[] {
    return [...this.#node.lives.values()].filter(live => live.state !== 'waiting')
  }

  #enter (name: string, publication: Entering): LiveBroadcast {
    const { closing, lives, settings } = this.#node
    if (closing) throw new FST_MEDIA_SSE_CLOSING()
    const known = lives.get(name)
    if (known?.state === 'live') makeWay(known, publication, settings)
    const live = this.#running(name, known)
    refuseMoreTracks(name, publication.track, live.tracks)
    live.stopTimer()
    live.addPublication(publication)
    return live
  }

  #running (name: string, known: LiveBroadcast | undefined): LiveBroadcast {
    if (known?.state === 'live') return known
    const { maxBroadcasts } = this.#node.settings
    const others = this.#kept().length - (known?.state === 'ended' ? 1 : 0)
    if (others >= maxBroadcasts) throw new FST_MEDIA_SSE_TOO_MANY_BROADCASTS(maxBroadcasts)
    const live = known?.state === 'waiting' ? known : this.#node.add(name)
    this.#lastEpoch = Math.max(Date.now(), this.#lastEpoch + 1)
    live.start(this.#lastEpoch)
    return live
  }

  #publish (publication: Entering, draft: Draft): void {
    const { track, publisher } = publication
    const live = publication.live!
    if (live.repeats(track, publisher, draft)) return publication.repeated()
    const segment = live.publish(track, publisher, draft.media, draft.part)
    publication.accepted(segment.id)
    this.#node.published(live, segmentOf(segment, segment.init.media))
  }

  #leave (live: LiveBroadcast, publication: Entering, reason: PublishEndReason, ended: Told['ended']): void {
    live.removePublication(publication)
    ended(live, reason)
    // A publisher that is replaced, or reconnects, does not end it.
    if (live.isLast && live.publications.size === 0 && reason !== 'takeover') this.#end(live)
    if (this.#node.closing || live.state !== 'live' || live.publications.size > 0) return
    live.after(this.#node.settings.broadcastTimeout, () => this.#end(live))
  }

  #end (live: LiveBroadcast): void {
    if (live.state !== 'live') return
    for (const stream of live.removeByteStreams()) stream.finish()
    // A hook that was told of their segments may have ended it.
    if (live.state !== 'live') return
    live.end()
    for (const publication of live.publications) publication.cutOff(wasEnded(live.name), 'kicked')
    live.after(this.#node.settings.broadcastTimeout, () => this.#node.forget(live))
  }
}

function summaryOf ({ name, state, tracks, viewers, window, latest }: LiveBroadcast): Summary {
  return {
    name,
    state,
    tracks: [...tracks.values()],
    viewers: viewers.size,
    bitRate: window.bitRate(),
    segments: window.size,
    bytes: window.bytes,
    seconds: window.seconds,
    latest
  }
}
