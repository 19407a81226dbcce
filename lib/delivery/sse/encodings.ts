// The events of a broadcast's viewers: each is encoded when the first viewer needs it, once for all, kept as long as its source, and
// counted with that in the live window.
import type { Pause } from '../../broadcast/entry.js'
import type { Group } from '../../broadcast/groups.js'
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import type { Init, WindowSegment } from '../../broadcast/window-segment.js'
import { inTurns } from '../../publish/body-turns.js'
import type { Steps } from '../../publish/body-turns.js'
import type { Item } from '../../reading/item.js'
import type { Delivery } from '../delivery.js'
import { initEvent, pauseEvent, referenceEvents, segmentEvents, wholeEvent } from './segment-events.js'
import { SharedFrame } from './shared-frame.js'
import type { FrameKeeper } from './shared-frame.js'

// Milliseconds. A burst at the start of a broadcast is no bit rate.
const BURST = 1000

/** The encodings of one registration's broadcasts. */
export class Encodings {
  readonly #compressBitRate: number
  readonly #segments = new WeakMap<WindowSegment, SharedFrame>()
  // By the relative path of the routes, of which there are few.
  readonly #references = new WeakMap<WindowSegment, Map<string, SharedFrame>>()
  readonly #inits = new WeakMap<Init, SharedFrame>()
  readonly #pauses = new WeakMap<Pause, SharedFrame>()
  // By the first segment of each file: when it is dropped, so is the file.
  readonly #files = new WeakMap<WindowSegment, SharedFrame>()

  /** @param compressBitRate - media bits per second of a broadcast up to which its events are compressed for viewers that accept gzip */
  constructor (compressBitRate: number) {
    this.#compressBitRate = compressBitRate
  }

  /** The event of a segment, or of a file. */
  item (item: Item, live: LiveBroadcast, { inlineBytes, base }: Delivery): SharedFrame {
    if (item.kind === 'file') return this.#file(item.group, live)
    return item.bytes.byteLength > inlineBytes ? this.#reference(item, live, base) : this.#segment(item, live)
  }

  /** The event of an init segment. */
  init (init: Init, { name }: LiveBroadcast): SharedFrame {
    return this.#inits.get(init) ?? kept(this.#inits, init, new SharedFrame(() => [initEvent(name, init)]))
  }

  /** The event of a publisher's pause. */
  pause (pause: Pause, { name }: LiveBroadcast): SharedFrame {
    return this.#pauses.get(pause) ?? kept(this.#pauses, pause, new SharedFrame(() => [pauseEvent(name, pause)]))
  }

  #segment (segment: WindowSegment, live: LiveBroadcast): SharedFrame {
    return this.#segments.get(segment) ?? kept(
      this.#segments, segment, new SharedFrame(() => segmentEvents(segment), this.#keeper(live, segment))
    )
  }

  #reference (segment: WindowSegment, live: LiveBroadcast, base: string): SharedFrame {
    const references = this.#references.get(segment) ?? kept(this.#references, segment, new Map<string, SharedFrame>())
    let frame = references.get(base)
    if (frame === undefined) {
      references.set(base, frame = new SharedFrame(() => referenceEvents(segment, base), this.#keeper(live, segment)))
    }
    return frame
  }

  #file (group: Group, live: LiveBroadcast): SharedFrame {
    const { window } = live
    const first = window.get(group.first)!
    const made = this.#files.get(first)
    if (made !== undefined) return made
    const segments = Array.from({ length: group.last - group.first + 1 }, (_, index) => window.get(group.first + index)!)
      .filter(({ track }) => track === first.track)
    // The file is put together for each encoding, and not kept.
    return kept(this.#files, first, new SharedFrame(() => [wholeEvent(live.name, group, segments)], this.#keeper(live, first)))
  }

  // A segment's encodings count as long as it is kept. While one is being made, the segment has not reached all its viewers.
  #keeper (live: LiveBroadcast, segment: WindowSegment): FrameKeeper {
    const { window } = live
    const failed = live.log.error.bind(live.log)
    return {
      compresses: () => window.bitRate(BURST) <= this.#compressBitRate,
      grew: bytes => { window.encoded(segment, bytes) },
      makes: () => {
        const given = live.handOver.hold(segment.sequence)
        return isWaitedFor => {
          if (isWaitedFor) live.wake()
          given()
        }
      },
      work: steps => { takeTurns(steps).catch(failed) },
      failed
    }
  }
}

async function takeTurns (steps: Steps<void>): Promise<void> {
  await inTurns(steps)
}

function kept<Key extends object, Value> (made: WeakMap<Key, Value>, key: Key, value: Value): Value {
  made.set(key, value)
  return value
}
