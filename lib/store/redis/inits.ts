// The init segments that a node's publications begin with: each publication makes the node ask Redis for those of its broadcast. A
// publisher whose init segment was accepted, on any node, may send segments that need it before the tail delivers it.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { InitSegment } from '../../media/segment.js'
import type { Commands } from './commands.js'
import { restoredInits } from './stored.js'
import type { RestoredInit } from './stored.js'

// How long fetched ones are kept for their publication, milliseconds.
const WAIT = 10_000

interface Asked {
  readonly at: number
  readonly epoch: number
  readonly byTrack: ReadonlyMap<string, RestoredInit>
}

/** Those of all broadcasts. */
export class Inits {
  readonly #commands: Commands
  readonly #asked = new Map<string, Asked>()

  constructor (commands: Commands) {
    this.#commands = commands
  }

  /** Fetches those of a broadcast. @param isNeeded - whether another broadcast's must be kept */
  async fetch (name: string, isNeeded: (other: string) => boolean): Promise<void> {
    const { epoch, fields } = await this.#commands.named(name) ?? { epoch: 0, fields: {} }
    const inits = String(fields['state']) === 'ended' ? [] : restoredInits(fields)
    for (const [other, { at }] of this.#asked) if (performance.now() - at > WAIT && !isNeeded(other)) this.#asked.delete(other)
    this.#asked.set(name, { at: performance.now(), epoch, byTrack: new Map(inits.map(init => [init.track, init])) })
  }

  /** The newest of a track: fetched, or received since. @param live - its mirror here, if any */
  newest (name: string, track: string, live: LiveBroadcast | undefined): InitSegment | undefined {
    const asked = this.#asked.get(name)
    const found = asked?.byTrack.get(track)
    const shown = live?.tracks.get(track)
    const epochs = (asked?.epoch ?? 0) - (live?.epoch ?? 0)
    const isNewer = epochs > 0 || (epochs === 0 && (found?.version ?? 0) > (shown?.init.version ?? 0))
    return isNewer ? found?.media : shown?.media
  }
}
