// Writes clusters (RFC 9559, 5.1.3) anew, as one run of bytes that is taken out piece by piece. A piece that begins with a keyframe begins a
// cluster; another goes on in the cluster of the piece before it, because Firefox drops every frame up to the next keyframe where a cluster
// begins before the sound of the one before it has ended, and with sound beside video that is always.
import { ByteQueue } from '../byte-queue.js'
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
  readonly frames: Uint8Array
  /** Whole elements that go behind the Block. */
  readonly rest: readonly Uint8Array[]
}

/** Bytes to append, and where the clusters in them say when they begin. */
export interface Piece {
  readonly bytes: Uint8Array
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

// Which frame is meant a SimpleBlock does not tell; decoders look only at whether there is one.
const REFERENCE = element(ID.ReferenceBlock, Uint8Array.of(0xff))

/** A SimpleBlock of video whose frames have come, but not yet what follows them. */
interface HeldBlock {
  readonly header: BlockHeader
  /** Of all that stands in it, in bytes. */
  readonly size: number
}

/** Writes blocks, each with its own time, into clusters of unknown size. */
export class ClusterWriter {
  #written = new ByteQueue()
  /** The newest SimpleBlock of video: what it is written as shows with the next, or at the end of the piece. */
  #held: HeldBlock | undefined
  #frames = new ByteQueue()
  /** What goes behind `#held`. */
  #behind = new ByteQueue()
  #clusters: Array<{ at: number, time: number }> = []
  /** Time of the cluster; undefined where the next block must begin one. */
  #base: number | undefined
  /** Time of the newest block in it. */
  #newest = 0

  /** Bytes of the piece so far, within a few for each block. */
  get length (): number {
    return this.#written.length + this.#frames.length + this.#behind.length
  }

  /** Whether the next block goes on in a cluster, if its time allows it. */
  get isInCluster (): boolean {
    return this.#base !== undefined
  }

  /** Lets the next block begin a cluster. */
  beginCluster (): void {
    this.#base = undefined
  }

  /** Writes the header of a SimpleBlock; {@link ClusterWriter.frames} must bring all of its frames. @param frameBytes - how many they are */
  simpleBlock (header: BlockHeader, frameBytes: number, isVideo: boolean): void {
    const size = blockHeaderLength(header.track) + frameBytes
    this.#place(header.time)
    if (isVideo) {
      this.#flush()
      this.#held = { header, size }
      return
    }
    this.#end.push(this.#startBlock(ID.SimpleBlock, header, size))
  }

  /** Takes bytes of frames off a queue. */
  frames (from: ByteQueue, count: number): void {
    // Behind a block of video comes first what it holds.
    const held = this.#held
    const isHeld = held !== undefined && this.#frames.length < held.size - blockHeaderLength(held.header.track)
    from.move(count, isHeld ? this.#frames : this.#end)
  }

  /** Writes a BlockGroup. */
  blockGroup ({ header, frames, rest }: BlockGroup, isVideo: boolean): void {
    this.#place(header.time)
    if (isVideo) this.#flush()
    const start = new Uint8Array(blockHeaderLength(header.track))
    this.#writeBlockHeader(start, 0, header)
    this.#end.push(element(ID.BlockGroup, element(ID.Block, start, frames), ...rest))
  }

  /**
   * Takes out all that is written.
   * @param until - the time of the next video block, where it is known: the last one then says how long it lasts, so that engines show it without
   * waiting for the next (Chromium 50 ms earlier at 20 frames a second)
   */
  take (until?: number): Piece {
    this.#flush(until)
    const piece = { bytes: this.#written.take(this.#written.length), clusters: this.#clusters }
    this.#clusters = []
    return piece
  }

  get #end (): ByteQueue {
    return this.#held === undefined ? this.#written : this.#behind
  }

  // Chromium refuses a block that is earlier than the one before it in the same cluster.
  #place (time: number): void {
    if (this.#base === undefined || time < this.#newest || time > this.#base + MAX_RELATIVE_TIME) {
      this.#flush()
      // A cluster cannot begin before 0; a block in it can.
      const base = this.#base = Math.max(0, time)
      const bytes = new Uint8Array(CLUSTER.length + TIME_BYTES)
      bytes.set(CLUSTER)
      writeTime(bytes, CLUSTER.length, BigInt(base))
      this.#clusters.push({ at: this.#written.length + CLUSTER.length, time: base })
      this.#written.push(bytes)
    }
    this.#newest = time
  }

  #flush (until = -Infinity): void {
    if (this.#held === undefined) return
    const { header, size } = this.#held
    const rest: Uint8Array[] = []
    let start: Uint8Array
    if (until > header.time) {
      rest.push(unsignedElement(ID.BlockDuration, until - header.time))
      if ((header.flags & KEYFRAME) === 0) rest.push(REFERENCE)
      start = this.#startGroup({ ...header, flags: header.flags & BLOCK_FLAGS }, size, rest.reduce((sum, { length }) => sum + length, 0))
    } else {
      start = this.#startBlock(ID.SimpleBlock, header, size)
    }
    this.#written.push(start)
    this.#frames.move(this.#frames.length, this.#written)
    for (const part of rest) this.#written.push(part)
    this.#behind.move(this.#behind.length, this.#written)
    this.#held = undefined
  }

  #startBlock (id: number, header: BlockHeader, size: number): Uint8Array {
    const bytes = new Uint8Array(headerLength(id, size) + blockHeaderLength(header.track))
    this.#writeBlockHeader(bytes, writeHeader(bytes, 0, id, size), header)
    return bytes
  }

  #startGroup (header: BlockHeader, size: number, restBytes: number): Uint8Array {
    const block = this.#startBlock(ID.Block, header, size)
    const groupSize = headerLength(ID.Block, size) + size + restBytes
    const bytes = new Uint8Array(headerLength(ID.BlockGroup, groupSize) + block.length)
    bytes.set(block, writeHeader(bytes, 0, ID.BlockGroup, groupSize))
    return bytes
  }

  #writeBlockHeader (target: Uint8Array, at: number, { track, time, flags }: BlockHeader): void {
    const timeAt = writeVint(target, at, track)
    const relative = time - this.#base!
    target[timeAt] = relative >> 8
    target[timeAt + 1] = relative
    target[timeAt + 2] = flags
  }
}

/**
 * Lays the clusters of a piece later, each counted from where the publisher had it, in place.
 * @param by - in units of the TimestampScale; no cluster is laid before 0
 */
export function shiftClusters ({ bytes, clusters }: Piece, by: bigint): void {
  for (const { at, time } of clusters) {
    const shifted = BigInt(time) + by
    writeTime(bytes, at, shifted < 0n ? 0n : shifted)
  }
}

function writeTime (bytes: Uint8Array, at: number, time: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, time)
}

function blockHeaderLength (track: number): number {
  return sizeLength(track) + 3
}
