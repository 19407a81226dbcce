// All broadcasts of one registration, by name: who may start one, who publishes on a track, when one ends and is forgotten.
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast, PublishEndReason } from '../contract.js'
import { tell } from '../diagnostics.js'
import {
  FST_MEDIA_SSE_CLOSING, FST_MEDIA_SSE_INVALID_NAME, FST_MEDIA_SSE_NOT_FOUND, FST_MEDIA_SSE_PUBLISHER_CONFLICT, FST_MEDIA_SSE_TOO_MANY_BROADCASTS
} from '../errors.js'
import type { Hooks } from '../hooks.js'
import type { MediaSegment } from '../media/segment.js'
import type { Settings } from '../options.js'
import { Counts } from './counts.js'
import type { AfterTurns } from './hand-over.js'
import { LiveBroadcast } from './live-broadcast.js'
import type { Publishing, Track, Watcher, WatchingViewer } from './live-broadcast.js'
import { NamedBroadcast } from './named-broadcast.js'
import type { BroadcastRegistry } from './named-broadcast.js'
import { MAX_TRACKS } from './names.js'
import type { Publication, PublicationHost } from './publication.js'
import { WindowBudget } from './window-budget.js'

/** What the registry is made with. */
export interface BroadcastsOptions {
  readonly settings: Settings
  readonly hooks: Hooks
  readonly log: FastifyBaseLogger
  /** Absolute path of the routes, encapsulating prefixes included. */
  readonly path: string
  /** Where viewers wait who cannot be served at once; without it, nobody does. */
  readonly afterTurns?: AfterTurns
}

/** The broadcasts of one registration. */
export class Broadcasts implements BroadcastRegistry {
  /** Of all broadcasts since the registration. */
  readonly counts = new Counts()
  readonly settings: Settings
  /** Absolute path of the routes. */
  readonly path: string
  readonly #hooks: Hooks
  readonly #log: FastifyBaseLogger
  readonly #afterTurns: AfterTurns | undefined
  readonly #lives = new Map<string, LiveBroadcast>()
  readonly #budget: WindowBudget
  #lastEpoch = 0
  #closing = false

  constructor (options: BroadcastsOptions) {
    this.settings = options.settings
    this.#hooks = options.hooks
    this.#log = options.log
    this.path = options.path
    this.#afterTurns = options.afterTurns
    this.#budget = new WindowBudget(options.settings.maxWindowBytes)
  }

