// A node's requests to Redis, and the answers. Types only.
import type { LedgerChange, StoredLedger } from './ledger-copy.js'

/** A publisher, as all nodes know it. */
export interface Publisher {
  readonly node: string
  readonly track: string
  readonly publisher: string
  readonly path: string
  /** Whether it brings an init segment. */
  readonly init: boolean
}

/** Options for a publisher that leaves. Times are milliseconds. */
export interface LeaveOptions {
  readonly epoch: number
  readonly publication: { readonly id: string, readonly track: string, readonly publisher: string }
  readonly node: string
  /** Whether no publisher has anything to add. */
  readonly isOver: boolean
  readonly broadcastTimeout: number
  /** How long the track stays taken until the next part of the body; undefined for a body without parts. */
  readonly parts: number | undefined
}

/** Options for a publisher that comes. */
export interface EnterOptions {
  /** It was there before, and takes no other publisher's place. */
  readonly again: boolean
  readonly takeover: boolean
  readonly maxBroadcasts: number
  /** The newest epoch that its node knows of. */
  readonly lastEpoch: number
  /** Milliseconds that its node counts as alive from now on. */
  readonly lease: number
  /** What its node has seen of the broadcast. */
  readonly known: { readonly epoch: number, readonly next: number } | undefined
}

/** The result for a publisher that came. */
export type Entered =
  | { readonly kind: 'ok', readonly epoch: number, readonly ledger: StoredLedger }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' }

/** The result for a segment. */
export type Appended =
  | { readonly kind: 'ok', readonly first: number }
  | { readonly kind: 'stale', readonly ledger: StoredLedger }
  | { readonly kind: 'fenced' | 'ended' | 'gone' }

/** A segment or an init segment to be appended. */
export interface Append {
  readonly name: string
  readonly epoch: number
  readonly publication: string
  readonly node: string
  /** The same whenever the same segment is sent. */
  readonly work: number
  /** Version of the ledger that composed it. */
  readonly version: number
  readonly ledger: LedgerChange
  readonly sequence: number
  /** Empty for an init segment alone. */
  readonly entry: string
  /** Its weight in the window, in bytes. */
  readonly size: number
  /** Weight of everything else there except segments and init segments, in bytes. */
  readonly beside: number
  readonly join: boolean
  readonly bytes: Buffer
  readonly window: { readonly bytes: number, readonly seconds: number, readonly segments: number }
  readonly events: readonly Buffer[]
  /** With the weight of each in the window, in bytes. */
  readonly inits: ReadonlyArray<readonly [field: string, value: Buffer, weight: number]>
  /** Fields of init segments that no kept segment needs. */
  readonly drops: readonly string[]
}

/** The state of a life. */
export interface StoredLife {
  readonly name: string
  readonly epoch: number
  readonly state: 'live' | 'ended'
  readonly next: number
}
