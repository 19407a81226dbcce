// Rewrites clusters (RFC 9559, 5.1.3) as one run of bytes that is taken out piece by piece. A piece that begins with a keyframe begins a
// cluster; any other piece continues the cluster of the one before it. Otherwise Firefox drops every frame up to the next keyframe if a
// cluster begins before the audio of the previous one has ended, and with audio beside video that is always.
import { ARRAY_BYTES, ByteQueue } from '../byte-queue.js'
import { gathered } from '../gathering.js'
import type { Gathered } from '../gathering.js'
import { ID, element, headerLength, sizeLength, unsignedElement, writeHeader, writeVint } from './ebml.js'

/** A block without its frames (RFC 9559, 10). */
export interface BlockHeader {
  /** The TrackNumber. */
  readonly track: number
  /** In units of the TimestampScale, counted from the beginning of the programme. */
  readonly time: number
  /** As in the block. */
  readonly flags: number
}

/** A BlockGroup (RFC 9559, 5.1.3.5) without the time of its block. */
export interface BlockGroup {
  readonly header: BlockHeader
  /** The bytes that follow the header in the Block. */
  readonly frames: readonly Uint8Array[]
  /** Whole elements after the Block. */
  readonly rest: readonly Uint8Array[]
}

/** Bytes to append, and the positions of the cluster times in them. */
export interface Piece {
  readonly whole: Gathered
  /** For each cluster that begins in these bytes: the position of its time, 8 bytes wide, and the time. */
  readonly clusters: ReadonlyArray<{ readonly at: number, readonly time: number }>
}

/** The flag of a SimpleBlock that says keyframe (RFC 9559, 10.2). */
export const KEYFRAME = 0x80
/** Bits with the same meaning in a Block: invisible and lacing (RFC 9559, 10.1). */
const BLOCK_FLAGS = 0x0e

// A time in a block is a signed 16-bit number, relative to its cluster's.
const MAX_RELATIVE_TIME = 0x7fff

const CLUSTER = Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ID.Timestamp, 0x88)
const TIME_BYTES = 8

// Bytes written into one array. Longer runs of frames stay in the arrays that carried them.
const ROOM = 65_536
const FIRST_ROOM = 16_384

// A SimpleBlock does not say which frame it refers to; decoders check only whether there is a reference.
const REFERENCE = element(ID.ReferenceBlock, Uint8Array.of(0xff))

/** A SimpleBlock of video, and its position. */
interface VideoBlock {
  readonly header: BlockHeader
  readonly at: number
  /** The position after its header. */
  readonly framesAt: number
  readonly end: number
}

/** Writes blocks, each with its own time, into clusters of unknown size. */
export class ClusterWriter {
  /** The piece, except for the bytes in `#room`. */
  #written: Uint8Array[] = []
  /** The number of those bytes. */
  #bytes = 0
  /** The array for the next bytes. It is kept for the following pieces if they are short. */
  #room = new Uint8Array(FIRST_ROOM)
  #used = 0
  /** The newest SimpleBlock of video, as long as no cluster begins after it: the end of the piece decides whether it becomes a BlockGroup.
   */
  #video: VideoBlock | undefined
  #clusters: Array<{ at: number, time: number }> = []
  /** Time of the cluster; undefined if the next block must begin one. */
  #base: number | undefined
  /** Time of the newest block in it. */
  #newest = 0

  /** Length of the piece so far, accurate to a few bytes. */
  get length (): number {
    return this.#bytes + this.#used
  }

  /** Its memory cost in bytes. */
  get held (): number {
    return this.#bytes + this.#room.length + this.#written.length * ARRAY_BYTES
  }

  /** Whether the next block continues a cluster, if its time allows it. */
  get isInCluster (): boolean {
    return this.#base !== undefined
  }

  /** Makes the next block begin a cluster. */
  beginCluster (): void {
    this.#base = undefined
  }

  /**
   * Writes the header of a SimpleBlock; {@link ClusterWriter.frames} must supply all of its frames.
   * @param frameBytes - their length
   */
  simpleBlock (header: BlockHeader, frameBytes: number, isVideo: boolean): void {
    this.#place(header.time)
    const at = this.length
    this.#reserve(blockStartLength(header, frameBytes))
    this.#used = this.#startBlock(this.#room, this.#used, ID.SimpleBlock, header, frameBytes)
    const framesAt = this.length
    if (isVideo) this.#video = { header, at, framesAt, end: framesAt + frameBytes }
  }

