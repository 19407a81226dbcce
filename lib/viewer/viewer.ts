// A viewer is a cursor into a broadcast's live window. It is a little long, as all that moves the cursor is read together. Its connection, which may
// serve several, asks for the next event when it can take one; while it cannot, the cursor falls behind, and is moved on by policy.
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WatchingViewer } from '../broadcast/roles.js'
import type { Due } from '../broadcast/live-window.js'
import type { Broadcast, CloseReason, ViewerClose } from '../contract.js'
import { formatEvent } from '../event/event.js'
import { textFrame } from '../event/frame.js'
import type { Frame } from '../event/frame.js'
import type { SharedFrame } from '../event/shared-frame.js'
import { GAP_EVENT, formatPlace, parsePlace } from '../wire.js'
import type { GapMessage, GapReason, Placed, WatchState } from '../wire.js'
import type { Audience } from './audience.js'
import type { EdgeViewer, Given, Seat } from './edge.js'
import { Lag } from './lag.js'
import { gapBetween, joinedGap } from './place.js'
import type { Reading } from './reading.js'
import type { ViewerConnection, ViewerOptions } from './viewer-connection.js'

/** One viewer, from its request until it, or its connection, leaves. */
export class LiveViewer implements WatchingViewer, Placed {
  /** Bytes of its events that were handed over. */
  handed = 0
  readonly #audience: Audience
  readonly #connection: ViewerConnection
  readonly #options: ViewerOptions
  readonly #live: LiveBroadcast
  readonly #reading: Reading
  readonly #lag: Lag
  readonly #since = performance.now()
  // Sequence of the segment to hand over next; 0 until there is one to begin with.
  #cursor = 0
  // Of the life that the cursor is in.
  #epoch = 0
  // Its place before the numbering began anew, until it has one again.
  #lost: string | undefined
  // Sequence that its place names: of the last segment that it was given, or that is not for it.
  #last = 0
  // The timeline's position at the cursor, as far as the viewer has come: gaps are measured from it.
  #position: number | undefined
  // Since when it could be handed what is under the cursor, as last seen in the window; undefined while it could not.
  #dueSince: number | undefined
  // What it has to be told that it misses, and its place until it is.
  #gap: { readonly message: GapMessage, readonly place: string | undefined } | undefined
  // The newest life of a publisher that the viewer knows of: each pause is told once, with whichever of its tracks comes first.
  #life = 0
  #told: 'nothing' | 'waiting' | 'live' = 'nothing'
  // There may be something to tell: its broadcast has changed since it was owed nothing.
  #changed = true
  // What it is handed next, once that is encoded as its connection needs it; it may be kept no longer by then.
  #encoding: { readonly due: Due, readonly frame: SharedFrame } | undefined
  // A segment was published while the sink was waiting.
  #behind = false
  #segments = 0
  #skipped = 0
  // `onViewerOpen` still runs.
  #opening = false
  #over = false
  #close: ViewerClose | undefined

  constructor (audience: Audience, connection: ViewerConnection, options: ViewerOptions) {
    this.#audience = audience
    this.#connection = connection
    this.#options = options
    this.#lag = new Lag(audience.broadcasts.settings.lag.seconds)
    this.#live = audience.broadcasts.watch(options.name, this)
    this.#reading = options.read(this.#live)
  }

