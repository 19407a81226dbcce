// What one who watches has been given, and was told, of each broadcast, in its order, over all of its connections.
import { createHash } from 'node:crypto'
import { placeIn } from '../../test/kit/by-broadcast.js'
import type { ReceivedEvent } from '../../test/kit/event-log.js'
import { parsePlace } from '../../lib/wire.js'
import type { GapMessage, Place, StateMessage } from '../../lib/wire.js'

/** A segment. One that came as a reference has a digest only if it was fetched. */
interface SegmentEntry {
  readonly what: 'segment'
  readonly at: Place
  digest: string | undefined
}

/** One entry of the book. */
export type Entry =
  | SegmentEntry
  | { readonly what: 'gap', readonly from: Place, readonly to: Place, readonly segments: number | null, readonly reason: GapMessage['reason'] }
  | { readonly what: 'ended', readonly epoch: number | undefined }

/** A segment that came as a reference. */
export interface Reference {
  readonly url: string
  readonly entry: SegmentEntry
}

/** What tells bytes apart. */
export function digestOf (bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64').slice(0, 16)
}

/** What one connection has brought of one broadcast. */
export interface Visit {
  segments: number
  /** Segments that it was told it misses. */
  skipped: number
  ended: boolean
}

/** What one identity has received. */
export class Book {
  readonly several: boolean
  /** Those that it wants; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
  readonly entries = new Map<string, Entry[]>()
  /** By the id that the server has given the viewer. */
  readonly visits = new Map<string, Visit>()
  /** Events that contradict themselves. */
  readonly contradictions: string[] = []
  /** Bytes of media. */
  bytes = 0
  /** Those that have come, until somebody takes them away. */
  readonly references: Reference[] = []
  readonly #now = new Map<string, Visit>()

  constructor (several: boolean, tracks: ReadonlySet<string> | undefined) {
    this.several = several
    this.tracks = tracks
  }

  /** Another connection begins. */
  begin (): void {
    this.#now.clear()
  }

  /** Whether the connection has told where it is in that broadcast. */
  isAt (broadcast: string): boolean {
    return this.#now.has(broadcast)
  }

  /** Whether the connection has brought the end of that broadcast. */
  hasEnded (broadcast: string): boolean {
    return this.#now.get(broadcast)?.ended === true
  }

  read (events: readonly ReceivedEvent[]): void {
    for (const event of events) this.#read(event)
  }

  #read ({ event, id, json, bytes }: ReceivedEvent): void {
    const broadcast = String(json['broadcast'])
    if (event === 'state') return this.#readState(json as unknown as StateMessage)
    if (event === 'init') return
    const place = this.several ? placeIn(id, broadcast) : id
    const at = parsePlace(place ?? '')
    const visit = this.#now.get(broadcast)
    if (at === undefined || visit === undefined) return this.#contradiction(`${event} of ${broadcast} with id ${id}`)
    if (event === 'message') {
      const digest = bytes.byteLength === 0 ? undefined : digestOf(bytes)
      const entry: SegmentEntry = { what: 'segment', at, digest }
      this.bytes += bytes.byteLength
      visit.segments++
      if (json['url'] !== undefined) this.references.push({ url: String(json['url']), entry })
      else if (digest === undefined) this.#contradiction(`segment ${id} of ${broadcast} has neither bytes nor url`)
      this.#add(broadcast, entry)
    } else if (event === 'gap') {
      const gap = json as unknown as GapMessage
      const [from, to] = [parsePlace(gap.from), parsePlace(gap.to)]
      if (from === undefined || to === undefined || gap.to !== place) return this.#contradiction(`gap ${JSON.stringify(gap)} with id ${id}`)
      visit.skipped += gap.segments ?? 0
      this.#add(broadcast, { what: 'gap', from, to, segments: gap.segments, reason: gap.reason })
    } else {
      this.#contradiction(`an event ${event}`)
    }
  }

  #readState ({ broadcast, state, epoch, viewer }: StateMessage): void {
    if (viewer !== undefined && !this.#now.has(broadcast)) {
      const visit = { segments: 0, skipped: 0, ended: false }
      this.#now.set(broadcast, visit)
      this.visits.set(viewer, visit)
    }
    if (state !== 'ended') return
    const visit = this.#now.get(broadcast)
    if (visit !== undefined) visit.ended = true
    else this.#now.set(broadcast, { segments: 0, skipped: 0, ended: true })
    this.#add(broadcast, { what: 'ended', epoch })
  }

  #add (broadcast: string, entry: Entry): void {
    const entries = this.entries.get(broadcast)
    if (entries === undefined) this.entries.set(broadcast, [entry])
    else entries.push(entry)
  }

  #contradiction (what: string): void {
    this.contradictions.push(what)
  }
}
