// Plays the tracks of one broadcast in a media element: a MediaSource with a queue for each track, and a playhead. After `failed` it is
// unusable: a new one takes its place.
import type { InitMessage } from '../wire.js'
import { AppendQueue } from './append-queue.js'
import type { AppendQueueOwner, Prepare } from './append-queue.js'
import type { ServerClock } from './clock.js'
import type { ReceivedSegment } from './feed.js'
import { Playhead } from './playhead.js'
import { rangesOf } from './ranges.js'
import { ShownTimes } from './shown-times.js'
import type { Latency } from './shown-times.js'

/** A received init segment. */
export interface Init {
  readonly message: InitMessage
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  /** The life of the numbering that it belongs to. */
  readonly epoch: string
}

/** The callbacks of an output. */
export interface MediaOutputOwner {
  readonly clock: ServerClock
  /** Nothing more can be played. */
  failed (reason: string): void
}

interface Track {
  init: Init
  readonly queue: AppendQueue
  /** Identifies the init segment that was last appended. */
  appended: string
  mime: string
  epoch: string
  readonly shown: ShownTimes
  /** Segments that were appended, and are not yet seen in the buffer. */
  readonly batch: ReceivedSegment[]
}

declare global {
  /** The only kind in Safari on phones (W3C Media Source Extensions 2, 6). */
  var ManagedMediaSource: typeof MediaSource | undefined
}

const Source: typeof MediaSource | undefined = globalThis.ManagedMediaSource ?? globalThis.MediaSource

// How much longer than the quickest ones a segment may take and still count as fresh, milliseconds.
const FRESH = 500
const MOST_EARLY = 1000

/** Whether this browser's media elements can play a type; undefined if it has no Media Source Extensions. */
export const canPlay: ((mime: string) => boolean) | undefined = Source && (mime => Source.isTypeSupported(mime))

/** One MediaSource in a media element, from its opening to its failure. */
export class MediaOutput {
  readonly playhead: Playhead
  readonly #media: HTMLMediaElement
  readonly #owner: MediaOutputOwner
  readonly #source = new Source!()
  readonly #tracks = new Map<string, Track>()
  // Work that came before the MediaSource was open.
  #early: Array<() => void> | undefined = []
  // How much later than its own times each epoch is played, seconds.
  readonly #offsets = new Map<string, number>()
  // When the connection was made, milliseconds of the server's clock: older segments were kept for new viewers.
  #joinedAt = 0
  #closed = false

  /** @param inits - of all its tracks: a MediaSource takes no further ones later @param targetLatency - seconds */
  constructor (media: HTMLMediaElement, inits: readonly Init[], owner: MediaOutputOwner, targetLatency: number) {
    this.#media = media
    this.#owner = owner
    this.playhead = new Playhead(media, {
      clock: owner.clock,
      targetLatency,
      hasSound: inits.some(({ message }) => message.kind !== 'video'),
      stuck: () => this.#fail('The picture stands still although there is more')
    })
    // Without this, a ManagedMediaSource never opens.
    media.disableRemotePlayback = true
    const url = URL.createObjectURL(this.#source)
    this.#source.addEventListener('sourceopen', () => {
      URL.revokeObjectURL(url)
      this.#onOpen(inits)
    }, { once: true })
    media.addEventListener('error', this.#onError)
    media.src = url
  }

  /** The age of the current picture; undefined if unknown. */
  get latency (): Latency | undefined {
    const { currentTime } = this.#media
    const [track] = this.#tracks.values()
    return track?.shown.latency(currentTime, this.playhead.now)
  }

