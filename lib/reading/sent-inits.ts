// Which init segments a viewer has received on its connection, and which are missing.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Init, WindowSegment } from '../broadcast/window-segment.js'

/** The init segments that one viewer has received. */
export class SentInits {
  // The newest one of each track.
  readonly #sent: Map<string, Init>
  // The newest one of all.
  #newest: Init | undefined
  // The number of tracks when none was last missing.
  #known = 0

  constructor (sent: ReadonlyMap<string, Init> = new Map()) {
    this.#sent = new Map(sent)
  }

  /**
   * The init segment to send next: the one that `segment` needs or, at the start of the connection, that of another track, so that a player
   * knows all tracks before any media.
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

  /** Whether the current ones of all tracks were sent. */
  areComplete (live: LiveBroadcast): boolean {
    for (const { name, init } of live.tracks.values()) if (this.#sent.get(name) !== init) return false
    return true
  }

  /** An init segment was sent. */
  sent (init: Init): void {
    this.#sent.set(init.track, init)
    this.#newest = init
  }

  /** A copy, for an independent viewer. */
  fork (): SentInits {
    return new SentInits(this.#sent)
  }
}

// The init segment of the track's first segment to come: the track's current one may be newer.
function firstInit (live: LiveBroadcast, track: string, from: WindowSegment | undefined): Init | undefined {
  for (let segment = from; segment !== undefined; segment = live.window.get(segment.sequence + 1)) {
    if (segment.track === track) return segment.init
  }
  return undefined
}
