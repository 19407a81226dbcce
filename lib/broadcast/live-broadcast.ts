// One life of a broadcast, from its first viewer or publisher to its end: its tracks, its live window, and who watches.
// Publishing encodes a segment once, keeps it, and wakes the viewers; it never waits for one.
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast, BroadcastState, PublishEndReason, Viewer } from '../contract.js'
import { formatEvent } from '../event/event.js'
import { SharedFrame } from '../event/shared-frame.js'
import type { FrameKeeper } from '../event/shared-frame.js'
import type { InitSegment, MediaSegment } from '../media/segment.js'
import { INIT_EVENT, STATE_EVENT, formatPlace } from '../wire.js'
import type { GapMessage, InitMessage, SegmentMessage, StateMessage, WatchState } from '../wire.js'
import { Counts } from './counts.js'
import { HandOver } from './hand-over.js'
import type { AfterTurns } from './hand-over.js'
import { LiveWindow } from './live-window.js'
import type { Init, WindowLimits, WindowSegment } from './live-window.js'
import { microseconds, pauseFrame, segmentFrames } from './segment-frames.js'
import { SkipReport } from './skip-report.js'
import { Timeline } from './timeline.js'
import { WholeFiles } from './whole-files.js'
import type { WindowBudget } from './window-budget.js'

/** Who is told when a broadcast has something new. */
export interface Watcher {
  /** A segment was published, or the state has changed. Must not throw. */
  wake (): void
}

/** A viewer as its broadcast knows it. */
export type WatchingViewer = Viewer & Watcher

/** A body that is being published, as its broadcast knows it. */
export interface Publishing {
  readonly track: string
  /** Tells publishers apart: bodies of the same one may overlap. */
  readonly publisher: string
  /** Where it is sent to. */
  readonly path: string
  /** Whether the body begins with an init segment: it is then a programme from its start, not one object of many. */
  readonly bringsInit: boolean
  /** Ends the body's request with that error. */
  cutOff (error: Error, reason: PublishEndReason): void
}

/** A body that comes in parts, as its broadcast knows it. */
export interface PublishingInParts {
  readonly publisher: string
  readonly publication: Publishing
  /** When its newest bytes came, milliseconds of a clock that is never set back. */
  readonly lastAt: number
  /** Whether its publisher has marked its end. */
  readonly isOver: boolean
  /** No part will come any more: what is whole of it is published. */
  finish (): void
}

/** One media type or rendition of a broadcast. */
export interface Track {
  readonly name: string
  /** The init segment that is valid now. */
  readonly init: Init
  readonly media: InitSegment
}

/** Where a broadcast stands on the web, and what it keeps. */
export interface LifeOptions {
  readonly handle: Broadcast
  readonly window: WindowLimits
  /** Media bits per second up to which its events are compressed for who takes them so. */
  readonly compressBitRate: number
  /** Shared with the windows of other broadcasts. */
  readonly budget?: WindowBudget | undefined
  /** Absolute path of the broadcast's routes, for references. */
  readonly path: string
  /** The broadcast's own: each line names it. */
  readonly log: FastifyBaseLogger
  /** Those of the registration, where its own count too. */
  readonly counts?: Counts | undefined
  /** Where viewers wait who cannot be served at once; without it, nobody does. */
  readonly afterTurns?: AfterTurns | undefined
}

// Milliseconds. What comes at once at the start of a broadcast is no bit rate.
const BURST = 1000

/** One life of a broadcast. */
export class LiveBroadcast {
  readonly handle: Broadcast
  readonly window: LiveWindow
  readonly viewers = new Set<WatchingViewer>()
  /** Who is woken for them: each that goes by itself, and those who go on together. */
  readonly watchers = new Set<Watcher>()
  /** Watchers that are not viewers: code that iterates over the segments. */
  readonly followers = new Set<Watcher>()
  readonly publications = new Set<Publishing>()
  readonly tracks = new Map<string, Track>()
  /** Where its segments are placed. */
  readonly timeline = new Timeline()
  /** What its segments are put together to, for who watches so. */
  readonly files: WholeFiles
  readonly log: FastifyBaseLogger
  readonly counts: Counts
  /** How long its segments take to its viewers. */
  readonly handOver: HandOver
  /** What its viewers miss, told to the log. */
  readonly skips: SkipReport
  // Tracks whose publisher has marked their last segment.
  readonly #lastOf = new Set<string>()
  /** The bodies that come in parts, each in a request of its own, by their track. */
  readonly byteStreams = new Map<string, PublishingInParts>()
  readonly #path: string
  readonly #compressBitRate: number
  #state: BroadcastState = 'waiting'
  #epoch = 0
  #timer: NodeJS.Timeout | undefined