  /** Another init segment applies from the next segment of its track on. */
  init (init: Init): void {
    this.#whenOpen(() => {
      const track = this.#tracks.get(init.message.track)
      if (track !== undefined) track.init = init
    })
  }

  /** Appends a segment, after its init segment if that is needed. */
  append (segment: ReceivedSegment): void {
    this.#whenOpen(() => {
      const track = this.#tracks.get(segment.message.track)
      if (track !== undefined) this.#append(track, segment)
    })
  }

  /** A new connection delivers the next segments. @param now - the server's clock, milliseconds: older segments were kept for new viewers
   */
  connected (now: number): void {
    this.#joinedAt = now
    this.playhead.interrupted()
  }

  close (): void {
    this.#closed = true
    this.playhead.close()
    for (const { queue } of this.#tracks.values()) queue.close()
    this.#media.removeEventListener('error', this.#onError)
  }

  // --- Appending ---

  #onOpen (inits: readonly Init[]): void {
    try {
      // Some init segments have a duration, at which playback would end.
      this.#source.duration = Infinity
      for (const init of inits) this.#add(init)
    } catch (error) {
      this.#fail(String(error))
    }
    const early = this.#early ?? []
    this.#early = undefined
    for (const act of early) if (!this.#closed) act()
  }

  #whenOpen (act: () => void): void {
    if (this.#closed) return
    if (this.#early === undefined) return act()
    this.#early.push(act)
    if (this.#early.length > MOST_EARLY) this.#fail('The media element does not open')
  }

  #add (init: Init): void {
    const { track, mime, mode } = init.message
    const buffer = this.#source.addSourceBuffer(mime)
    if (buffer.mode !== mode) buffer.mode = mode
    const media = this.#media
    const owner: AppendQueueOwner = {
      get currentTime () { return media.currentTime },
      updated: () => this.playhead.follow(),
      failed: reason => this.#fail(reason)
    }
    const queue = new AppendQueue(buffer, owner)
    this.#tracks.set(track, { init, queue, appended: '', mime, epoch: '', shown: new ShownTimes(), batch: [] })
  }

  #append (track: Track, segment: ReceivedSegment): void {
    const { message, bytes, id } = segment
    const { init } = track
    const epoch = id.slice(0, id.indexOf('-'))
    const key = `${init.epoch}/${init.message.version}`
    let prepare: Prepare | undefined = epoch === track.epoch ? undefined : buffer => this.#begin(buffer, epoch, message.start)
    // Only a new one: after any init segment, a decoder drops all frames up to the next join point, and a resume may be far from one.
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

  // A restarted server counts from another zero: its segments are placed after the existing ones, with one offset for all tracks.
  #begin (buffer: SourceBuffer, epoch: string, start: number): void {
    let offset = this.#offsets.get(epoch)
    if (offset === undefined) {
      const end = rangesOf(this.#media.buffered).at(-1)?.end
      offset = end === undefined ? 0 : end - start
      this.#offsets.set(epoch, offset)
      this.playhead.edge.restart()
    }
    if (buffer.mode === 'sequence' || offset === buffer.timestampOffset) return
    // Inside a cluster of unknown size, the offset cannot be changed.
    buffer.abort()
    buffer.timestampOffset = offset
  }

  #appended (track: Track, segment: ReceivedSegment, isNewest: boolean): void {
    track.batch.push(segment)
    // Segments appended together are seen in the buffer together.
    if (!isNewest) return
    const batch = track.batch.splice(0)
    const { clock } = this.#owner
    const end = rangesOf(track.queue.buffer.buffered).at(-1)?.end
    if (end === undefined) return
    // Engines place a segment up to 0.12 s away from its own time.
    const placement = end - segment.message.start - segment.message.duration
    for (const { message, at } of batch) {
      const { track: name, received, start, duration, discontinuity = false } = message
      track.shown.add(message)
      this.playhead.edge.arrived({
        track: name,
        at: at + clock.offset,
        received,
        start: start + placement,
        end: start + duration + placement,
        isLive: received > this.#joinedAt,
        discontinuity
      })
    }
    track.shown.placement = placement
    this.playhead.arrived(clock.delay(segment.message.received, segment.at) < segment.message.duration * 1000 + FRESH)
  }

  readonly #onError = (): void => this.#fail('The browser could not play the media')

  #fail (reason: string): void {
    if (this.#closed) return
    this.close()
    // A failing append may come before the element's own error event.
    const { error } = this.#media
    const detail = error === null || error.message === '' ? '' : ` (${error.message})`
    this.#owner.failed(error === null ? reason : `The browser could not decode the media${detail}`)
  }
}

function changeType (buffer: SourceBuffer, { mime, mode }: InitMessage): void {
  buffer.changeType(mime)
  if (buffer.mode !== mode) buffer.mode = mode
}