  get id (): string { return this.#options.id }
  get name (): string { return this.#options.name }
  get broadcast (): Broadcast { return this.#live.handle }
  get segments (): number {
    this.#connection.settle()
    return this.#segments
  }

  get skipped (): number { return this.#skipped }
  get bytes (): number { return this.#close?.bytes ?? this.#connection.bytesOf(this) }
  get lag (): number {
    this.#connection.settle()
    return this.#age() / 1000
  }

  /** Whether the last event that it was given is the end of its broadcast. */
  get over (): boolean { return this.#over }
  /** Whether {@link LiveViewer.next} may give anything. */
  get mayHave (): boolean { return this.#changed }
  /** Whether it has left already. */
  get gone (): boolean { return this.#close !== undefined }
  /** After what it goes on if it comes back; until it has a cursor, that is what it says itself. */
  get place (): string | undefined {
    if (this.#gap !== undefined) return this.#gap.place
    if (this.#cursor > 0) return formatPlace(this.#epoch, this.#last)
    const lastEventId = this.#lost ?? this.#options.lastEventId
    return lastEventId === undefined || parsePlace(lastEventId) === undefined ? undefined : lastEventId
  }

  get #log (): FastifyBaseLogger { return this.#connection.log }

  /** Runs `onViewerOpen`. `onViewerClose` waits until it is through, but no longer than `closeTimeout`: it may never be. */
  async opened (hook: () => Promise<void>): Promise<void> {
    this.#opening = true
    await hook()
    this.#through()
  }

  kick (): void {
    if (!this.gone) this.#connection.kick()
  }

  wake (): void {
    this.#changed = true
    if (this.#told !== 'nothing' && this.#cursor > 0 && this.#epoch !== this.#live.epoch) this.#loseAll()
    // What is decided of one that waits stands until its connection takes bytes again.
    if (this.#told === 'nothing' || (this.#behind && this.#lag.policy !== undefined)) return
    // Who was there before begins with the first segment, also where its connection takes that a moment later.
    if (this.#cursor === 0) this.#place()
    if (this.#connection.pump() || this.#cursor === this.#live.window.next) return
    this.#behind = true
    this.#judge()
  }

  /** Its connection takes bytes again. */
  drained (): void {
    if (!this.#behind) return
    this.#behind = false
    this.#inContext(() => this.#audience.hooks.fire('onViewerDrain', this.#log, this))
    this.#judge()
    if (this.#lag.policy === 'skip') this.#skip()
  }

  /** Its connection is cut, because it has taken nothing for too long. */
  stalled (): void {
    this.#live.counts.stall()
    this.#inContext(() => this.#audience.hooks.fire('onViewerStall', this.#log, this))
  }

  /** A `state` event for this viewer, as text. */
  stateText (state: WatchState): string {
    return this.#live.stateText({ viewer: this.id, state })
  }

  /** It has got all, or its connection has gone. */
  leave (reason: CloseReason): void {
    this.#audience.broadcasts.unwatch(this.#live, this)
    this.#close = {
      reason,
      segments: this.#segments,
      bytes: this.#connection.bytesOf(this),
      skipped: this.#skipped,
      seconds: Math.round(performance.now() - this.#since) / 1000
    }
    this.#live.counts.left(this.#close)
    this.#log.info({ viewer: this.id, broadcast: this.#live.name, ...this.#close }, 'viewer left')
    if (!this.#opening) this.#tellClose(this.#close)
    // Has waited for it as long already.
    else if (reason === 'closing') this.#through()
    else setTimeout(() => this.#through(), this.#audience.broadcasts.settings.closeTimeout).unref()
  }

  /** The next event for this viewer, in the order in which it must see them; undefined where it has to wait. */
  next (): Frame | undefined {
    if (!this.#changed) return undefined
    // Set anew by whoever wakes it meanwhile.
    this.#changed = false
    const segments = this.#segments
    const frame = this.#event()
    if (this.#segments > segments) this.#live.handOver.taken()
    if (frame !== undefined && !(this.#segments > segments && this.#isAtEdge)) this.#changed = true
    return frame
  }

  /** Goes on with those at the live edge who are given the same, if it is there, and they are. @returns its place among them */
  join (viewer: EdgeViewer, socket: Socket): Seat | undefined {
    const { edge: inlineBytes } = this.#reading
    if (!this.#isAtEdge || this.#changed || inlineBytes === undefined) return undefined
    const { coding } = this.#connection
    const seat = this.#audience.edges.at(this.#live, { coding, inlineBytes }).enter(viewer, socket)
    if (seat !== undefined) this.#live.watchers.delete(this)
    return seat
  }

  /** It was given that by those whom it has joined. */
  given ({ segments, cursor, end }: Given): void {
    this.#segments += segments
    this.#cursor = cursor
    this.#last = cursor - 1
    this.#position = end
  }

  /** It goes on alone. */
  part (): void {
    this.#changed = true
    this.#live.watchers.add(this)
  }

  // Calls a hook as the request would: it may be a publisher that makes it happen.
  #inContext<Result> (call: () => Result): Result {
    const { context } = this.#connection
    return context === undefined ? call() : context.runInAsyncScope(call)
  }

  get #isAtEdge (): boolean {
    return this.#live.state === 'live' && this.#cursor === this.#live.window.next
  }

  #event (): Frame | undefined {
    const { state } = this.#live
    if (this.#told === 'nothing' || (this.#told === 'waiting' && state !== 'waiting')) return this.#tellState()
    if (this.#cursor === 0 && !this.#place()) return this.#atEdge()
    if (this.#encoding !== undefined) return this.#encoded(this.#encoding.due, this.#encoding.frame)
    const beyond = this.#reading.beyondLoss(this.#cursor)
    if (beyond !== undefined) this.#jump('expired', beyond)
    if (this.#gap !== undefined) return this.#tellGap(this.#gap.message)
    const due = this.#due()
    if (due?.pause !== undefined && due.life > this.#life) {
      this.#life = due.life
      this.#live.counts.pause()
      return due.pause
    }
    const init = this.#reading.init(this.#cursor)
    if (init !== undefined) return init
    return due === undefined ? this.#atEdge() : this.#encoded(due, this.#reading.frame(this.#cursor))
  }

  #tellState (): Frame {
    // Of an ended broadcast, too, the viewer is still owed segments: that it has ended is the last thing to tell.
    this.#told = this.#live.state === 'waiting' ? 'waiting' : 'live'
    return textFrame(this.#connection.takePreamble() + this.stateText(this.#told))
  }

  #tellGap (gap: GapMessage): Frame {
    this.#gap = undefined
    return textFrame(formatEvent({ id: gap.to, event: GAP_EVENT, data: gap }))
  }

  #encoded (due: Due, frame: SharedFrame): Frame | undefined {
    const isReady = frame.isReady(this.#connection.coding)
    this.#encoding = isReady ? undefined : { due, frame }
    if (!isReady) return undefined
    this.#step(due)
    return frame
  }

  #step ({ next, segments, end }: Due): void {
    if (this.#lag.isBehind) this.#lag.passed(this.#age())
    this.#segments += segments
    this.#position = end
    this.#cursor = next
    const under = next < this.#live.window.next ? this.#due() : undefined
    this.#dueSince = under?.since
    if (under === undefined) this.#lag.begin(0)
    // The id that goes out with it is its own, though what is not for this viewer is passed already.
    this.#last = next - 1
  }

  #atEdge (): Frame | undefined {
    this.#lag.begin(0)
    if (this.#live.state !== 'ended') return undefined
    this.#over = true
    return textFrame(this.stateText('ended'))
  }

  // The numbering has begun anew, as where a store has lost what it kept.
  #loseAll (): void {
    this.#lost = this.place
    this.#gap = this.#encoding = undefined
    this.#cursor = this.#life = 0
    this.#told = 'waiting'
  }

  #place (): boolean {
    // Nothing is made for a name that nobody publishes.
    if (this.#live.state === 'waiting') return false
    const placement = this.#reading.place(this.#lost)
    if (placement === undefined) return false
    const before = this.place
    this.#moveTo(placement.cursor)
    if (placement.gap !== undefined) this.#announce(placement.gap, before)
    // A pause before anything that it watches is none to who has just come.
    if (this.#options.lastEventId === undefined && this.#lost === undefined) this.#life = this.#live.window.get(placement.cursor)!.life
    this.#lost = undefined
    return true
  }

  // The policy: to the newest join point, if it lies ahead; else the viewer goes on where it is.
  #skip (): void {
    const newest = this.#reading.newest()
    if (newest !== undefined && newest > this.#cursor) this.#jump('slow', newest)
  }

  #jump (reason: GapReason, to: number): void {
    const gap = gapBetween(this.#live, { reason, from: this.#cursor, to, position: this.#position, tracks: this.#reading.tracks })
    const before = this.place
    this.#moveTo(to)
    this.#announce(gap, before)
  }

  // What is under the cursor, once all is passed that it is not handed.
  #due (): Due | undefined {
    if (this.#cursor === 0) return undefined
    this.#cursor = this.#reading.pass(this.#cursor)
    this.#last = this.#cursor - 1
    return this.#reading.due(this.#cursor)
  }

  #moveTo (cursor: number): void {
    this.#cursor = cursor
    this.#epoch = this.#live.epoch
    this.#encoding = undefined
    this.#position = this.#live.window.get(cursor)?.start
    this.#dueSince = undefined
    this.#lag.begin(this.#age())
    this.#last = cursor - 1
  }

  #announce (gap: GapMessage, place: string | undefined): void {
    // It may be moved on again before its connection has taken the first gap: then it is told of both as one.
    this.#gap = { message: this.#gap === undefined ? gap : joinedGap(this.#gap.message, gap), place }
    this.#skipped += gap.segments ?? 0
    this.#live.skipped(gap)
    this.#inContext(() => this.#audience.hooks.fire('onViewerSkip', this.#log, this, gap))
  }

  // Milliseconds that it could have been handed what is under the cursor, also when that is no longer kept; 0 at the live edge. While the event loop was
  // blocked it could not.
  #age (): number {
    const due = this.#due()
    if (due !== undefined) this.#dueSince = due.since
    const isDue = due !== undefined || this.#cursor < this.#live.window.first
    return isDue && this.#dueSince !== undefined ? this.#audience.shared.sinks.since(this.#dueSince) : 0
  }

  #judge (): void {
    const age = this.#age()
    if (this.gone || !this.#lag.needsPolicy(age)) return
    const { hooks, broadcasts } = this.#audience
    const policy = this.#inContext(() => hooks.lagPolicy(this.#log, this, age / 1000)) ?? broadcasts.settings.lag.policy
    // For one that lags, others would be disconnected with it, or wait behind it.
    this.#lag.policy = this.#connection.several ? 'skip' : policy
    if (this.#lag.policy === 'disconnect') this.#connection.cut('lagged')
  }

  #through (): void {
    if (!this.#opening) return
    this.#opening = false
    if (this.#close !== undefined) this.#tellClose(this.#close)
  }

  #tellClose (close: ViewerClose): void {
    this.#inContext(() => this.#audience.hooks.fire('onViewerClose', this.#log, this, close))
  }
}
