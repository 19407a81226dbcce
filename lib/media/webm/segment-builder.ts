// Assembles blocks into segments: where one ends and the next begins, its times, and whether decoding can start there.
import type { ByteQueue } from '../byte-queue.js'
import { withBytes } from '../gathering.js'
import { JoinWait } from '../join-wait.js'
import type { MediaSegment } from '../segment.js'
import { ClusterWriter, KEYFRAME, shiftClusters } from './cluster.js'
import type { BlockGroup, BlockHeader } from './cluster.js'
import type { Programme, Track } from './tracks.js'

// Audio during a long pause in the video is not held back for longer.
const MAX_SEGMENT_SECONDS = 30
// A quarter of a minute of video at 25 frames a second with its audio. Work on a segment takes one step per block, so the limit also holds
// if times stand still.
const MOST_BLOCKS = 1_024
/** Two bits that mark a block with several frames (RFC 9559, 10.3). */
const LACING = 0x06

/** The state of an unfinished segment. Times are in units of the TimestampScale. */
interface Pending {
  /** Earliest time of its blocks. */
  start: number
  /** Time of its first video block. */
  videoStart: number | undefined
  /** Whether its bytes are usable without those before them. */
  readonly beginsCluster: boolean
  join: boolean
  blocks: number
  /** When each track's newest block in it ends, by TrackNumber. */
  readonly ends: Map<number, number>
  /** Each track's earliest time in it, by TrackNumber. */
  readonly starts: Map<number, number>
}

/** Builds the segments of one programme after the other. */
export class SegmentBuilder {
  readonly #segmentSeconds: number
  readonly #publish: (segment: MediaSegment) => void
  #programme: Programme | undefined
  /** TrackNumber of the video track; undefined if there is none. */
  #video: number | undefined
  #isAfterInit = false
  /** For a body that begins with an init segment; every other body continues what its viewers have. */
  #joins: JoinWait | undefined
  #writer = new ClusterWriter()
  #pending: Pending | undefined
  /** Time of each track's newest block, by TrackNumber. */
  readonly #newest = new Map<number, number>()

  /**
   * @param segmentSeconds - the duration at which a segment is cut if no keyframe cuts it
   * @param publish - called with each complete segment
   */
  constructor (segmentSeconds: number, publish: (segment: MediaSegment) => void) {
    this.#segmentSeconds = segmentSeconds
    this.#publish = publish
  }

  /** Bytes of the segment so far. */
  get length (): number {
    return this.#writer.length
  }

  /** Its memory cost in bytes. */
  get held (): number {
    return this.#writer.held
  }

  /** The blocks that follow are of this programme. @param isAfterInit - whether its init segment has just come */
  begin (programme: Programme, isAfterInit: boolean): void {
    this.#programme = programme
    this.#video = [...programme.tracks.values()].find(({ kind }) => kind === 'video')?.number
    this.#isAfterInit = isAfterInit
    this.#joins = isAfterInit ? this.#joins ?? new JoinWait('no key frame (a block of video with the keyframe flag)') : undefined
  }

  /**
   * Takes a SimpleBlock's header. If that begins a segment, publishes the one before it.
   * @param frameBytes - the number of bytes that {@link SegmentBuilder.frames} will supply
   */
  simpleBlock (track: Track, header: BlockHeader, frameBytes: number): void {
    const isVideo = track.kind === 'video'
    this.#note(track, header, (header.flags & KEYFRAME) !== 0, undefined)
    this.#writer.simpleBlock(header, frameBytes, isVideo)
  }

  /** Takes bytes of the newest SimpleBlock's frames off a queue. */
  frames (from: ByteQueue, count: number): void {
    this.#writer.frames(from, count)
  }

  /**
   * Takes a BlockGroup. If that begins a segment, publishes the one before it.
   * @param duration - in units of the TimestampScale, if present
   */
  blockGroup (track: Track, group: BlockGroup, duration: number | undefined, isKey: boolean): void {
    this.#note(track, group.header, isKey, duration)
    this.#writer.blockGroup(group, track.kind === 'video')
  }

  /** Publishes the pending segment: no more blocks of this programme follow. */
  end (): void {
    this.#flush()
    this.#newest.clear()
    this.#writer.beginCluster()
  }

  /** Drops everything held. */
  release (): void {
    this.#pending = undefined
    this.#writer = new ClusterWriter()
  }

  #note ({ number, frameDuration }: Track, { time, flags }: BlockHeader, isKey: boolean, duration: number | undefined): void {
    const isVideo = number === this.#video
    if (this.#pending !== undefined && this.#isCutAt(time, isVideo, isKey, this.#pending)) this.#flush(isVideo ? time : undefined)
    const decodable = this.#video === undefined || (isVideo && isKey)
    if (this.#pending === undefined && decodable) this.#writer.beginCluster()
    const pending = this.#pending ??= {
      start: time,
      videoStart: undefined,
      beginsCluster: !this.#writer.isInCluster,
      join: decodable,
      blocks: 0,
      starts: new Map(),
      ends: new Map()
    }
    if (isVideo && pending.videoStart === undefined) {
      pending.videoStart = time
      pending.join = isKey
    }
    pending.blocks++
    pending.start = Math.min(pending.start, time)
    const distance = Math.max(0, time - (this.#newest.get(number) ?? time))
    const lasts = duration ?? (flags & LACING ? undefined : frameDuration) ?? distance
    pending.starts.set(number, Math.min(pending.starts.get(number) ?? time, time))
    pending.ends.set(number, time + lasts)
    this.#newest.set(number, time)
  }

  #isCutAt (time: number, isVideo: boolean, isKey: boolean, { start, videoStart, beginsCluster, blocks }: Pending): boolean {
    // Audio just before the first keyframe belongs to the join point that begins with it.
    if (isVideo && isKey && (videoStart !== undefined || !beginsCluster)) return true
    if (blocks >= MOST_BLOCKS) return true
    return this.#seconds(Math.abs(time - start)) >= (isVideo || this.#video === undefined ? this.#segmentSeconds : MAX_SEGMENT_SECONDS)
  }

  /** @param until - the time of the next video block, if known */
  #flush (until?: number): void {
    const pending = this.#pending
    if (pending === undefined) return
    const { init, scale } = this.#programme!
    const { start, videoStart, join, starts, ends } = pending
    if (videoStart !== undefined && until !== undefined && until > this.#newest.get(this.#video!)!) ends.set(this.#video!, until)
    // If a track's times go back, its last block can end before its first begins.
    const duration = this.#seconds(
      Math.max(0, videoStart === undefined ? Math.max(...ends.values()) - start : ends.get(this.#video!)! - videoStart)
    )
    if (join) this.#joins?.end()
    else if (videoStart !== undefined) this.#joins?.add(duration)
    const { whole, clusters } = this.#writer.take(until)
    this.#publish(withBytes({
      init,
      start: this.#seconds(start),
      duration,
      join,
      starts: this.#inSeconds(starts),
      ends: this.#inSeconds(ends),
      ...this.#isAfterInit && { afterInit: true as const },
      shift: seconds => {
        shiftClusters(whole.bytes, clusters, BigInt(Math.round(seconds * 1e9 / scale)))
        return whole.bytes
      }
    }, whole))
    this.#isAfterInit = false
    this.#pending = undefined
  }

  #inSeconds (times: ReadonlyMap<number, number>): Map<number, number> {
    const seconds = new Map<number, number>()
    for (const [number, time] of times) seconds.set(number, this.#seconds(time))
    return seconds
  }

  #seconds (time: number): number {
    return time * this.#programme!.scale / 1e9
  }
}
