// Cuts WebM (RFC 9559 within RFC 8794) into segments: before each keyframe of video, else at segmentDuration. Blocks keep their bytes; the
// clusters around them and the init segment are rewritten.
import { ByteQueue, sameBytes } from '../byte-queue.js'
import { MediaError } from '../media-error.js'
import type { InitSegment, SplitterOptions } from '../segment.js'
import { WalkingSplitter } from '../walking-splitter.js'
import { MAX_BLOCK_HEADER_BYTES, integerAt, partsOfGroup, readBlock, timestamp } from './block.js'
import { ID, MAX_HEADER_BYTES, element, malformed, readHeader, readUnsigned } from './ebml.js'
import type { ElementHeader } from './ebml.js'
import { SegmentBuilder } from './segment-builder.js'
import { checkDocType, readProgramme } from './tracks.js'
import type { Programme } from './tracks.js'

const DEFAULT_SEGMENT_SECONDS = 0.25

// A track takes a few KiB. All of it is read, compared and digested in one step, so the limit is independent of the segment size.
const MOST_INIT_BYTES = 1024 * 1024

/** Elements beside clusters, which end a cluster of unknown size. Players need only those that are read. */
const TOP_LEVEL = new Set<number>([
  ID.EBML, ID.Segment, ID.Info, ID.Tracks, ID.Cluster, ID.SeekHead, ID.Cues, ID.Chapters, ID.Attachments, ID.Tags
])
const DROPPED_IN_CLUSTER = new Set<number>([ID.Position, ID.PrevSize, ID.SilentTracks, ID.EncryptedBlock])
/** May occur anywhere. */
const GLOBAL = new Set<number>([ID.Void, ID.CRC32])

/** The data read after an EBML header: the bodies of Info and Tracks. */
interface Header {
  info: Uint8Array
  tracks: Uint8Array | undefined
}

const NO_HEADER: Header = { info: new Uint8Array(0), tracks: undefined }

interface OpenCluster {
  /** Remaining bytes of its body; Infinity for one of unknown size. */
  left: number
  /** In units of the TimestampScale; undefined until its Timestamp has come. */
  time: number | undefined
}

/**
 * Whether a body is WebM or Matroska, or continues one with a cluster.
 * @param first - at least the first 4 bytes; fewer are never enough
 */
export function isWebm (first: Uint8Array): boolean {
  return beginsWithWebmInit(first) || idOf(first) === ID.Cluster
}

/** Whether a body that begins with these bytes begins with the EBML header of WebM (RFC 8794, 8.1). @param first - at least 4 bytes */
export function beginsWithWebmInit (first: Uint8Array): boolean {
  return idOf(first) === ID.EBML
}

function idOf (first: Uint8Array): number {
  return first.length < 4 ? 0 : readUnsigned(first.subarray(0, 4))
}

/**
 * Splits WebM, and Matroska with the codecs of WebM. A segment that is a join point begins a cluster; any other continues the cluster of
 * the one before it, and is unusable without it. A segment is published when the block that begins the next one starts.
 */
export class WebmSplitter extends WalkingSplitter {
  readonly #maxSegmentBytes: number
  #input = new ByteQueue()
  /** The data between an EBML header and the first cluster. */
  #header: Header | undefined
  #programme: Programme | undefined
  /** The current cluster. */
  #cluster: OpenCluster | undefined
  /** Remaining bytes of the current element. */
  #left = 0
  #isKept = false
  readonly #builder: SegmentBuilder

  /**
   * @param options.maxSegmentBytes - bound on an init segment and on a segment, in bytes
   * @param options.segmentDuration - seconds
   * @param options.init - an earlier splitter's init segment for the same track, so that a body may begin with a cluster; an init segment
   * of another container is ignored
   * @throws MediaError if `options.init` was not made by a splitter
   */
  constructor ({ maxSegmentBytes, segmentDuration = DEFAULT_SEGMENT_SECONDS, init }: SplitterOptions) {
    super()
    this.#maxSegmentBytes = maxSegmentBytes
    this.#builder = new SegmentBuilder(segmentDuration, segment => { this.publish(segment) })
    if (init?.bytes === undefined || !beginsWithWebmInit(init.bytes)) return
    this.walk(init.bytes, 0)
    this.#completeHeader(init)
    this.#builder.begin(this.#programme!, false)
  }

