// What one node has of one life of a broadcast that is watched there: all that Redis keeps of it is taken into the live window, then
// whatever comes.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { Init } from '../../broadcast/window-segment.js'
import { formatPlace, parsePlace } from '../../wire.js'
import type { Place } from '../../wire.js'
import type { Commands } from './commands.js'
import { initField, restoredEntry, restoredInit, restoredInits } from './stored.js'

// Segments that are read at a time.
const PAGE = 32

/** A mirror. */
export class Mirror {
  readonly live: LiveBroadcast
  readonly #epoch: number
  readonly #commands: Commands
  readonly #receivedAt: (at: number) => number
  // Sequence behind the last segment, once it is known.
  #end: number | undefined
  #next = 1
  // Of what it has taken last, when Redis had taken it.
  #lastAt = 0
  /** Until it shows what Redis keeps. */
  loading: Promise<void> | undefined
  /** Whether nothing that is read is taken any more. */
  over = false

  /** @param receivedAt - what the clock that is never set back has shown at a time of Redis' clock */
  constructor (live: LiveBroadcast, epoch: number, commands: Commands, receivedAt: (at: number) => number) {
    this.live = live
    this.#epoch = epoch
    this.#commands = commands
    this.#receivedAt = receivedAt
    this.loading = this.#load().finally(() => { this.loading = undefined })
  }

  get epoch (): number { return this.#epoch }
  /** Whether it is known where it ends. */
  get isEnding (): boolean { return this.#end !== undefined }
  /** Sequence that it takes next. */
  get next (): number { return this.#next }
  /** The stream that it reads, and the id after which. */
  get source (): readonly [key: string, after: string] {
    return [`${this.#commands.life(this.live.name, this.#epoch)}:segments`, formatPlace(this.#epoch, this.#next - 1)]
  }

  /** Takes segments as Redis gives them. */
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

  /** Whether a server does not know, or knows otherwise, what has been taken here by now. @param commands - that ask it */
  async hasLost (commands: Commands): Promise<boolean> {
    // What is taken meanwhile may be newer than the answer.
    const [taken, at] = [this.#next, this.#lastAt]
    const next = await commands.field(this.live.name, this.#epoch, 'next')
    // A life that it does not know at all is over, or lost: that is told of all broadcasts.
    if (next === undefined) return false
    if (taken > Number(next)) return true
    if (at === 0) return false
    const id = formatPlace(this.#epoch, taken - 1)
    const [found] = await commands.segments(this.live.name, this.#epoch, id, id, 1)
    // It may be kept no longer.
    return found !== undefined && restoredEntry({ epoch: this.#epoch, sequence: taken - 1 }, found[1]).at !== at
  }

  /** It has ended before that sequence. Viewers are told when all up to there is taken. */
  endsAt (next: number): void {
    this.#end = next
    if (this.loading === undefined) this.#endWhenTaken()
  }

  async #takeOne (place: Place, fields: Buffer[]): Promise<void> {
    const { entry, at } = restoredEntry(place, fields)
    const { track, init: version } = entry.message
    const init = this.live.init(track, version) ?? await this.takeInit(track, version)
    // Without its init segment nobody could use it: it is missing. There is none either where the mirror is over meanwhile.
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
    // What is not kept any more, or never was, is not waited for.
    this.#next = Math.max(this.#next, next)
    if (String(fields['state']) === 'ended') this.#end = next
    this.#endWhenTaken()
  }
}
