// A viewer is a cursor into a broadcast's live window, and a sink. When the sink takes bytes, the viewer hands it the
// event under the cursor and steps on; when it does not, the viewer waits, and nothing of its own grows meanwhile.
// Whatever ends a viewer passes through #exit, once.
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast, WatchingViewer } from '../broadcast/live-broadcast.js'
import type { WindowSegment } from '../broadcast/live-window.js'
import type { Broadcast, CloseReason, ViewerClose } from '../contract.js'
import { formatEvent } from '../event/event.js'
import { textFrame } from '../event/frame.js'
import type { Frame } from '../event/frame.js'
import { afterClosing } from '../event/retry.js'
import type { RawRequest, RawResponse } from '../sink/open-responses.js'
import { Sink } from '../sink/sink.js'
import type { SinkOwner } from '../sink/sink.js'
import { GAP_EVENT } from '../wire.js'
import type { GapMessage, GapReason } from '../wire.js'
import type { Audience, Member } from './audience.js'
import { Lag } from './lag.js'
import { gapBetween, newestJoin, place } from './place.js'
import type { Start } from './place.js'
import { SentInits } from './sent-inits.js'

/** What one viewer asked for. */
export interface ViewerOptions {
  readonly id: string
  /** The broadcast's name. */
  readonly name: string
  readonly start: Start
  /** Segments of more bytes go by reference; `Infinity` for none. */
  readonly inlineBytes: number
  /** Milliseconds, jittered already. */
  readonly retry: number
  readonly log: FastifyBaseLogger
}

/** One viewer, from its request to its one exit. */
export class LiveViewer implements WatchingViewer, SinkOwner, Member {
  readonly #audience: Audience
  readonly #options: ViewerOptions
  readonly #live: LiveBroadcast
  readonly #sink: Sink
  readonly #lag: Lag
  readonly #since = performance.now()
  // Sequence of the segment to hand over next; 0 until there is one to begin with.
  #cursor = 0
  // The timeline's position at the cursor, as far as the viewer has come: gaps are measured from it.
  #position: number | undefined
  // When the segment under the cursor was received, as last seen in the window.
  #dueSince = 0
  #gap: GapMessage | undefined
  // The newest life of a publisher that the viewer knows of: each pause is told once, with whichever of its tracks comes first.
  #life = 0
  readonly #inits = new SentInits()
  #told: 'nothing' | 'waiting' | 'live' = 'nothing'
  // A segment was published while the sink was waiting.
  #behind = false
  #segments = 0
  #skipped = 0
  // `onViewerOpen` still runs.
  #opening = false
  // What ends this viewer, as soon as its sink takes the last words.
  #ending: { readonly reason: CloseReason, readonly farewell: Frame | undefined } | undefined
  #close: ViewerClose | undefined
  #pumping = false

  constructor (audience: Audience, options: ViewerOptions, request: RawRequest, response: RawResponse) {
    this.#audience = audience
    this.#options = options
    this.#lag = new Lag(audience.broadcasts.settings.lag.seconds)
    this.#sink = new Sink(request, response, this, audience.shared)
    this.#live = audience.broadcasts.watch(options.name, this)
    audience.enter(this)
  }