  /** The newest init segment, or the initial one. */
  get init (): InitSegment | undefined {
    return this.#programme?.init
  }

  get held (): number {
    const { info, tracks } = this.#header ?? NO_HEADER
    return this.#input.held + info.length + (tracks?.length ?? 0) + (this.init?.bytes!.length ?? 0) + this.#builder.held
  }

  protected walk (bytes: Uint8Array, at: number): number {
    this.#input.push(bytes.subarray(at))
    while (this.#pass());
    return bytes.length
  }

  protected finish (): void {
    if (this.#left > 0 || this.#input.length > 0) throw malformed('The body ends inside an element')
    if (this.#cluster !== undefined && this.#cluster.left > 0 && this.#cluster.left < Infinity) {
      throw malformed('The body ends inside a cluster')
    }
    this.#cluster = undefined
    if (this.#header !== undefined) this.#completeHeader()
    this.#builder.end()
  }

  protected release (): void {
    this.#input = new ByteQueue()
    this.#builder.release()
  }

  /** @returns whether it advanced, so that more may follow */
  #pass (): boolean {
    if (this.#left > 0) return this.#passBody()
    if (this.#cluster?.left === 0) this.#cluster = undefined
    const front = this.#input.peek(Math.min(MAX_HEADER_BYTES + MAX_BLOCK_HEADER_BYTES, this.#input.length))
    const header = readHeader(front, 0)
    if (header === undefined) return false
    return this.#cluster === undefined ? this.#passTopLevel(header) : this.#passInCluster(header, this.#cluster, front)
  }

  #passBody (): boolean {
    const count = Math.min(this.#left, this.#input.length)
    if (this.#isKept) this.#builder.frames(this.#input, count)
    else this.#input.skip(count)
    this.#left -= count
    return this.#left === 0
  }

  #passTopLevel (header: ElementHeader): boolean {
    const { id, size, length } = header
    if (id === ID.Segment) {
      this.#input.skip(length)
      return true
    }
    if (id === ID.Cluster) {
      this.#input.skip(length)
      this.#beginCluster(size)
      return true
    }
    if (!TOP_LEVEL.has(id) && !GLOBAL.has(id)) throw malformed('There is no element of WebM where one must begin')
    if (size === undefined) throw malformed('An element that is neither Segment nor Cluster has no size')
    if (id !== ID.EBML && id !== ID.Info && id !== ID.Tracks) {
      this.#drop(length + size)
      return true
    }
    if (size > MOST_INIT_BYTES) {
      throw new MediaError('SEGMENT_TOO_LARGE', `Info and Tracks may have ${MOST_INIT_BYTES} bytes each, and ` +
      `have ${size}: leave out what is no media`)
    }
    const body = this.#whole(length, size)
    if (body === undefined) return false
    if (id === ID.EBML) this.#beginHeader(body)
    else if (this.#header === undefined) throw malformed('Info or Tracks come without an EBML header before them')
    else if (id === ID.Info) this.#header.info = body
    else this.#header.tracks = body
    return true
  }

  #passInCluster ({ id, size, length }: ElementHeader, cluster: OpenCluster, front: Uint8Array): boolean {
    if (cluster.left === Infinity && TOP_LEVEL.has(id)) {
      this.#cluster = undefined
      return true
    }
    if (size === undefined || length + size > cluster.left) throw malformed('An element does not end where its cluster does')
    if (id === ID.SimpleBlock) return this.#passSimpleBlock(length, size, cluster, front)
    if (id === ID.Timestamp || id === ID.BlockGroup) {
      if (!this.#isWhole(length, size)) return false
      this.#input.skip(length)
      if (id === ID.Timestamp) cluster.time = timestamp(integerAt(this.#input, 0, size))
      else this.#readBlockGroup(size, cluster.time)
      this.#input.skip(size)
    } else if (DROPPED_IN_CLUSTER.has(id) || GLOBAL.has(id)) {
      this.#drop(length + size)
    } else {
      throw malformed('There is no element of a cluster where one must begin')
    }
    cluster.left -= length + size
    return true
  }

  /** @param front - the input's first bytes, up to the maximum of both headers */
  #passSimpleBlock (length: number, size: number, cluster: OpenCluster, front: Uint8Array): boolean {
    const end = length + Math.min(size, MAX_BLOCK_HEADER_BYTES)
    if (front.length < end) return false
    const { header, headerLength } = readBlock(front, length, end, cluster.time)
    const track = this.#programme!.tracks.get(header.track)
    this.#input.skip(length + headerLength)
    this.#left = size - headerLength
    this.#isKept = track !== undefined
    cluster.left -= length + size
    if (track === undefined) return true
    this.#builder.simpleBlock(track, header, this.#left)
    this.#bound(this.#builder.length + this.#left)
    return true
  }

  // Its frames stay in the arrays that carried them.
  #readBlockGroup (groupBytes: number, clusterTime: number | undefined): void {
    const input = this.#input
    const parts = partsOfGroup(input, groupBytes)
    const block = parts.find(({ id }) => id === ID.Block)
    if (block === undefined) throw malformed('A BlockGroup has no Block in it')
    const front = input.peek(Math.min(MAX_BLOCK_HEADER_BYTES, block.size), block.at)
    const { header, headerLength } = readBlock(front, 0, front.length, clusterTime)
    const track = this.#programme!.tracks.get(header.track)
    if (track === undefined) return
    // BlockAdditions contain the alpha channel, which the init segment does not announce.
    const rest = parts.filter(({ id }) => id === ID.BlockDuration || id === ID.ReferenceBlock || id === ID.DiscardPadding)
      .map(({ id, at, size }) => ({ id, body: integerAt(input, at, size) }))
    const duration = rest.find(({ id }) => id === ID.BlockDuration)?.body
    this.#builder.blockGroup(track, {
      header,
      frames: input.views(block.size - headerLength, block.at + headerLength),
      rest: rest.map(({ id, body }) => element(id, body))
    }, duration === undefined ? undefined : timestamp(duration), !rest.some(({ id }) => id === ID.ReferenceBlock))
    this.#bound(this.#builder.length)
  }

  /** @returns the body of an element that must be complete, or undefined if it is not yet */
  #whole (length: number, size: number): Uint8Array | undefined {
    if (!this.#isWhole(length, size)) return undefined
    this.#input.skip(length)
    return this.#input.take(size)
  }

  #isWhole (length: number, size: number): boolean {
    this.#bound(size)
    return this.#input.length >= length + size
  }

  #drop (count: number): void {
    this.#left = count
    this.#isKept = false
  }

  #bound (total: number): void {
    if (total > this.#maxSegmentBytes) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A segment of at least ${total} bytes is above the limit of ${this.#maxSegmentBytes}: ` +
        'send keyframes more often (ffmpeg: -g; MediaRecorder: videoKeyFrameIntervalDuration) or a lower bit rate, or raise ' +
        'maxSegmentBytes')
    }
  }

  #beginHeader (header: Uint8Array): void {
    checkDocType(header)
    this.#builder.end()
    this.#header = { ...NO_HEADER }
  }

  #beginCluster (size: number | undefined): void {
    if (this.#header !== undefined) this.#completeHeader()
    if (this.#programme === undefined) {
      throw new MediaError('INIT_REQUIRED', 'A cluster comes before any tracks: send the body from its ' +
      'first byte (the EBML header)')
    }
    this.#cluster = { left: size ?? Infinity, time: undefined }
  }

  /** @param known - the init segment to reuse if its bytes are the same */
  #completeHeader (known = this.init): void {
    const { info, tracks } = this.#header ?? NO_HEADER
    this.#header = undefined
    if (tracks === undefined) throw malformed('There are no Tracks behind the EBML header')
    const programme = readProgramme(info, tracks)
    this.#programme = known !== undefined && sameBytes(programme.init.bytes, known.bytes) ? { ...programme, init: known } : programme
    this.#builder.begin(this.#programme, true)
  }
}
