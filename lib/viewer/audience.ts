// All viewers of one registration: how many there are, why they left, and their farewell when the server closes.
import type { Broadcasts } from '../broadcast/broadcasts.js'
import { noneClosed } from '../broadcast/counts.js'
import type { CloseReason } from '../contract.js'
import type { Hooks } from '../hooks.js'
import type { SinkShared } from '../sink/sink.js'
import { Edges } from './edge.js'
import { Expiry } from './expiry.js'
import type { Expiring } from './expiry.js'

/** A viewer as the audience knows it. */
export interface Member extends Expiring {
  /** Where it comes from, if that is counted. */
  readonly address: string | undefined
  /** Bytes that the operating system has taken for it. */
  readonly bytes: number
  /** Sends it away, to come back when the server has closed. */
  close (): void
}

/** The viewers of one registration, and what they share. */
export class Audience {
  readonly broadcasts: Broadcasts
  readonly hooks: Hooks
  readonly shared: SinkShared
  readonly edges: Edges
  /** How many left, by reason. */
  readonly left: Record<CloseReason, number> = noneClosed()
  readonly #members = new Set<Member>()
  readonly #addresses = new Map<string, number>()
  readonly #expiry = new Expiry()
  // Bytes that the operating system had taken for those that left.
  #bytesOfLeft = 0

  constructor (broadcasts: Broadcasts, hooks: Hooks, shared: SinkShared) {
    this.broadcasts = broadcasts
    this.hooks = hooks
    this.shared = shared
    this.edges = new Edges(shared.turns)
  }

  get size (): number { return this.#members.size }

  /** Bytes that the operating system has taken for all that ever were members. */
  get bytes (): number {
    let sum = this.#bytesOfLeft
    for (const member of this.#members) sum += member.bytes
    return sum
  }

  /** How many are there from an address. */
  from (address: string): number {
    return this.#addresses.get(address) ?? 0
  }

  /** @param until when it expires, Unix milliseconds; undefined for never */
  enter (member: Member, until?: number): void {
    this.#members.add(member)
    this.#count(member, 1)
    if (until !== undefined) this.#expiry.add(member, until)
  }

  leave (member: Member, reason: CloseReason): void {
    this.#members.delete(member)
    this.#count(member, -1)
    this.#expiry.delete(member)
    this.left[reason]++
    this.#bytesOfLeft += member.bytes
  }

  /** Sends all away. */
  close (): void {
    for (const member of this.#members) member.close()
  }

  #count ({ address }: Member, change: number): void {
    if (address === undefined) return
    const count = this.from(address) + change
    if (count === 0) this.#addresses.delete(address)
    else this.#addresses.set(address, count)
  }
}
