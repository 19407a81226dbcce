// A viewer reads a broadcast with a cursor, and is sent each next step. Its connection, which may serve several viewers, asks for the next
// event when it can take one; while it cannot, the cursor falls behind, and the lag policy applies.
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WatchingViewer } from '../broadcast/roles.js'
import type { Broadcast, CloseReason, ViewerClose } from '../contract.js'
import { stateOf, stateText } from '../delivery/sse/state-event.js'
import { formatEvent } from '../delivery/sse/event.js'
import { textFrame } from '../delivery/sse/frame.js'
import type { Frame } from '../delivery/sse/frame.js'
import type { SharedFrame } from '../delivery/sse/shared-frame.js'
import { Cursor } from '../reading/cursor.js'
import type { CursorReader, Step } from '../reading/cursor.js'
import type { Item } from '../reading/item.js'
import { GAP_EVENT } from '../wire.js'
import type { GapMessage, Placed, WatchState } from '../wire.js'
import type { Audience } from './audience.js'
import type { EdgeViewer, Given, Seat } from './edge.js'
import type { ViewerConnection, ViewerOptions } from './viewer-connection.js'

/** One viewer, from its request until it, or its connection, leaves. */
export class LiveViewer implements WatchingViewer, Placed, CursorReader {
  /** Bytes of its events that were handed over. */
  handed = 0
  readonly #audience: Audience
  readonly #connection: ViewerConnection
  readonly #options: ViewerOptions
  readonly #live: LiveBroadcast
  // Its own, or that of its group.
  #cursor: Cursor
  readonly #since = performance.now()
  // There may be something to send: its broadcast has changed since nothing was due.
  #changed = true
  // Whether anything was sent to it yet.
  #begun = false
  // The next item, while it is encoded for the connection; it may no longer be kept by then.
  #encoding: { readonly item: Item, readonly frame: SharedFrame } | undefined
  // A segment was published while the sink was waiting.
  #behind = false
  #segments = 0
  #skipped = 0
  // `onViewerOpen` is still running.
  #opening = false
  #over = false
  #close: ViewerClose | undefined