  get id (): string { return this.#options.id }
  get broadcast (): Broadcast { return this.#live.handle }
  get segments (): number { return this.#segments }
  get skipped (): number { return this.#skipped }
  get bytes (): number { return this.#sink.bytes }
  get lag (): number { return this.#age() / 1000 }
  /** Whether it has left already. */
  get gone (): boolean { return this.#close !== undefined }

  /** Runs `onViewerOpen`. `onViewerClose` never comes before it is through. */
  async opened (hook: () => Promise<void>): Promise<void> {
    this.#opening = true
    await hook()
    this.#opening = false
    if (this.#close !== undefined) this.#tellClose(this.#close)
  }

  /** Sends the headers and all that there is. */
  begin (headers: OutgoingHttpHeaders): void {
    try {
      this.#sink.open(headers)
    } catch (error) {
      // Somebody else has begun to answer. The reply is hijacked by now, so nobody but us would end it.
      this.#options.log.error({ err: error, viewer: this.id }, 'A viewer could not be answered')
      return this.#cut('error')
    }
    this.#pump()
  }

  kick (): void {
    if (this.#sink.ready) this.#end('kicked')
    else this.#cut('kicked')
  }

  close (): void {
    const { closeTimeout, retry } = this.#audience.broadcasts.settings
    this.#end('closing', this.#live.stateFrame({ viewer: this.id, state: 'closing', preamble: `retry: ${afterClosing(closeTimeout, retry)}\n` }))
  }

  wake (): void {
    if (this.#told === 'nothing') return
    // Who was there before begins with the first segment, also where its connection takes that a moment later.
    if (this.#cursor === 0) this.#place()
    if (this.#sink.ready) return this.#pump()
    this.#behind = true
    this.#judge()
  }

  sinkDrained (): void {
    if (this.#behind) {
      this.#behind = false
      this.#audience.hooks.fire('onViewerDrain', this.#options.log, this)
      this.#judge()
      if (this.#lag.policy === 'skip') this.#skip()
    }
    this.#pump()
  }

  sinkStalled (): void {
    this.#audience.hooks.fire('onViewerStall', this.#options.log, this)
    this.#cut('stalled')
  }

  sinkClosed (): void {
    this.#exit(this.#ending?.reason ?? 'client')
  }

  #pump (): void {
    // A hook called from within may publish or kick: the loop that runs already sees what it did.
    if (this.#pumping) return
    this.#pumping = true
    while (this.#sink.ready) {
      if (this.#ending !== undefined) {
        this.#sayFarewell(this.#ending.farewell)
        break
      }
      const frame = this.#next()
      if (frame !== undefined && this.#sink.ready) this.#sink.write(frame)
      else if (this.#ending === undefined) break
    }
    this.#pumping = false
  }

  // The next event for this viewer, in the order in which it must see them; undefined where it has to wait.
  #next (): Frame | undefined {
    const { window, state } = this.#live
    if (this.#told === 'nothing' || (this.#told === 'waiting' && state !== 'waiting')) return this.#tellState()
    if (this.#cursor === 0 && !this.#place()) return this.#atEdge()
    if (this.#cursor < window.first) this.#jump('expired', this.#newestJoin() ?? window.first)
    if (this.#gap !== undefined) return this.#tellGap(this.#gap)
    const segment = this.#dueSegment()
    if (segment?.pause !== undefined && segment.life > this.#life) {
      this.#life = segment.life
      return segment.pause
    }
    const init = this.#inits.next(this.#live, segment, this.#wants)
    if (init !== undefined) return init.frame
    return segment === undefined ? this.#atEdge() : this.#step(segment)
  }

  #tellState (): Frame {
    const preamble = this.#told === 'nothing' ? `retry: ${this.#options.retry}\n: fastify-media-sse\n\n` : ''
    // Of an ended broadcast, too, the viewer is still owed segments: that it has ended is the last thing to tell.
    this.#told = this.#live.state === 'waiting' ? 'waiting' : 'live'
    return this.#live.stateFrame({ viewer: this.id, state: this.#told, preamble })
  }

  #tellGap (gap: GapMessage): Frame {
    this.#gap = undefined
    return textFrame(formatEvent({ id: gap.to, event: GAP_EVENT, data: gap }))
  }

  #step (segment: WindowSegment): Frame {
    this.#lag.passed(this.#age())
    this.#cursor++
    this.#segments++
    this.#position = segment.start + segment.duration
    return segment.bytes.byteLength > this.#options.inlineBytes ? segment.reference : segment.frame
  }

  #atEdge (): undefined {
    this.#lag.begin(0)
    if (this.#live.state === 'ended') this.#ending = { reason: 'ended', farewell: this.#live.stateFrame({ viewer: this.id }) }
  }

  #place (): boolean {
    const placement = place(this.#live, this.#options.start)
    if (placement === undefined) return false
    this.#moveTo(placement.cursor)
    if (placement.gap !== undefined) this.#announce(placement.gap)
    // A pause before anything that it watches is none to who has just come.
    if (this.#options.start.lastEventId === undefined) this.#life = this.#live.window.get(placement.cursor)!.life
    return true
  }

  // The policy: to the newest join point, if it lies ahead; else the viewer goes on where it is.
  #skip (): void {
    const newest = this.#newestJoin()
    if (newest !== undefined && newest > this.#cursor) this.#jump('slow', newest)
  }

  #jump (reason: GapReason, to: number): void {
    const gap = gapBetween(this.#live, { reason, from: this.#cursor, to, position: this.#position, tracks: this.#options.start.tracks })
    this.#moveTo(to)
    this.#announce(gap)
  }

  // The segment under the cursor, once those of other tracks are passed.
  #dueSegment (): WindowSegment | undefined {
    const { window } = this.#live
    let segment = window.get(this.#cursor)
    while (segment !== undefined && !this.#wants(segment.track)) segment = window.get(++this.#cursor)
    return segment
  }

  readonly #wants = (track: string): boolean => this.#options.start.tracks?.has(track) !== false

  #newestJoin (): number | undefined {
    return newestJoin(this.#live, this.#options.start.tracks)
  }

  #moveTo (cursor: number): void {
    this.#cursor = cursor
    this.#position = this.#live.window.get(cursor)?.start
    this.#lag.begin(this.#age())
  }

  #announce (gap: GapMessage): void {
    this.#gap = gap
    this.#skipped += gap.segments ?? 0
    this.#audience.hooks.fire('onViewerSkip', this.#options.log, this, gap)
  }

  // Milliseconds since the segment under the cursor was received, also when it is no longer kept; 0 at the live edge.
  #age (): number {
    const { window } = this.#live
    const segment = this.#dueSegment()
    if (segment !== undefined) this.#dueSince = segment.receivedAt
    const isDue = this.#cursor > 0 && this.#cursor < window.next
    return isDue ? performance.now() - this.#dueSince : 0
  }

  #judge (): void {
    const age = this.#age()
    if (this.gone || !this.#lag.needsPolicy(age)) return
    const { hooks, broadcasts } = this.#audience
    this.#lag.policy = hooks.lagPolicy(this.#options.log, this, age / 1000) ?? broadcasts.settings.lag.policy
    if (this.#lag.policy === 'disconnect') this.#cut('lagged')
  }

  #end (reason: CloseReason, farewell?: Frame): void {
    this.#ending ??= { reason, farewell }
    this.#pump()
  }

  #cut (reason: CloseReason): void {
    this.#ending ??= { reason, farewell: undefined }
    this.#sink.destroy()
  }

  #sayFarewell (farewell: Frame | undefined): void {
    if (farewell !== undefined) this.#sink.write(farewell)
    this.#sink.end()
  }

  #exit (reason: CloseReason): void {
    this.#audience.broadcasts.unwatch(this.#live, this)
    this.#audience.leave(this, reason)
    this.#close = {
      reason,
      segments: this.#segments,
      bytes: this.#sink.bytes,
      skipped: this.#skipped,
      seconds: Math.round(performance.now() - this.#since) / 1000
    }
    this.#options.log.info({ viewer: this.id, broadcast: this.#live.name, ...this.#close }, 'viewer left')
    if (!this.#opening) this.#tellClose(this.#close)
  }

  #tellClose (close: ViewerClose): void {
    this.#audience.hooks.fire('onViewerClose', this.#options.log, this, close)
  }
}
