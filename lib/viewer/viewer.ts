// A viewer is a cursor into a broadcast's live window, and a sink. When the sink takes bytes, the viewer hands it the
// event under the cursor and steps on; when it does not, the viewer waits, and nothing of its own grows meanwhile.
// Whatever ends a viewer passes through #exit, once.
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast, WatchingViewer } from '../broadcast/live-broadcast.js'
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
import { gapBetween } from './place.js'
import type { Due, Reading } from './reading.js'

/** What one viewer asked for. */
export interface ViewerOptions {
  readonly id: string
  /** The broadcast's name. */
  readonly name: string
  /** Whether it comes back, and says what it has. */
  readonly resumes: boolean
  /** How it reads the broadcast that it is given. */
  readonly read: (live: LiveBroadcast) => Reading
  /** Milliseconds, jittered already. */
  readonly retry: number
  readonly log: FastifyBaseLogger
}

/** One viewer, from its request to its one exit. */
export class LiveViewer implements WatchingViewer, SinkOwner, Member {
  readonly #audience: Audience
  readonly #options: ViewerOptions
  readonly #live: LiveBroadcast
  readonly #reading: Reading
  readonly #sink: Sink
  readonly #lag: Lag
  readonly #since = performance.now()
  // Sequence of the segment to hand over next; 0 until there is one to begin with.
  #cursor = 0
  // The timeline's position at the cursor, as far as the viewer has come: gaps are measured from it.
  #position: number | undefined
  // Since when it could be handed what is under the cursor, as last seen in the window; undefined while it could not.
  #dueSince: number | undefined
  #gap: GapMessage | undefined
  // The newest life of a publisher that the viewer knows of: each pause is told once, with whichever of its tracks comes first.
  #life = 0
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
    this.#reading = options.read(this.#live)
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
    const { state } = this.#live
    if (this.#told === 'nothing' || (this.#told === 'waiting' && state !== 'waiting')) return this.#tellState()
    if (this.#cursor === 0 && !this.#place()) return this.#atEdge()
    const beyond = this.#reading.beyondLoss(this.#cursor)
    if (beyond !== undefined) this.#jump('expired', beyond)
    if (this.#gap !== undefined) return this.#tellGap(this.#gap)
    const due = this.#due()
    if (due?.pause !== undefined && due.life > this.#life) {
      this.#life = due.life
      return due.pause
    }
    return this.#reading.init(this.#cursor) ?? (due === undefined ? this.#atEdge() : this.#step(due))
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

  #step ({ next, segments, end, frame }: Due): Frame {
    this.#lag.passed(this.#age())
    this.#cursor = next
    this.#segments += segments
    this.#position = end
    this.#dueSince = this.#due()?.since
    return frame()
  }

  #atEdge (): undefined {
    this.#lag.begin(0)
    if (this.#live.state === 'ended') this.#ending = { reason: 'ended', farewell: this.#live.stateFrame({ viewer: this.id }) }
  }

  #place (): boolean {
    const placement = this.#reading.place()
    if (placement === undefined) return false
    this.#moveTo(placement.cursor)
    if (placement.gap !== undefined) this.#announce(placement.gap)
    // A pause before anything that it watches is none to who has just come.
    if (!this.#options.resumes) this.#life = this.#live.window.get(placement.cursor)!.life
    return true
  }

  // The policy: to the newest join point, if it lies ahead; else the viewer goes on where it is.
  #skip (): void {
    const newest = this.#reading.newest()
    if (newest !== undefined && newest > this.#cursor) this.#jump('slow', newest)
  }

  #jump (reason: GapReason, to: number): void {
    const gap = gapBetween(this.#live, { reason, from: this.#cursor, to, position: this.#position, tracks: this.#reading.tracks })
    this.#moveTo(to)
    this.#announce(gap)
  }

  // What is under the cursor, once all is passed that it is not handed.
  #due (): Due | undefined {
    if (this.#cursor === 0) return undefined
    this.#cursor = this.#reading.pass(this.#cursor)
    return this.#reading.due(this.#cursor)
  }

  #moveTo (cursor: number): void {
    this.#cursor = cursor
    this.#position = this.#live.window.get(cursor)?.start
    this.#dueSince = undefined
    this.#lag.begin(this.#age())
  }

  #announce (gap: GapMessage): void {
    this.#gap = gap
    this.#skipped += gap.segments ?? 0
    this.#audience.hooks.fire('onViewerSkip', this.#options.log, this, gap)
  }

  // Milliseconds that it could have been handed what is under the cursor, also when that is no longer kept; 0 at the live edge.
  #age (): number {
    const due = this.#due()
    if (due !== undefined) this.#dueSince = due.since
    const isDue = due !== undefined || this.#cursor < this.#live.window.first
    return isDue && this.#dueSince !== undefined ? performance.now() - this.#dueSince : 0
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
