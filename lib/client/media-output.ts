// Plays the tracks of one broadcast in a media element: a MediaSource with a queue for each track, kept near the live edge. It gets over holes,
// and a picture that stands still. After `failed` it is of no more use: another begins anew.
import type { InitMessage } from '../wire.js'
import { AppendQueue } from './append-queue.js'
import type { AppendQueueOwner, Prepare } from './append-queue.js'
import { localNow } from './clock.js'
import type { ServerClock } from './clock.js'
import type { ReceivedSegment } from './feed.js'
import { LiveEdge } from './live-edge.js'
import { rangeAt, rangesOf } from './ranges.js'
import type { Range } from './ranges.js'
import { ShownTimes } from './shown-times.js'
import type { Latency } from './shown-times.js'

/** An init segment as it has come. */
export interface Init {
  readonly message: InitMessage
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  /** The life of the numbering that it belongs to. */
  readonly epoch: string
}

/** Whom an output tells. */
export interface MediaOutputOwner {
  readonly clock: ServerClock
  /** Nothing more can be played. */
  failed (reason: string): void
}

interface Track {
  init: Init
  readonly queue: AppendQueue
  /** Names the init segment that was last appended. */
  appended: string
  mime: string
  epoch: string
  readonly shown: ShownTimes
  /** What was appended, and is not yet seen in the buffer. */
  readonly batch: ReceivedSegment[]
}

declare global {
  /** The kind that Safari on phones has alone (W3C Media Source Extensions 2, 6). */
  var ManagedMediaSource: typeof MediaSource | undefined
}

const Source: typeof MediaSource | undefined = globalThis.ManagedMediaSource ?? globalThis.MediaSource

// Milliseconds. How much later than the quickest ones something may come that is not old.
const FRESH = 300
// Without movement, with media ahead: the picture stands before something that `buffered` does not show.
const STUCK = 600
// What comes within this after playing has stopped was late, and not away.
const LATE = 1000
const MOST_NUDGES = 5
const MOST_EARLY = 1000
// Seconds.
const NUDGE = 0.1
const AHEAD = 0.1
const FAR = 1

/** Whether this browser's media elements can play a type; undefined where it has no Media Source Extensions. */
export const canPlay: ((mime: string) => boolean) | undefined = Source && (mime => Source.isTypeSupported(mime))

/** One MediaSource in a media element, from its opening to its failure. */
export class MediaOutput {
  /** Seeks after it has joined, and how often playing has stopped for want of media that was late. */
  seeks = 0
  stalls = 0
  readonly #media: HTMLMediaElement
  readonly #owner: MediaOutputOwner
  readonly #edge: LiveEdge
  readonly #source = new Source!()
  readonly #tracks = new Map<string, Track>()
  // What has come before the MediaSource was open.
  #early: Array<() => void> | undefined = []
  // How much later than it says itself each epoch is played, seconds.
  readonly #offsets = new Map<string, number>()
  // When the connection was made, milliseconds of the server's clock: what the server had by then was kept for who comes.
  #joinedAt = 0
  #joining = true
  // Until what comes is new, its delay says nothing.
  #catchingUp = true
  #waitsSince: number | undefined
  #moved = { at: 0, time: -1 }
  #nudges = 0
  #closed = false

