// The groups of pictures of one broadcast as files that play by themselves, each made once, when the first who watches so needs it, and kept in the
// live window.
import { SharedFrame } from '../event/shared-frame.js'
import type { FrameKeeper } from '../event/shared-frame.js'
import { wholeFile } from '../media/whole-file.js'
import type { WholeMessage } from '../wire.js'
import { Groups } from './groups.js'
import type { Group } from './groups.js'
import type { LiveWindow } from './live-window.js'
import type { WindowSegment } from './window-segment.js'
import { microseconds } from './segment-frames.js'

// More than the JSON and what stands around it in a frame ever has.
const MESSAGE_BYTES = 2048

/** The files of one life of a broadcast. */
export class WholeFiles {
  readonly #broadcast: string
  readonly #window: LiveWindow
  readonly #keeper: (sequence: number) => FrameKeeper
  readonly #tracks = new Map<string, Groups>()

  /** @param keeper - keeps what is kept with the segment of that sequence */
  constructor (broadcast: string, window: LiveWindow, keeper: (sequence: number) => FrameKeeper) {
    this.#broadcast = broadcast
    this.#window = window
    this.#keeper = keeper
  }

  /** The groups of a track that are kept from their first segment on, oldest first. @param isOver - nothing will be published any more */
  groups (track: string, isOver: boolean): readonly Group[] {
    let groups = this.#tracks.get(track)
    if (groups === undefined) this.#tracks.set(track, groups = new Groups(this.#window, track))
    return groups.find(isOver)
  }

  /** Whether a kept group is complete, and its file, if it is not made yet, fits into the window beside it and what is newer. */
  canBeSent (group: Group): boolean {
    if (group.completeSince === undefined) return false
    if (this.#window.file(group.first) !== undefined) return true
    const segments = this.#segments(group)
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes.byteLength, segments[0]!.init.media.bytes?.byteLength ?? 0)
    return this.#window.hasRoom(group.first, 4 * Math.ceil(bytes / 3) + MESSAGE_BYTES)
  }

  /** The event that holds a group's file, the same for all; {@link WholeFiles.canBeSent} has said that it can be. */
  frame (group: Group): SharedFrame {
    const kept = this.#window.file(group.first)
    if (kept !== undefined) return kept
    const segments = this.#segments(group)
    const { media } = segments[0]!.init
    const head = `id: ${segments.at(-1)!.id}\ndata: ${JSON.stringify(this.#message(group, segments))}\n`
    const frame = new SharedFrame(() => [{ head, media: wholeFile(media.bytes, segments.map(({ bytes }) => bytes)) }], this.#keeper(group.first))
    this.#window.keepFile(group.first, frame)
    return frame
  }

  #message ({ start, end, pause }: Group, segments: readonly WindowSegment[]): WholeMessage {
    const { track, init, captured, mime } = segments[0]!
    return {
      broadcast: this.#broadcast,
      track,
      init: init.version,
      start: microseconds(start),
      duration: microseconds(end - start),
      join: true,
      received: segments.at(-1)!.received,
      ...(captured === undefined ? {} : { captured }),
      ...(pause === undefined ? {} : { discontinuity: true }),
      whole: true,
      mime
    }
  }

  #segments ({ first, last }: Group): WindowSegment[] {
    const { track } = this.#window.get(first)!
    return Array.from({ length: last - first + 1 }, (_, index) => this.#window.get(first + index)!).filter(segment => segment.track === track)
  }
}
