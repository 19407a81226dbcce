// Writes clusters (RFC 9559, 5.1.3) anew, as one run of bytes that is taken out piece by piece. A piece that begins with a keyframe begins
// a cluster; another goes on in the cluster of the piece before it, because Firefox drops every frame up to the next keyframe where a
// cluster begins before the sound of the one before it has ended, and with sound beside video that is always.
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
  /** As they stand in the block. */
  readonly flags: number
}

/** A BlockGroup (RFC 9559, 5.1.3.5) without the time of its block. */
export interface BlockGroup {
  readonly header: BlockHeader
  /** What follows the header in the Block. */
  readonly frames: readonly Uint8Array[]
  /** Whole elements that go behind the Block. */
  readonly rest: readonly Uint8Array[]
}

/** Bytes to append, and where the clusters in them say when they begin. */
export interface Piece {
  readonly whole: Gathered
  /** Of each cluster that begins in these bytes: where its time is, 8 bytes wide, and which. */
  readonly clusters: ReadonlyArray<{ readonly at: number, readonly time: number }>
}

/** The flag of a SimpleBlock that says keyframe (RFC 9559, 10.2). */
export const KEYFRAME = 0x80
/** Bits that mean the same in a Block: invisible and lacing (RFC 9559, 10.1). */
const BLOCK_FLAGS = 0x0e

// A time in a block is 16 bits wide with a sign, counted from its cluster's.
const MAX_RELATIVE_TIME = 0x7fff

const CLUSTER = Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ID.Timestamp, 0x88)
const TIME_BYTES = 8

// Bytes that are written into one array. More of frames are left in the arrays that they came in.
const ROOM = 65_536
const FIRST_ROOM = 16_384

// Which frame is meant a SimpleBlock does not tell; decoders look only at whether there is one.
const REFERENCE = element(ID.ReferenceBlock, Uint8Array.of(0xff))

/** A SimpleBlock of video, and where it is written. */
interface VideoBlock {
  readonly header: BlockHeader
  readonly at: number
  /** Where what follows its header begins. */
  readonly framesAt: number
  readonly end: number
}

/** Writes blocks, each with its own time, into clusters of unknown size. */
export class ClusterWriter {
  /** The piece, but for what is in `#room`. */
  #written: Uint8Array[] = []
  /** How many bytes they are. */
  #bytes = 0
  /** What is written next, with room behind it. It stays for the pieces that follow, where they are as short. */
  #room = new Uint8Array(FIRST_ROOM)
  #used = 0
  /** The newest SimpleBlock of video, while no cluster begins behind it: the end of the piece shows whether it stays one. */
  #video: VideoBlock | undefined
  #clusters: Array<{ at: number, time: number }> = []
  /** Time of the cluster; undefined where the next block must begin one. */
  #base: number | undefined
  /** Time of the newest block in it. */
  #newest = 0

  /** Bytes of the piece so far, within a few. */
  get length (): number {
    return this.#bytes + this.#used
  }

  /** Bytes that it costs. */
  get held (): number {
    return this.#bytes + this.#room.length + this.#written.length * ARRAY_BYTES
  }

  /** Whether the next block goes on in a cluster, if its time allows it. */
  get isInCluster (): boolean {
    return this.#base !== undefined
  }

  /** Lets the next block begin a cluster. */
  beginCluster (): void {
    this.#base = undefined
  }

  /**
   * Writes the header of a SimpleBlock; {@link ClusterWriter.frames} must bring all of its frames.
   * @param frameBytes - how many they are
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
   * Takes out all that is written.
   * @param until - the time of the next video block, where it is known: the last one then says how long it lasts, so that engines show it
   * without waiting for the next (Chromium 50 ms earlier at 20 frames a second)
   */
  take (until = -Infinity): Piece {
    const written = ByteQueue.of([...this.#written, this.#room.subarray(0, this.#used)])
    const video = this.#video
    const whole = gathered(video === undefined || until <= video.header.time ? written : this.#withDuration(written, video, until))
    // What is put together later is not written into again.
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

  /** Writes what stands before a block's frames. @returns where they begin */
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

  /** Leaves bytes in the array that they came in. */
  #leave (bytes: Uint8Array): void {
    this.#close()
    this.#written.push(bytes)
    this.#bytes += bytes.length
  }

  /** Makes room for so many bytes, less than the room has when it is empty. */
  #reserve (count: number): void {
    if (this.#used + count > this.#room.length) this.#close()
  }

  /** How many bytes can be written into the room, one at least. */
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
 * Lays clusters later, each counted from where the publisher had it, in place.
 * @param by - in units of the TimestampScale; no cluster is laid before 0
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

/** How many bytes stand before a block's frames; as many in a Block as in a SimpleBlock. */
function blockStartLength ({ track }: BlockHeader, frameBytes: number): number {
  const length = blockHeaderLength(track)
  return headerLength(ID.Block, length + frameBytes) + length
}

function blockHeaderLength (track: number): number {
  return sizeLength(track) + 3
}