  /** Takes bytes of frames off a queue. */
  frames (from: ByteQueue, count: number): void {
    for (let left = count; left > 0;) {
      const bytes = Math.min(left, this.#free())
      from.takeInto(this.#room, this.#used, bytes)
      this.#used += bytes
      left -= bytes
    }
  }

  /** Writes a BlockGroup. */
  blockGroup (group: BlockGroup, isVideo: boolean): void {
    this.#place(group.header.time)
    if (isVideo) this.#video = undefined
    const [start, ...parts] = this.#groupOf(group)
    const isLong = sum(group.frames) > ROOM
    this.#append(start!)
    for (const part of parts) {
      if (isLong) this.#leave(part)
      else this.#append(part)
    }
  }

  /**
   * Takes out everything written.
   * @param until - the time of the next video block, if known: the last block then gets a duration, so that engines show it without waiting
   * for the next (Chromium 50 ms earlier at 20 frames a second)
   */
  take (until = -Infinity): Piece {
    const written = ByteQueue.of([...this.#written, this.#room.subarray(0, this.#used)])
    const video = this.#video
    const whole = gathered(video === undefined || until <= video.header.time ? written : this.#withDuration(written, video, until))
    // Bytes that are gathered later must not be overwritten.
    if (whole.gather !== undefined) this.#room = new Uint8Array(ROOM)
    const clusters = this.#clusters
    this.#clusters = []
    this.#written = []
    this.#bytes = this.#used = 0
    this.#video = undefined
    return { whole, clusters }
  }

  // Chromium refuses a block that is earlier than the one before it in the same cluster.
  #place (time: number): void {
    if (this.#base === undefined || time < this.#newest || time > this.#base + MAX_RELATIVE_TIME) {
      // A cluster cannot begin before 0; a block in it can.
      const base = this.#base = Math.max(0, time)
      this.#append(CLUSTER)
      this.#reserve(TIME_BYTES)
      this.#clusters.push({ at: this.length, time: base })
      writeTime(this.#room, this.#used, BigInt(base))
      this.#used += TIME_BYTES
      this.#video = undefined
    }
    this.#newest = time
  }

  /** The piece, with the newest SimpleBlock of video as a BlockGroup. */
  #withDuration (written: ByteQueue, { header, at, framesAt, end }: VideoBlock, until: number): ByteQueue {
    const duration = unsignedElement(ID.BlockDuration, until - header.time)
    const group = this.#groupOf({
      header: { ...header, flags: header.flags & BLOCK_FLAGS },
      frames: written.views(end - framesAt, framesAt),
      rest: (header.flags & KEYFRAME) === 0 ? [duration, REFERENCE] : [duration]
    })
    return ByteQueue.of([...written.views(at), ...group, ...written.views(written.length - end, end)])
  }

  /** @returns its bytes, in parts */
  #groupOf ({ header, frames, rest }: BlockGroup): Uint8Array[] {
    const frameBytes = sum(frames)
    const blockBytes = blockStartLength(header, frameBytes)
    const size = blockBytes + frameBytes + sum(rest)
    const start = new Uint8Array(headerLength(ID.BlockGroup, size) + blockBytes)
    this.#startBlock(start, writeHeader(start, 0, ID.BlockGroup, size), ID.Block, header, frameBytes)
    return [start, ...frames, ...rest]
  }

  /** Writes the fields before a block's frames. @returns the position of the frames */
  #startBlock (target: Uint8Array, at: number, id: number, { track, time, flags }: BlockHeader, frameBytes: number): number {
    const timeAt = writeVint(target, writeHeader(target, at, id, blockHeaderLength(track) + frameBytes), track)
    const relative = time - this.#base!
    target[timeAt] = relative >> 8
    target[timeAt + 1] = relative
    target[timeAt + 2] = flags
    return timeAt + 3
  }

  #append (bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#free())
      this.#room.set(part, this.#used)
      this.#used += part.length
      at += part.length
    }
  }

  /** Keeps bytes in the array that carried them. */
  #leave (bytes: Uint8Array): void {
    this.#close()
    this.#written.push(bytes)
    this.#bytes += bytes.length
  }

  /** Makes room for that many bytes; must be less than an empty room has. */
  #reserve (count: number): void {
    if (this.#used + count > this.#room.length) this.#close()
  }

  /** The number of bytes that the room can take, at least one. */
  #free (): number {
    if (this.#used === this.#room.length) this.#close()
    return this.#room.length - this.#used
  }

  #close (): void {
    if (this.#used === 0) return
    this.#written.push(this.#room.subarray(0, this.#used))
    this.#bytes += this.#used
    this.#room = new Uint8Array(ROOM)
    this.#used = 0
  }
}

function sum (arrays: readonly Uint8Array[]): number {
  return arrays.reduce((total, { length }) => total + length, 0)
}

/**
 * Moves clusters later, in place, relative to the publisher's times.
 * @param by - in units of the TimestampScale; no cluster is moved before 0
 */
export function shiftClusters (bytes: Uint8Array, clusters: Piece['clusters'], by: bigint): void {
  for (const { at, time } of clusters) {
    const shifted = BigInt(time) + by
    writeTime(bytes, at, shifted < 0n ? 0n : shifted)
  }
}

function writeTime (bytes: Uint8Array, at: number, time: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, time)
}

/** The number of bytes before a block's frames; the same in a Block and in a SimpleBlock. */
function blockStartLength ({ track }: BlockHeader, frameBytes: number): number {
  const length = blockHeaderLength(track)
  return headerLength(ID.Block, length + frameBytes) + length
}

function blockHeaderLength (track: number): number {
  return sizeLength(track) + 3
}