  constructor (media: HTMLMediaElement, owner: MediaOutputOwner, targetLatency: number) {
    this.#media = media
    this.#owner = owner
    // Where there is the managed kind, it is WebKit.
    this.#edge = new LiveEdge({ targetLatency, changesRate: globalThis.ManagedMediaSource === undefined })
    // Without this, a ManagedMediaSource never opens.
    media.disableRemotePlayback = true
    const url = URL.createObjectURL(this.#source)
    this.#source.addEventListener('sourceopen', () => {
      URL.revokeObjectURL(url)
      this.#onOpen()
    }, { once: true })
    media.addEventListener('error', this.#onError)
    media.addEventListener('waiting', this.#onWaiting)
    media.src = url
  }

  /** The latency that is aimed at, seconds. */
  get target (): number { return this.#edge.target }
  set target (seconds: number) { this.#edge.targetLatency = seconds }

  /** Seconds of media ahead of the picture. */
  get ahead (): number {
    const { currentTime } = this.#media
    const range = rangeAt(this.#ranges(), currentTime)
    return range === undefined ? 0 : Math.max(0, range.end - currentTime)
  }

  /** How old what is shown now is; undefined where nothing is known of it. */
  get latency (): Latency | undefined {
    const { currentTime } = this.#media
    const [track] = this.#tracks.values()
    return track?.shown.latency(currentTime, this.#now)
  }

  /** Opens its tracks: all at once, as a MediaSource takes no further ones later. */
  open (inits: readonly Init[]): void {
    this.#whenOpen(() => {
      try {
        // Some init segments tell of a length, at which playing would end.
        this.#source.duration = Infinity
        for (const init of inits) this.#add(init)
      } catch (error) {
        this.#fail(String(error))
      }
    })
  }

  /** Another init segment is valid from the next segment of its track on. */
  init (init: Init): void {
    this.#whenOpen(() => {
      const track = this.#tracks.get(init.message.track)
      if (track !== undefined) track.init = init
    })
  }

  /** Appends a segment, after its init segment where that is needed. */
  append (segment: ReceivedSegment): void {
    this.#whenOpen(() => {
      const track = this.#tracks.get(segment.message.track)
      if (track !== undefined) this.#append(track, segment)
    })
  }

  /** What comes next may be old: it was kept. @param at - since when it is new, milliseconds of the server's clock */
  interrupted (at = this.#joinedAt): void {
    this.#catchingUp = true
    this.#joinedAt = at
  }

  /** What comes next is at the live edge: it goes on there even if that is near. */
  rejoin (): void {
    this.#joining = this.#catchingUp = true
  }

  /** Looks after the picture: to be called a few times a second. @returns whether it has moved since the last time */
  watch (): boolean {
    const media = this.#media
    const now = performance.now()
    const hasMoved = media.currentTime !== this.#moved.time
    if (hasMoved || media.paused) {
      this.#moved = { at: now, time: media.currentTime }
      if (hasMoved) this.#nudges = 0
    }
    this.#follow()
    if (!hasMoved && !media.paused) this.#moveOn(now)
    return hasMoved
  }

  close (): void {
    this.#closed = true
    for (const { queue } of this.#tracks.values()) queue.close()
    this.#media.removeEventListener('error', this.#onError)
    this.#media.removeEventListener('waiting', this.#onWaiting)
  }

  // --- What goes in ---

  #onOpen (): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const act of early) if (!this.#closed) act()
  }

  #whenOpen (act: () => void): void {
    if (this.#closed) return
    if (this.#early === undefined) return act()
    this.#early.push(act)
    if (this.#early.length > MOST_EARLY) this.#fail('the media element does not open')
  }

  #add (init: Init): void {
    const { track, mime, mode } = init.message
    const buffer = this.#source.addSourceBuffer(mime)
    if (buffer.mode !== mode) buffer.mode = mode
    const media = this.#media
    const owner: AppendQueueOwner = {
      get currentTime () { return media.currentTime },
      updated: () => this.#follow(),
      failed: reason => this.#fail(reason)
    }
    this.#tracks.set(track, { init, queue: new AppendQueue(buffer, owner), appended: '', mime, epoch: '', shown: new ShownTimes(), batch: [] })
  }

  #append (track: Track, segment: ReceivedSegment): void {
    const { message, bytes, id } = segment
    const { init } = track
    const epoch = id.slice(0, id.indexOf('-'))
    const key = `${init.epoch}/${init.message.version}`
    let prepare: Prepare | undefined = epoch === track.epoch ? undefined : buffer => this.#begin(buffer, epoch, message.start)
    // Only one that is new: after any, a decoder drops all frames up to the next join point, and a resume may be far from one.
    if (key !== track.appended && init.bytes !== undefined) {
      const begin = prepare
      const isOther = init.message.mime !== track.mime
      track.queue.append(init.bytes, buffer => {
        if (isOther) changeType(buffer, init.message)
        begin?.(buffer)
      })
      prepare = undefined
    }
    track.appended = key
    track.mime = init.message.mime
    track.epoch = epoch
    track.queue.append(bytes, prepare, isNewest => this.#appended(track, segment, isNewest))
  }

  // A server that was restarted counts from another zero: what comes now is laid behind what is there, all tracks by as much.
  #begin (buffer: SourceBuffer, epoch: string, start: number): void {
    let offset = this.#offsets.get(epoch)
    if (offset === undefined) {
      const end = this.#ranges().at(-1)?.end
      offset = end === undefined ? 0 : end - start
      this.#offsets.set(epoch, offset)
      this.#edge.restart()
    }
    if (buffer.mode === 'sequence' || offset === buffer.timestampOffset) return
    // In the midst of a cluster of unknown size no offset can be set.
    buffer.abort()
    buffer.timestampOffset = offset
  }

  #appended (track: Track, segment: ReceivedSegment, isNewest: boolean): void {
    track.batch.push(segment)
    // What went in together is seen in the buffer together.
    if (!isNewest) return
    const { clock } = this.#owner
    const end = rangesOf(track.queue.buffer.buffered).at(-1)?.end
    for (const { message, at } of track.batch) {
      const { received, duration } = message
      track.shown.add(message)
      if (clock.delay(received, at) < duration * 1000 + FRESH) this.#catchingUp = false
    }
    if (end !== undefined) {
      track.shown.placed(end)
      const { message } = segment
      const placement = end - message.start - message.duration
      for (const { message: { received, start, duration }, at } of track.batch) {
        this.#edge.arrived({ at: at + clock.offset, received, start: start + placement, end: start + duration + placement, isLive: received > this.#joinedAt })
      }
    }
    track.batch.length = 0
    if (this.#waitsSince !== undefined) this.#judgeStall(this.#waitsSince)
  }

  #judgeStall (since: number): void {
    this.#waitsSince = undefined
    if (performance.now() - since > LATE || this.#catchingUp) return
    this.stalls++
    this.#edge.stalled(this.#now)
  }

  get #now (): number {
    return localNow() + this.#owner.clock.offset
  }

  // --- Near the live edge ---

  #ranges (): Range[] {
    return rangesOf(this.#media.buffered)
  }

  // Into what can be played, then towards the live edge. By what is buffered, never by what a segment says of its start.
  #follow (): void {
    const media = this.#media
    const ranges = this.#ranges()
    const range = ranges.at(-1)
    if (range === undefined || media.seeking) return
    const { currentTime } = media
    if (rangeAt(ranges, currentTime) === undefined) {
      // A clock that has run a little past the end waits there.
      if (currentTime < range.start || currentTime > range.end + FAR) this.#seek(range.start)
      return
    }
    // Who has paused keeps the picture.
    if (media.paused) return
    const joining = this.#joining && !this.#catchingUp
    const { seekTo, rate } = this.#edge.decide({ now: this.#now, currentTime, range, rate: media.playbackRate, joining })
    if (seekTo !== undefined) this.#seek(seekTo)
    if (joining) this.#joining = false
    if (rate !== media.playbackRate) media.playbackRate = rate
  }

  #seek (seconds: number): void {
    if (!this.#joining) this.seeks++
    this.#media.currentTime = seconds
  }

  // Over a hole, or past what a browser stops at although there is more.
  #moveOn (now: number): void {
    const { currentTime } = this.#media
    const ranges = this.#ranges()
    const next = ranges.find(({ start }) => start > currentTime)
    if (this.ahead <= AHEAD) {
      if (next !== undefined) this.#seek(next.start)
      return
    }
    if (this.#media.seeking || now - this.#moved.at < STUCK) return
    if (this.#nudges === MOST_NUDGES) return this.#fail('the picture stands still although there is more')
    this.#nudges++
    this.#seek(currentTime + Math.min(NUDGE * this.#nudges, this.ahead))
    this.#moved = { at: now, time: this.#media.currentTime }
  }

  readonly #onWaiting = (): void => {
    if (this.#media.seeking || this.#joining) return
    this.#waitsSince = performance.now()
    this.#moveOn(this.#waitsSince)
  }

  readonly #onError = (): void => {
    this.#fail(this.#media.error?.message || 'the browser could not decode the media')
  }

  #fail (reason: string): void {
    if (this.#closed) return
    this.close()
    this.#owner.failed(reason)
  }
}

function changeType (buffer: SourceBuffer, { mime, mode }: InitMessage): void {
  buffer.changeType(mime)
  if (buffer.mode !== mode) buffer.mode = mode
}
