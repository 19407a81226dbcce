// All viewers of one registration: their number, why they left, and their last message when the server closes.
import type { Broadcasts } from '../store/registry.js'
import { noneClosed } from '../broadcast/counts.js'
import type { CloseReason } from '../contract.js'
import type { Hooks } from '../hooks.js'
import type { SinkShared } from '../sink/sink-owner.js'
import { Encodings } from '../delivery/sse/encodings.js'
import { Edges } from './edge.js'
import { Expiry } from './expiry.js'
import type { Expiring } from './expiry.js'

/** A connection as the audience sees it. */
export interface Member extends Expiring {
  /** The number of viewers it serves now: one for each of its broadcasts. */
  readonly viewers: number
  /** Its address, if addresses are counted. */
  readonly address: string | undefined
  /** The HTTP/2 connection that it shares with others. */
  readonly session: object | undefined
  /** Bytes that the operating system accepted for it. */
  readonly bytes: number
  /** Sends it away, to reconnect when the server has closed. */
  close (): void
}

/** The viewers of one registration, and their shared state. */
export class Audience {
  readonly broadcasts: Broadcasts
  readonly hooks: Hooks
  readonly shared: SinkShared
  readonly encodings: Encodings
  readonly edges: Edges
  /** The number that left, by reason. */
  readonly left: Record<CloseReason, number> = noneClosed()
  readonly #members = new Set<Member>()
  // The number of viewers by address, and by HTTP/2 connection.
  readonly #from = new Map<string | object, number>()
  #viewers = 0
  readonly #expiry = new Expiry()
  // Bytes that the operating system accepted for connections that have left.
  #bytesOfLeft = 0

  constructor (broadcasts: Broadcasts, hooks: Hooks, shared: SinkShared) {
    this.broadcasts = broadcasts
    this.hooks = hooks
    this.shared = shared
    this.encodings = new Encodings(broadcasts.settings.compressBitRate)
    this.edges = new Edges(shared.turns, this.encodings)
  }

  /** The number of connections. */
  get size (): number { return this.#members.size }
  /** The number of viewers: a connection may serve several. */
  get viewers (): number { return this.#viewers }

  /** Bytes that the operating system accepted for all present and past members. */
  get bytes (): number {
    let sum = this.#bytesOfLeft
    for (const member of this.#members) sum += member.bytes
    return sum
  }

  /** The number of viewers from an address, or over an HTTP/2 connection. */
  from (origin: string | object): number {
    return this.#from.get(origin) ?? 0
  }

  /** @param until when it expires, Unix milliseconds; undefined for never */
  enter (member: Member, until?: number): void {
    this.#members.add(member)
    this.#count(member, member.viewers)
    if (until !== undefined) this.#expiry.add(member, until)
  }

  /** One of a member's viewers has left before the others. */
  part (member: Member): void {
    this.#count(member, -1)
  }

  leave (member: Member, reason: CloseReason): void {
    this.#members.delete(member)
    this.#count(member, -member.viewers)
    this.#expiry.delete(member)
    this.left[reason]++
    this.#bytesOfLeft += member.bytes
  }

  /** Sends all members away. */
  close (): void {
    for (const member of this.#members) member.close()
  }

  #count ({ address, session }: Member, change: number): void {
    this.#viewers += change
    for (const origin of [address, session]) {
      if (origin === undefined) continue
      const count = this.from(origin) + change
      if (count === 0) this.#from.delete(origin)
      else this.#from.set(origin, count)
    }
  }
}
