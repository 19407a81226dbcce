// Reads a broadcast file by file: each message is one complete group of pictures of one track, with its init segment. A group is sent when
// it is complete; one that cannot be kept until then is a gap.
import type { Group } from '../broadcast/groups.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { DueFile } from './item.js'
import { place } from './join.js'
import type { Placement, Start } from './join.js'
import type { Reading } from './reading.js'

/**
 * One viewer's reading of one track: among those it asked for, or all, the first with video, else the first. If video starts later than
 * audio, it switches to the video.
 */
export class WholeReading implements Reading {
  readonly #live: LiveBroadcast
  readonly #start: Start

  constructor (live: LiveBroadcast, start: Start) {
    this.#live = live
    this.#start = start
  }

  get tracks (): ReadonlySet<string> {
    const track = this.#track()
    return new Set(track === undefined ? [] : [track])
  }

  // An unfinished group is a place too: the viewer gets it later.
  place (lost = this.#start.lastEventId): Placement | undefined {
    const placement = place(
      this.#live, { ...this.#start, lastEventId: lost, tracks: this.tracks }, time => this.newest(time) ?? this.#groups().at(-1)?.first
    )
    return placement === undefined ? undefined : { ...placement, cursor: this.pass(placement.cursor) }
  }

  pass (cursor: number): number {
    const { window } = this.#live
    if (cursor < window.first) return cursor
    const [next] = this.#owed(cursor)
    return next?.first ?? window.next
  }

  item (cursor: number): DueFile | undefined {
    const [group] = this.#owed(cursor)
    if (group?.completeSince === undefined) return undefined
    const { first, last, segments, completeSince, end, life, pause } = group
    const file = { kind: 'file', group, sequence: first, next: last + 1, segments, since: completeSince, end, life } as const
    return pause === undefined ? file : { ...file, pause }
  }

  /** None: each file contains its own. */
  init (): undefined {}

  sent (): void {}

  /** Each reader has files of its own. */
  get isCommon (): boolean { return false }

  fork (): WholeReading {
    return new WholeReading(this.#live, this.#start)
  }

  /** @param time - prefers groups received at or before it (milliseconds, as `receivedAt`) */
  newest (time = Infinity): number | undefined {
    const { window } = this.#live
    let found: number | undefined
    for (const group of this.#groups().toReversed()) {
      if (group.completeSince === undefined) continue
      found = group.first
      if (window.get(found)!.receivedAt <= time) break
    }
    return found
  }

  beyondLoss (cursor: number): number | undefined {
    const { window } = this.#live
    if (cursor >= window.first) return undefined
    return this.newest() ?? (this.#live.state === 'ended' ? window.next : undefined)
  }

  #track (): string | undefined {
    const tracks = [...this.#live.tracks.values()].filter(({ name }) => this.#start.tracks?.has(name) !== false)
    return (tracks.find(({ media: { kind } }) => kind === 'av' || kind === 'video') ?? tracks[0])?.name
  }

  #groups (): readonly Group[] {
    const track = this.#track()
    return track === undefined ? [] : this.#live.groups(track)
  }

  // The groups that begin at the cursor or after it. Most viewers are near the live edge.
  #owed (cursor: number): readonly Group[] {
    const groups = this.#groups()
    let from = groups.length
    while (from > 0 && groups[from - 1]!.first >= cursor) from--
    return groups.slice(from)
  }
}
