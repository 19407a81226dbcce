// What a node asks of Redis, and what it is answered. Types only.

/** Who publishes, as all nodes know it. */
export interface Publisher {
  readonly node: string
  readonly track: string
  readonly publisher: string
  readonly path: string
  /** Whether it brings an init segment. */
  readonly init: boolean
}

/** How a publisher leaves. Times are milliseconds. */
export interface LeaveOptions {
  readonly epoch: number
  readonly publication: { readonly id: string, readonly track: string, readonly publisher: string }
  readonly node: string
  /** Whether nobody has anything to add. */
  readonly isOver: boolean
  readonly broadcastTimeout: number
  /** For how long the track is taken until the next part of the body; undefined for a body without parts. */
  readonly parts: number | undefined
}

/** How a publisher comes. */
export interface EnterOptions {
  /** It was there before, and takes nobody's place. */
  readonly again: boolean
  readonly takeover: boolean
  readonly maxBroadcasts: number
  /** The newest that its node knows of. */
  readonly lastEpoch: number
  /** Milliseconds that its node counts as alive from now on. */
  readonly lease: number
  /** What its node has seen of the broadcast. */
  readonly known: { readonly epoch: number, readonly next: number } | undefined
}

/** What became of a publisher that came. */
export type Entered =
  | { readonly kind: 'ok', readonly epoch: number, readonly version: number, readonly ledger: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' }

/** What became of a segment. */
export type Appended =
  | { readonly kind: 'ok', readonly first: number }
  | { readonly kind: 'stale', readonly version: number, readonly ledger: string }
  | { readonly kind: 'fenced' | 'ended' | 'gone' }

/** A segment or an init segment to be appended. */
export interface Append {
  readonly name: string
  readonly epoch: number
  readonly publication: string
  readonly node: string
  /** The same for the same segment, however often it is sent. */
  readonly work: number
  /** Of the ledger that it was composed by. */
  readonly version: number
  readonly ledger: string
  readonly sequence: number
  /** Empty where there is an init segment alone. */
  readonly entry: string
  /** What it counts in the window, in bytes. */
  readonly size: number
  /** What counts there beside segments and init segments, in bytes. */
  readonly beside: number
  readonly join: boolean
  readonly bytes: Buffer
  readonly window: { readonly bytes: number, readonly seconds: number, readonly segments: number }
  readonly events: readonly Buffer[]
  /** What each counts in the window, in bytes, is its weight. */
  readonly inits: ReadonlyArray<readonly [field: string, value: Buffer, weight: number]>
  /** Fields of init segments that nothing kept needs. */
  readonly drops: readonly string[]
}

/** How a life stands. */
export interface StoredLife {
  readonly name: string
  readonly epoch: number
  readonly state: 'live' | 'ended'
  readonly next: number
}