  constructor (audience: Audience, connection: ViewerConnection, options: ViewerOptions) {
    this.#audience = audience
    this.#connection = connection
    this.#options = options
    this.#live = audience.broadcasts.watch(options.name, this)
    this.#cursor = new Cursor(this.#live, options.read(this.#live), {
      lastEventId: options.lastEventId,
      lagSeconds: audience.broadcasts.settings.lag.seconds,
      clock: audience.shared.sinks
    })
    this.#cursor.reader = this
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
  get lag (): number { return this.#cursor.age / 1000 }

  /** Whether the last event sent to it was the end of its broadcast. */
  get over (): boolean { return this.#over }
  /** Whether {@link LiveViewer.next} may return something. */
  get mayHave (): boolean { return this.#changed }
  /** Whether it has left already. */
  get gone (): boolean { return this.#close !== undefined }
  /** Where it continues if it reconnects. */
  get place (): string | undefined { return this.#cursor.place }

  get #log (): FastifyBaseLogger { return this.#connection.log }

  /** Runs `onViewerOpen`. `onViewerClose` waits until that has finished, but no longer than `closeTimeout`: it may never finish. */
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
    if (!this.#begun) return
    // A viewer that was there before begins with the first segment, even if its connection takes it a moment later.
    this.#cursor.settle()
    // The policy for a waiting viewer stands until its connection takes bytes again.
    if (this.#behind && this.#cursor.lag.policy !== undefined) return
    if (this.#connection.pump() || this.#cursor.hasAll) return
    this.#behind = true
    this.#judge()
  }

  /** Its connection takes bytes again. */
  drained (): void {
    if (!this.#behind) return
    this.#behind = false
    this.#inContext(() => this.#audience.hooks.fire('onViewerDrain', this.#log, this))
    this.#judge()
    if (this.#cursor.lag.policy === 'skip') this.#cursor.skip()
  }

  /** Its cursor skipped ahead. */
  movedOn (gap: GapMessage): void {
    this.#skipped += gap.segments ?? 0
    this.#live.skipped(gap)
    this.#inContext(() => this.#audience.hooks.fire('onViewerSkip', this.#log, this, gap))
  }

  /** Its connection is cut, because it took nothing for too long. */
  stalled (): void {
    this.#live.counts.stall()
    this.#inContext(() => this.#audience.hooks.fire('onViewerStall', this.#log, this))
  }

  /** A `state` event for this viewer, as text. */
  stateText (state: WatchState): string {
    return stateText(stateOf(this.#live, { viewer: this.id, state }))
  }

  /** It has everything, or its connection is gone. */
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
    // The wait for it is over already.
    else if (reason === 'closing') this.#through()
    else setTimeout(() => this.#through(), this.#audience.broadcasts.settings.closeTimeout).unref()
  }

  /** The next event for this viewer, in order; undefined if it has to wait. */
  next (): Frame | undefined {
    if (!this.#changed) return undefined
    // Set again by any wake-up meanwhile.
    this.#changed = false
    const step = this.#cursor.next()
    const frame = step === undefined ? undefined : this.#frame(step)
    if (step === undefined || frame === undefined) return undefined
    this.#cursor.pass(step)
    this.#passed(step)
    const isItem = step.kind === 'segment' || step.kind === 'file'
    if (!isItem || !this.#cursor.isAtEdge) this.#changed = true
    return frame
  }

  /** Joins the group at the live edge that gets the same bytes, if both are there. @returns its seat in the group */
  join (viewer: EdgeViewer, socket: Socket): Seat | undefined {
    const { coding } = this.#connection
    const seat = this.#audience.edges.at(this.#live, { coding, delivery: this.#options.delivery }).enter(viewer, socket, this.#cursor)
    if (seat === undefined) return undefined
    this.#cursor = seat.cursor
    this.#live.removeWatcher(this)
    return seat
  }

  /** Its group has sent it that. */
  given ({ segments }: Given): void {
    this.#segments += segments
  }

  /** It leaves its group. @param cursor - the group's place */
  part (cursor: Cursor): void {
    this.#cursor = cursor
    cursor.reader = this
    this.#changed = true
    this.#live.addWatcher(this)
  }

  // Calls a hook in the request's context: it may be a publisher that triggers it.
  #inContext<Result> (call: () => Result): Result {
    const { context } = this.#connection
    return context === undefined ? call() : context.runInAsyncScope(call)
  }

  // The event of a step; undefined while it is being encoded.
  #frame (step: Step): Frame | undefined {
    switch (step.kind) {
      case 'state': return textFrame(this.#connection.takePreamble() + this.stateText(step.state))
      case 'gap': return textFrame(formatEvent({ id: step.gap.to, event: GAP_EVENT, data: step.gap }))
      case 'pause': return this.#audience.encodings.pause(step.pause, this.#live)
      case 'init': return this.#audience.encodings.init(step.init, this.#live)
      case 'end': return textFrame(this.stateText('ended'))
      default: return this.#ready(step)
    }
  }

  #ready (item: Item): Frame | undefined {
    const frame = this.#encoding?.item === item
      ? this.#encoding.frame
      : this.#audience.encodings.item(item, this.#live, this.#options.delivery)
    const isReady = frame.isReady(this.#connection.coding)
    this.#encoding = isReady ? undefined : { item, frame }
    return isReady ? frame : undefined
  }

  #passed (step: Step): void {
    if (step.kind === 'state') this.#begun = true
    else if (step.kind === 'pause') this.#live.counts.pause()
    else if (step.kind === 'end') this.#over = true
    else if (step.kind === 'segment' || step.kind === 'file') {
      this.#segments += step.segments
      this.#live.handOver.taken(step.kind === 'segment' ? step.sequence : undefined)
    }
  }

  #judge (): void {
    const { age, lag } = this.#cursor
    if (this.gone || !lag.needsPolicy(age)) return
    const { hooks, broadcasts } = this.#audience
    const policy = this.#inContext(() => hooks.lagPolicy(this.#log, this, age / 1000)) ?? broadcasts.settings.lag.policy
    // On a shared connection, others would be disconnected with it, or wait behind it.
    lag.policy = this.#connection.several ? 'skip' : policy
    if (lag.policy === 'disconnect') this.#connection.cut('lagged')
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