  constructor (options: LifeOptions) {
    this.handle = options.handle
    this.window = new LiveWindow(options.window, options.budget)
    this.files = new WholeFiles(this.name, this.window, sequence => this.#keeper(sequence))
    this.log = options.log
    this.counts = new Counts(options.counts)
    this.handOver = new HandOver(options.afterTurns ?? (done => done()), (first, last) => this.counts.handedOver(first, last))
    this.skips = new SkipReport(options.log)
    this.#path = options.path
    this.#compressBitRate = options.compressBitRate
  }

  get name (): string { return this.handle.name }
  get state (): BroadcastState { return this.#state }
  /** Unix milliseconds of the start; names this life in every id. 0 before the start. */
  get epoch (): number { return this.#epoch }
  /** Whether its publishers have marked the last segment of every track. */
  get isLast (): boolean { return this.tracks.size > 0 && this.#lastOf.size === this.tracks.size }
  /** Id of the newest segment; sequence 0 stands before the first. */
  get latest (): string { return formatPlace(this.#epoch, this.window.next - 1) }

  /** Begins the numbering. @param epoch later than every epoch that this name has had. */
  start (epoch: number): void {
    this.#state = 'live'
    this.#epoch = epoch
    this.wake()
  }

  /** Makes an init segment the valid one of its track. */
  setInit (trackName: string, media: InitSegment): Init {
    const track = this.tracks.get(trackName)
    if (track !== undefined && sameInit(track.media, media)) return track.init
    const version = track === undefined ? 1 : track.init.version + 1
    const message: InitMessage = {
      broadcast: this.name,
      track: trackName,
      version,
      kind: media.kind,
      mime: media.mime,
      mode: media.mode,
      ...(media.width === undefined || media.height === undefined ? {} : { width: media.width, height: media.height })
    }
    const head = `event: ${INIT_EVENT}\ndata: ${JSON.stringify(message)}\n`
    const init: Init = { version, media, frame: new SharedFrame(() => [media.bytes === undefined ? { head: head + '\n' } : { head, media: media.bytes }]) }
    this.tracks.set(trackName, { name: trackName, init, media })
    return init
  }

  /** Lays a segment on the timeline, encodes it, keeps it, and wakes who waits for it. */
  publish (trackName: string, publisher: string, media: MediaSegment): WindowSegment {
    const init = this.setInit(trackName, media.init)
    const receivedAt = performance.now()
    const { start, shift, life, discontinuity, pause } = this.timeline.place(trackName, publisher, media, receivedAt)
    const bytes = shift === 0 || media.shift === undefined ? media.bytes : media.shift(shift)
    const sequence = this.window.next
    const id = formatPlace(this.#epoch, sequence)
    const message: SegmentMessage = {
      broadcast: this.name,
      track: trackName,
      init: init.version,
      start: microseconds(start),
      duration: microseconds(media.duration),
      join: media.join && (hasVideo(media.init) || !this.hasVideo()),
      received: Date.now(),
      ...(media.captured === undefined ? {} : { captured: Math.round(media.captured) }),
      ...(discontinuity ? { discontinuity: true } : {})
    }
    const keeper = this.#keeper(sequence, () => this.#offer(receivedAt))
    const pauseBefore = pause === undefined ? undefined : pauseFrame(this.name, this.latest, pause, keeper)
    const segment: WindowSegment = {
      id,
      sequence,
      track: trackName,
      mime: media.init.mime,
      bytes,
      ...(init.media.bytes === undefined ? {} : { initSegment: init.media.bytes }),
      start,
      duration: media.duration,
      join: message.join,
      decodable: media.join,
      ...(media.ends === undefined ? {} : { ends: media.ends }),
      received: message.received,
      receivedAt,
      ...(message.captured === undefined ? {} : { captured: message.captured }),
      life,
      init,
      ...(pauseBefore === undefined ? {} : { pause: pauseBefore }),
      due: { next: sequence + 1, segments: 1, since: receivedAt, end: start + media.duration, life, pause: pauseBefore },
      ...segmentFrames({ id, message, bytes, url: `${this.#path}/segments/${id}`, events: media.events ?? [], shift }, keeper)
    }
    if (media.last === true) this.#lastOf.add(trackName)
    else this.#lastOf.delete(trackName)
    this.window.append(segment)
    this.#offer(receivedAt)
    return segment
  }

  /** A viewer is moved on, and told so. */
  skipped (gap: GapMessage): void {
    this.counts.skip(gap)
    this.skips.add(gap)
  }

  /** Ends this life. Viewers are told once they have what they are owed. */
  end (): void {
    this.#state = 'ended'
    this.wake()
  }

  /** A `state` event as text: as the broadcast stands, unless another state is to be told. */
  stateText ({ viewer, state = this.#state }: { viewer?: string, state?: WatchState } = {}): string {
    const message: StateMessage = {
      broadcast: this.name,
      state,
      ...(this.#state === 'waiting' ? {} : { epoch: this.#epoch, latest: this.latest }),
      ...(viewer === undefined ? {} : { viewer }),
      now: Date.now()
    }
    return formatEvent({ event: STATE_EVENT, data: message })
  }

  /** Whether any of its tracks, or of those named, has video: sound beside it is no place to begin. */
  hasVideo (names?: ReadonlySet<string>): boolean {
    for (const { name, media } of this.tracks.values()) if (hasVideo(media) && names?.has(name) !== false) return true
    return false
  }

  /** Does something after that many milliseconds, in place of what was to be done before. */
  after (milliseconds: number, act: () => void): void {
    this.stopTimer()
    this.#timer = setTimeout(act, milliseconds).unref()
  }

  /** Forgets what {@link LiveBroadcast.after} was to do. */
  stopTimer (): void {
    clearTimeout(this.#timer)
  }

  /** Wakes every watcher. */
  wake (): void {
    for (const watcher of this.watchers) watcher.wake()
    for (const follower of this.followers) follower.wake()
  }

  #offer (receivedAt: number): void {
    this.handOver.offer(receivedAt, () => this.wake())
  }

  // Keeps, in the window, what is encoded of the segment of that sequence.
  #keeper (sequence: number, ready = () => this.wake()): FrameKeeper {
    const { window } = this
    const most = this.#compressBitRate
    return {
      get compresses () { return window.bitRate(BURST) <= most },
      grew: bytes => { window.grew(sequence, bytes) },
      ready
    }
  }
}

function hasVideo ({ kind }: InitSegment): boolean {
  return kind === 'av' || kind === 'video'
}

function sameInit (a: InitSegment, b: InitSegment): boolean {
  if (a === b) return true
  if (a.mime !== b.mime || a.width !== b.width || a.height !== b.height) return false
  return a.bytes === undefined || b.bytes === undefined ? a.bytes === b.bytes : Buffer.compare(a.bytes, b.bytes) === 0
}
