// One life of a broadcast, from its first viewer or publisher to its end: its tracks, its live window, and its viewers. A name with viewers
// and no publisher costs little: the parts needed from the first segment on are made on first use. A segment is composed, which needs the
// ledger, and then taken: it is kept, and the watchers are woken. It never waits for a watcher.
import type { Broadcast, BroadcastState } from '../contract.js'
import { tell } from '../diagnostics.js'
import type { InitSegment, MediaSegment } from '../media/segment.js'
import { formatPlace } from '../wire.js'
import type { GapMessage } from '../wire.js'
import type { Entry } from './entry.js'
import { Groups } from './groups.js'
import type { Group } from './groups.js'
import { Ledger, hasVideo } from './ledger.js'
import type { Draft, Part } from './ledger.js'
import { KeptSegment } from './kept-segment.js'
import { LifeParts } from './life-parts.js'
import type { LifeOptions } from './life-parts.js'
import { LiveWindow } from './live-window.js'
import type { Init, WindowSegment } from './window-segment.js'
import { weightOfLife } from './weights.js'

/** One life of a broadcast. */
export class LiveBroadcast extends LifeParts {
  readonly handle: Broadcast
  // By track and version, the init segments that kept segments may need.
  #knownInits: Map<string, Init> | undefined
  #window: LiveWindow | undefined
  // By track, once a viewer reads whole files of it.
  #groups: Map<string, Groups> | undefined
  #ownLedger: Ledger | undefined
  #state: BroadcastState = 'waiting'
  #epoch = 0
  #timer: NodeJS.Timeout | undefined

  constructor (options: LifeOptions) {
    super(options)
    this.handle = options.handle
  }