  /** Those that run, or have ended and are still kept. */
  get kept (): LiveBroadcast[] {
    return [...this.#lives.values()].filter(live => live.state !== 'waiting')
  }

  /** Whether the server is closing: nothing is published any more. */
  get closing (): boolean { return this.#closing }

  /** How many bodies that come in parts have not come to their end: each may hold a segment that is not whole yet, also while no part is received. */
  get unfinished (): number {
    let count = 0
    for (const live of this.#lives.values()) for (const stream of live.byteStreams.values()) if (!stream.isOver) count++
    return count
  }

  /** The life that a name has now, if any. */
  find (name: string): LiveBroadcast | undefined {
    return this.#lives.get(name)
  }

  /** The broadcast of a name, as users' code holds it. */
  handle (name: string): Broadcast {
    return this.#lives.get(name)?.handle ?? new NamedBroadcast(this, name)
  }

  /** Lets a viewer in. A name without a publisher is held only as long as somebody waits there. */
  watch (name: string, viewer: WatchingViewer): LiveBroadcast {
    const live = this.#lives.get(name) ?? this.#add(name)
    live.viewers.add(viewer)
    live.watchers.add(viewer)
    return live
  }

  /** Takes out a viewer that {@link Broadcasts.watch} let in. */
  unwatch (live: LiveBroadcast, viewer: WatchingViewer): void {
    live.viewers.delete(viewer)
    live.watchers.delete(viewer)
    this.#tidy(live)
  }

  /** Like {@link Broadcasts.watch} for code that iterates: it says itself when it has `left`. */
  follow<Follower extends Watcher> (name: string, open: (live: LiveBroadcast, left: () => void) => Follower): Follower {
    const live = this.#lives.get(name) ?? this.#add(name)
    return open(live, () => this.#tidy(live))
  }

  /** What a publication into that name needs. */
  host (name: string, opened: (live: LiveBroadcast) => void, ended: (live: LiveBroadcast, reason: PublishEndReason) => void): PublicationHost {
    return {
      settings: this.settings,
      track: (track): Track | undefined => {
        const live = this.#lives.get(name)
        return live === undefined || live.state === 'ended' ? undefined : live.tracks.get(track)
      },
      enter: (publication): LiveBroadcast => {
        const live = this.#enter(name, publication)
        opened(live)
        return live
      },
      published: (live, publication, media) => this.#publish(live, publication, media),
      leave: (live, publication, reason): void => {
        live.publications.delete(publication)
        ended(live, reason)
        // Whose place another takes, or the same one anew, does not end it.
        if (live.isLast && live.publications.size === 0 && reason !== 'takeover') this.end(live)
        this.#watchForSilence(live)
      }
    }
  }

  /** Ends a broadcast and cuts its publishers off. */
  end (live: LiveBroadcast): void {
    if (live.state !== 'live') return
    const streams = [...live.byteStreams.values()]
    live.byteStreams.clear()
    for (const stream of streams) stream.finish()
    // A hook that hears of their segments may have ended it.
    if (live.state !== 'live') return
    live.end()
    live.log.info({ segments: live.counts.segments, bytes: live.counts.bytes }, 'broadcast ended')
    tell(this.path, 'broadcast.end', { broadcast: live.handle })
    for (const publication of live.publications) {
      publication.cutOff(new FST_MEDIA_SSE_NOT_FOUND(`The broadcast "${live.name}" was ended: publish again to start it anew`), 'kicked')
    }
    live.after(this.settings.broadcastTimeout, () => {
      this.#lives.delete(live.name)
      this.#tidy(live)
    })
  }

  /** Cuts all publishers off, and stops all timers. */
  close (): void {
    this.#closing = true
    for (const live of this.#lives.values()) {
      live.stopTimer()
      live.skips.tell()
      for (const publication of live.publications) publication.cutOff(new FST_MEDIA_SSE_CLOSING(), 'closing')
    }
  }

  #add (name: string): LiveBroadcast {
    const { window, compressBitRate } = this.settings
    const live = new LiveBroadcast({
      handle: new NamedBroadcast(this, name),
      window,
      budget: this.#budget,
      compressBitRate,
      path: `${this.path}/${name}`,
      log: this.#log.child({ broadcast: name }),
      counts: this.counts,
      afterTurns: this.#afterTurns
    })
    this.#lives.set(name, live)
    return live
  }

  #enter (name: string, publication: Publication): LiveBroadcast {
    if (this.#closing) throw new FST_MEDIA_SSE_CLOSING()
    const known = this.#lives.get(name)
    if (known?.state === 'live') {
      for (const other of known.publications) this.#makeWay(name, other, publication)
      this.#endByteStream(known, publication)
    }
    const live = this.#running(name, known)
    if (!live.tracks.has(publication.track) && live.tracks.size >= MAX_TRACKS) {
      throw new FST_MEDIA_SSE_INVALID_NAME('track', publication.track, `"${name}" has ${MAX_TRACKS} tracks already, which are all that it may have: publish to one of them`)
    }
    live.stopTimer()
    live.publications.add(publication)
    return live
  }

  // A second programme of the same publisher at the same URL is its reconnection, which the first connection has not heard of yet; its
  // objects may overlap.
  #makeWay (name: string, other: Publishing, publication: Publication): void {
    if (other.track !== publication.track) return
    const same = other.publisher === publication.publisher
    if (same && !(other.bringsInit && publication.bringsInit && other.path === publication.path)) return
    const error = same ? connectedAnew(name, publication.track) : conflict(name, publication.track)
    if (!same && !this.settings.takeover) throw error
    other.cutOff(error, 'takeover')
  }

  // Between its parts nobody is connected, but the track is taken nevertheless, up to its end.
  #endByteStream (live: LiveBroadcast, publication: Publication): void {
    const stream = live.byteStreams.get(publication.track)
    if (stream === undefined || stream.publication === publication) return
    const { publisherTimeout, takeover } = this.settings
    const isOpen = !stream.isOver && performance.now() - stream.lastAt < publisherTimeout
    if (isOpen && stream.publisher !== publication.publisher && !takeover) {
      throw conflict(live.name, publication.track)
    }
    live.byteStreams.delete(publication.track)
    stream.publication.cutOff(connectedAnew(live.name, publication.track), 'takeover')
    stream.finish()
  }

  #running (name: string, known: LiveBroadcast | undefined): LiveBroadcast {
    if (known?.state === 'live') return known
    const others = this.kept.length - (known?.state === 'ended' ? 1 : 0)
    if (others >= this.settings.maxBroadcasts) throw new FST_MEDIA_SSE_TOO_MANY_BROADCASTS(this.settings.maxBroadcasts)
    const live = known?.state === 'waiting' ? known : this.#add(name)
    if (known?.state === 'ended') {
      known.stopTimer()
      this.#tidy(known)
    }
    this.#lastEpoch = Math.max(Date.now(), this.#lastEpoch + 1)
    live.start(this.#lastEpoch)
    live.log.info('broadcast began')
    tell(this.path, 'broadcast.start', { broadcast: live.handle })
    return live
  }

  #publish (live: LiveBroadcast, { track, publisher }: Publication, media: MediaSegment): string {
    const segment = live.publish(track, publisher, media)
    live.counts.published(segment.bytes.byteLength)
    this.#hooks.fire('onSegment', this.#log, live.handle, segment)
    return segment.id
  }

  #watchForSilence (live: LiveBroadcast): void {
    if (this.#closing || live.state !== 'live' || live.publications.size > 0) return
    live.after(this.settings.broadcastTimeout, () => this.end(live))
  }

  // Who is owed something of a life that is forgotten still gets it.
  #tidy (live: LiveBroadcast): void {
    if (live.viewers.size > 0 || live.followers.size > 0) return
    if (live.state === 'waiting') this.#lives.delete(live.name)
    if (this.#lives.get(live.name) !== live) live.window.clear()
  }
}

function connectedAnew (name: string, track: string): Error {
  return new FST_MEDIA_SSE_PUBLISHER_CONFLICT(`The publisher has connected anew to track "${track}" of "${name}"`)
}

function conflict (name: string, track: string): Error {
  return new FST_MEDIA_SSE_PUBLISHER_CONFLICT(`Another publisher sends track "${track}" of "${name}": wait until it has ended, publish to another track, or set takeover`)
}
