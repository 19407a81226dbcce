// One node's copy of one life of a broadcast that is watched there: the live window takes everything that Redis keeps of it, then whatever
// comes.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { Init } from '../../broadcast/window-segment.js'
import { formatPlace, parsePlace } from '../../wire.js'
import type { Place } from '../../wire.js'
import type { Commands } from './commands.js'
import { initField, restoredEntry, restoredInit, restoredInits } from './stored.js'

// Segments read at a time.
const PAGE = 32

/** A mirror. */
export class Mirror {
  readonly live: LiveBroadcast
  readonly #epoch: number
  readonly #commands: Commands
  readonly #receivedAt: (at: number) => number
  // Sequence after the last segment, once known.
  #end: number | undefined
  #next = 1
  // When Redis accepted the segment that it took last.
  #lastAt = 0
  /** Resolves when it has everything that Redis keeps. */
  loading: Promise<void> | undefined
  /** Whether it takes nothing any more. */
  over = false

  /** @param receivedAt - the time of the monotonic clock at a time of Redis' clock */
  constructor (live: LiveBroadcast, epoch: number, commands: Commands, receivedAt: (at: number) => number) {
    this.live = live
    this.#epoch = epoch
    this.#commands = commands
    this.#receivedAt = receivedAt
    this.loading = this.#load().finally(() => { this.loading = undefined })
  }

  get epoch (): number { return this.#epoch }
  /** Whether its end is known. */
  get isEnding (): boolean { return this.#end !== undefined }
  /** Sequence of the next segment. */
  get next (): number { return this.#next }
  /** The stream that it reads, and the id to read after. */
  get source (): readonly [key: string, after: string] {
    return [`${this.#commands.life(this.live.name, this.#epoch)}:segments`, formatPlace(this.#epoch, this.#next - 1)]
  }

  /** Takes segments as Redis returns them. */
  async take (entries: ReadonlyArray<readonly [id: Buffer, fields: Buffer[]]>): Promise<void> {
    for (const [id, fields] of entries) {
      const place = parsePlace(id.toString())!
      if (!this.over && place.sequence >= this.#next) await this.#takeOne(place, fields)
    }
    this.#endWhenTaken()
  }

  /** Fetches an init segment. */
  async takeInit (track: string, version: number): Promise<Init | undefined> {
    const stored = await this.#commands.field(this.live.name, this.#epoch, initField(track, version))
    if (stored === undefined || this.over) return undefined
    const newest = this.live.tracks.get(track)?.init.version ?? 0
    return this.live.takeInit(track, version, restoredInit(stored), version > newest)
  }

  /** Whether a server lacks, or contradicts, what this mirror has taken so far. @param commands - on a connection to that server */
  async hasLost (commands: Commands): Promise<boolean> {
    // Segments taken meanwhile may be newer than the answer.
    const [taken, at] = [this.#next, this.#lastAt]
    const next = await commands.field(this.live.name, this.#epoch, 'next')
    // An unknown life is over, or lost: a message about all broadcasts says which.
    if (next === undefined) return false
    if (taken > Number(next)) return true
    if (at === 0) return false
    const id = formatPlace(this.#epoch, taken - 1)
    const [found] = await commands.segments(this.live.name, this.#epoch, id, id, 1)
    // The segment may no longer be kept.
    return found !== undefined && restoredEntry({ epoch: this.#epoch, sequence: taken - 1 }, found[1]).at !== at
  }

  /** It has ended before that sequence. Viewers are told once every segment up to there is taken. */
  endsAt (next: number): void {
    this.#end = next
    if (this.loading === undefined) this.#endWhenTaken()
  }

  async #takeOne (place: Place, fields: Buffer[]): Promise<void> {
    const { entry, at } = restoredEntry(place, fields)
    const { track, init: version } = entry.message
    const init = this.live.init(track, version) ?? await this.takeInit(track, version)
    // Without its init segment it is useless, so it counts as missing. The init segment is also absent if the mirror is over by now.
    if (init !== undefined) this.live.take(entry, init, this.#receivedAt(at))
    this.#next = place.sequence + 1
    this.#lastAt = at
  }

  #endWhenTaken (): void {
    if (!this.over && this.#end !== undefined && this.#next >= this.#end) this.live.end()
  }

  async #load (): Promise<void> {
    const { live } = this
    const fields = await this.#commands.fields(live.name, this.#epoch)
    if (this.over || fields['next'] === undefined) return
    live.start(this.#epoch)
    for (const { track, version, media } of restoredInits(fields)) live.takeInit(track, version, media)
    const next = Number(fields['next'])
    for (let from = '-'; ;) {
      const page = await this.#commands.segments(live.name, this.#epoch, from, '+', PAGE)
      await this.take(page)
      if (page.length < PAGE || this.over) break
      from = `(${page.at(-1)![0].toString()}`
    }
    // Does not wait for segments that are no longer kept, or never were.
    this.#next = Math.max(this.#next, next)
    if (String(fields['state']) === 'ended') this.#end = next
    this.#endWhenTaken()
  }
}