  get name (): string { return this.handle.name }
  get state (): BroadcastState { return this.#state }
  get window (): LiveWindow {
    this.#window ??= new LiveWindow(this.options.window, this.options.budget)
    return this.#window
  }

  /** The groups of pictures of a track whose first segment is still kept, oldest first. */
  groups (track: string): readonly Group[] {
    this.#groups ??= new Map()
    let groups = this.#groups.get(track)
    if (groups === undefined) this.#groups.set(track, groups = new Groups(this.window, track))
    return groups.find(this.#state === 'ended')
  }

  /** Unix milliseconds of the start; part of every id of this life. 0 before the start. */
  get epoch (): number { return this.#epoch }
  /** Whether its publishers have marked the last segment of every track. */
  get isLast (): boolean { return this.#ledger.isLast }
  /** Id of the newest segment; sequence 0 if there is none yet. */
  get latest (): string { return formatPlace(this.#epoch, this.window.next - 1) }

  /**
   * Starts or restarts the numbering; a restart drops everything kept before.
   * @param epoch later than every earlier epoch of this name.
   */
  start (epoch: number): void {
    if (this.#state !== 'waiting') this.#reset()
    const isKnown = epoch === this.#epoch
    this.#state = 'live'
    this.#epoch = epoch
    this.#ownLedger = new Ledger(this.name, epoch)
    this.#carry()
    this.wake()
    // A store may fill it again.
    if (isKnown) return
    this.log.info('broadcast began')
    tell(this.#registration, 'broadcast.start', { broadcast: this.handle })
  }

  /** Makes an init segment the current one of its track. */
  setInit (trackName: string, media: InitSegment): Init {
    return this.takeInit(trackName, this.#ledger.setInit(trackName, media), media)
  }

  /** Takes an init segment that has its version. @param isNewest - whether it is the current one of its track */
  takeInit (trackName: string, version: number, media: InitSegment, isNewest = true): Init {
    const init = this.init(trackName, version) ?? { track: trackName, version, media }
    this.#inits.set(`${trackName} ${version}`, init)
    const before = this.tracks.get(trackName)?.init
    if (isNewest && before !== init) {
      this.tracks.set(trackName, { name: trackName, init, media })
      this.window.needInit(init, before)
      this.#carry()
      this.#forgetInits()
    }
    return init
  }

  /** The init segment of a track with that version, if it is known. */
  init (trackName: string, version: number): Init | undefined {
    return this.#inits.get(`${trackName} ${version}`)
  }

  /** An init segment came by itself, for the segments that follow. */
  renew (trackName: string, media: InitSegment): void {
    this.setInit(trackName, media)
    this.#ledger.renew(trackName)
  }

  /** Composes a segment and takes it. */
  publish (trackName: string, publisher: string, media: MediaSegment, part?: Part): WindowSegment {
    const init = this.setInit(trackName, media.init)
    const receivedAt = performance.now()
    const entry = this.#ledger.compose(trackName, publisher, media, receivedAt, part)
    if (part !== undefined) this.#carry()
    return this.take(entry, init, receivedAt)
  }

  /** Whether a segment was accepted before. */
  repeats (trackName: string, publisher: string, draft: Draft): boolean {
    return this.#ledger.repeats(trackName, publisher, draft)
  }

  /**
   * Keeps a segment, and wakes the watchers. If segments are missing before it, the window restarts with it.
   * @param receivedAt - milliseconds of the monotonic clock
   */
  take (entry: Entry, init: Init, receivedAt: number): WindowSegment {
    const { sequence } = entry
    const segment = new KeptSegment(entry, init, receivedAt)
    if (sequence !== this.window.next) this.window.startAt(sequence)
    this.window.append(segment)
    this.handOver.offer(segment, () => this.wake())
    return segment
  }

  /** A viewer skipped ahead, and was told so. */
  skipped (gap: GapMessage): void {
    this.counts.skip(gap)
    this.skips.add(gap)
  }

  /** Ends this life, once. Viewers are told after their remaining segments. */
  end (): void {
    if (this.#state !== 'live') return
    this.#state = 'ended'
    for (const stream of this.removeByteStreams()) stream.endedWith(this)
    this.wake()
    this.log.info({ segments: this.counts.segments, bytes: this.counts.bytes }, 'broadcast ended')
    tell(this.#registration, 'broadcast.end', { broadcast: this.handle })
  }

  /** Whether any of its tracks, or of the named ones, has video: beside video, audio alone is no join point. */
  hasVideo (names?: ReadonlySet<string>): boolean {
    for (const { name, media } of this.tracks.values()) if (hasVideo(media) && names?.has(name) !== false) return true
    return false
  }

  /** Calls a function after that many milliseconds; replaces an earlier one. */
  after (milliseconds: number, act: () => void): void {
    this.stopTimer()
    this.#timer = setTimeout(act, milliseconds).unref()
  }

  /** Cancels {@link LiveBroadcast.after}. */
  stopTimer (): void {
    clearTimeout(this.#timer)
  }

  /** Drops all of its segments. */
  clearWindow (): void {
    this.#window?.clear()
  }

  get #ledger (): Ledger {
    this.#ownLedger ??= new Ledger(this.name, 0)
    return this.#ownLedger
  }

  get #inits (): Map<string, Init> {
    this.#knownInits ??= new Map()
    return this.#knownInits
  }

  get #registration (): string {
    return this.options.path.slice(0, -this.name.length - 1)
  }

  #reset (): void {
    this.stopTimer()
    this.clearWindow()
    this.#window = this.#groups = undefined
    this.tracks.clear()
    this.#inits.clear()
  }

  // Its cost in addition to its segments.
  #carry (): void {
    this.window.carry(weightOfLife(this.tracks.size, this.#ledger.remembered))
  }

  // Kept segments hold their own init segments; future ones never need one older than their track's newest.
  #forgetInits (): void {
    for (const [key, init] of this.#inits) {
      const track = this.tracks.get(key.slice(0, key.indexOf(' ')))
      if (track !== undefined && init.version < track.init.version) this.#inits.delete(key)
    }
  }
}
