// Which init segments a viewer has been sent on its connection, and which it lacks.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Init, WindowSegment } from '../broadcast/window-segment.js'

/** The init segments that one viewer was sent. */
export class SentInits {
  // The newest of each track.
  readonly #sent: Map<string, Init>
  // The newest of all.
  #newest: Init | undefined
  // How many tracks there were when none was lacking.
  #known = 0

  constructor (sent: ReadonlyMap<string, Init> = new Map()) {
    this.#sent = new Map(sent)
  }

  /**
   * The init segment that must go out next: the one that `segment` needs, or at the start of the connection, so that a player knows all
   * tracks before any media, that of another track.
   * @param wants - whether the viewer watches a track
   */
  lacking (live: LiveBroadcast, segment: WindowSegment | undefined, wants: (track: string) => boolean): Init | undefined {
    if (segment?.init === this.#newest && live.tracks.size === this.#known) return undefined
    if (segment !== undefined && segment.init !== this.#sent.get(segment.track)) return segment.init
    if (live.tracks.size === this.#known) return undefined
    for (const { name, init } of live.tracks.values()) {
      if (!this.#sent.has(name) && wants(name)) return firstInit(live, name, segment) ?? init
    }
    this.#known = live.tracks.size
    return undefined
  }

  /** Whether those of all tracks were sent, as they are now. */
  areComplete (live: LiveBroadcast): boolean {
    for (const { name, init } of live.tracks.values()) if (this.#sent.get(name) !== init) return false
    return true
  }

  /** An init segment was sent. */
  sent (init: Init): void {
    this.#sent.set(init.track, init)
    this.#newest = init
  }

  /** The same, for a viewer that goes on by itself. */
  fork (): SentInits {
    return new SentInits(this.#sent)
  }
}

// What the track's first segment needs that is still to come: its init segment may have changed since.
function firstInit (live: LiveBroadcast, track: string, from: WindowSegment | undefined): Init | undefined {
  for (let segment = from; segment !== undefined; segment = live.window.get(segment.sequence + 1)) {
    if (segment.track === track) return segment.init
  }
  return undefined
}
