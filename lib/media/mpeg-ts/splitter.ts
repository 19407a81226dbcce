// Cuts an MPEG transport stream (ITU-T H.222.0 | ISO/IEC 13818-1) into segments of whole PES packets of one video and one audio stream. A
// segment is published with the packet that begins the next one.
import { ByteQueue, joined, sameBytes } from '../byte-queue.js'
import { JoinWait, noJoin } from '../join-wait.js'
import { MediaError } from '../media-error.js'
import type { InitSegment, MediaSegment, Splitter, SplitterOptions } from '../segment.js'
import { Announcer } from './announcer.js'
import { PACKET_BYTES, SYNC_BYTE, hasClockReference, readPacket } from './packet.js'
import { ProgramClock } from './pes.js'
import { Segmenter } from './segmenter.js'
import { SectionReader, packSection, readPat, readPmt } from './tables.js'
import type { ProgramMap } from './tables.js'
import { UnitReader, encrypted } from './units.js'

const SEGMENT_DURATION = 0.25
// Three packets' first bytes at the right distances are no coincidence.
const SYNC_SPAN = 2 * PACKET_BYTES + 1
// After this many bytes without a packet, the body is something else.
const MOST_LOST = 65_536
const NO_KEY = 'no key frame (an H.264 IDR picture with its parameter sets and a PTS)'

/** The current programme. */
interface Program {
  /** Its tables. */
  readonly sections: readonly [pat: Uint8Array, pmt: Uint8Array]
  readonly map: ProgramMap
  readonly readers: ReadonlyMap<number, UnitReader>
  readonly segmenter: Segmenter
  readonly announcer: Announcer
}

/**
 * Whether a body is an MPEG transport stream: its packets begin with 0x47.
 * @param first - its first bytes; 377 are always enough
 * @returns undefined if they are too few to tell, and match so far
 */
export function isMpegTs (first: Uint8Array): boolean | undefined {
  for (let at = 0; at < SYNC_SPAN; at += PACKET_BYTES) {
    if (first.length <= at) return undefined
    if (first[at] !== SYNC_BYTE) return false
  }
  return true
}

/** Splits an MPEG transport stream. It can begin without `SplitterOptions.init`, as the body contains its tables. */
export class MpegTsSplitter implements Splitter {
  readonly #options: SplitterOptions
  readonly #input = new ByteQueue()
  readonly #joins = new JoinWait(NO_KEY)
  #inSync = true
  /** Bytes dropped since the last packet. */
  #lost = 0
  /** Bytes read before there was a programme. */
  #before = 0
  readonly #pat = new SectionReader()
  #patSection: Uint8Array | undefined
  #pmt = new SectionReader()
  #pmtPid: number | undefined
  #program: Program | undefined
  /** The reader of the last packet. */
  #newest: UnitReader | undefined
  #init: InitSegment | undefined
  /** Completed by the current call. */
  #segments: MediaSegment[] = []
  #failure: unknown

  /**
   * @param options.maxSegmentBytes - bound on a segment, and on segments that wait for their init segment, in bytes
   * @param options.segmentDuration - seconds after which a group of pictures, or audio alone, is cut at the next frame; default 0.25
   * @param options.init - an earlier splitter's init segment for the same track: its object is reused if the new one is the same
   */
  constructor (options: SplitterOptions) {
    this.#options = options
  }

  /** PAT and PMT, once the streams in them have arrived. */
  get init (): InitSegment | undefined {
    return this.#init
  }

  get held (): number {
    return this.#input.held + (this.#program?.segmenter.held ?? 0) + (this.#program?.announcer.held ?? 0)
  }

  /**
   * Takes the next bytes; see {@link Splitter.push}. Damaged packets and incomplete PES packets are dropped.
   * @throws MediaError `INVALID_SEGMENT` (no packets, no PAT and PMT), `UNSUPPORTED_MEDIA` (encrypted, or in a coding that browsers do not
   * play), or `SEGMENT_TOO_LARGE`
   */
  push (bytes: Uint8Array): MediaSegment[] {
    if (this.#failure !== undefined) throw this.#failure
    // Subarrays of a plain array cost less than those of a Node Buffer.
    this.#input.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
    try {
      while (this.#inSync ? this.#readPackets() : this.#findSync());
    } catch (error) {
      this.#failure = error
      this.#input.skip(this.#input.length)
      this.#program = undefined
      if (this.#segments.length === 0) throw error
    }
    return this.#take()
  }

  /**
   * Ends the body: its complete units become a segment. After a clean end, the same stream may continue.
   * @throws MediaError `INVALID_SEGMENT` if it ends inside a packet, or the error that the last push held back; `UNSUPPORTED_MEDIA` if
   * nothing of it could be played
   */
  end (): MediaSegment[] {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#input.length > 0) {
      throw new MediaError('INVALID_SEGMENT', 'The body ends inside a transport packet: send it to its end, ' +
      'in whole packets of 188 bytes')
    }
    if (this.#program !== undefined) this.#finish(this.#program)
    if (this.#init === undefined && this.#program !== undefined) {
      throw new MediaError('UNSUPPORTED_MEDIA', noJoin(`The transport stream has ${NO_KEY} and no AAC or MP3 frame`))
    }
    if (this.#before > 0) throw noTables(this.#before)
    return this.#take()
  }

  #take (): MediaSegment[] {
    const segments = this.#segments
    this.#segments = []
    return segments
  }

  /** @returns whether there may be more to read */
  #readPackets (): boolean {
    const run = this.#input.run
    // Only a packet that spans several arrays is copied here.
    const length = run < PACKET_BYTES ? PACKET_BYTES : run - run % PACKET_BYTES
    if (length > this.#input.length) return false
    const packets = this.#input.peek(length)
    let at = 0
    while (at < length && packets[at] === SYNC_BYTE) {
      this.#lost = 0
      this.#readPacket(packets.subarray(at, at + PACKET_BYTES))
      at += PACKET_BYTES
    }
    this.#input.skip(at)
    this.#inSync = at === length
    if (!this.#inSync) for (const reader of this.#program?.readers.values() ?? []) reader.lose(reader === this.#newest)
    return true
  }

  /** @returns whether the input now begins with packets */
  #findSync (): boolean {
    if (this.#input.length < SYNC_SPAN) return false
    const bytes = this.#input.peek(this.#input.length)
    let at = 0
    while (at + SYNC_SPAN <= bytes.length && isMpegTs(bytes.subarray(at, at + SYNC_SPAN)) !== true) at++
    this.#inSync = at + SYNC_SPAN <= bytes.length
    this.#input.skip(at)
    this.#lost += at
    if (this.#lost > MOST_LOST) {
      throw new MediaError('INVALID_SEGMENT', `There is no transport packet in ${MOST_LOST} bytes: send the muxer's bytes in order, in ` +
        'packets of 188 bytes')
    }
    return this.#inSync
  }

  #readPacket (packet: Uint8Array): void {
    const header = readPacket(packet)
    const program = this.#program
    if (program === undefined && (this.#before += PACKET_BYTES) > this.#options.maxSegmentBytes) throw noTables(this.#before)
    if (header === undefined) return
    const { pid, payload, starts } = header
    const reader = program?.readers.get(pid)
    this.#newest = reader
    if (header.damaged) return reader?.lose(true)
    if (pid === 0) return this.#readPat(this.#pat.push(packet.subarray(payload), starts))
    if (pid === this.#pmtPid) return this.#readPmt(pid, this.#pmt.push(packet.subarray(payload), starts))
    if (reader !== undefined && payload < PACKET_BYTES) {
      if (header.scrambled) throw encrypted()
      reader.push(packet, header)
    } else if (reader !== undefined || (pid === program?.map.clockPid && hasClockReference(packet))) {
      program?.segmenter.addClock(packet)
    }
  }

  #readPat (section: Uint8Array | undefined): void {
    const pid = section === undefined ? undefined : readPat(section)
    if (pid === undefined) return
    this.#patSection = section
    if (pid !== this.#pmtPid) this.#pmt = new SectionReader()
    this.#pmtPid = pid
  }

  #readPmt (pid: number, section: Uint8Array | undefined): void {
    if (section === undefined) return
    const pat = this.#patSection!
    const known = this.#program?.sections
    if (known !== undefined && sameBytes(pat, known[0]) && sameBytes(section, known[1])) return
    const map = readPmt(section)
    if (map === undefined) return
    if (this.#program !== undefined) this.#finish(this.#program)
    this.#program = this.#begin([pat, section], pid, map)
    this.#before = 0
  }

  #begin (sections: Program['sections'], pmtPid: number, map: ProgramMap): Program {
    const tables = joined([packSection(0, sections[0]), packSection(pmtPid, sections[1])])
    const maxSegmentBytes = this.#options.maxSegmentBytes - tables.length
    const announcer = new Announcer({
      program: map,
      tables,
      maxWaiting: maxSegmentBytes / 2,
      known: this.#init ?? this.#options.init,
      publish: segment => {
        this.#init = segment.init
        this.#segments.push(segment)
      }
    })
    const segmenter = new Segmenter({
      maxSegmentBytes,
      segmentDuration: this.#options.segmentDuration ?? SEGMENT_DURATION,
      program: map,
      joins: this.#joins,
      publish: draft => { announcer.add(draft) }
    })
    const clock = new ProgramClock()
    const streams = [map.video, map.audio].filter(stream => stream !== undefined)
    const readers = new Map(streams.map(stream => [stream.pid, new UnitReader(stream, clock, segmenter)]))
    return { sections, map, readers, segmenter, announcer }
  }

  #finish ({ readers, segmenter, announcer }: Program): void {
    for (const reader of readers.values()) reader.end()
    segmenter.flush()
    announcer.flush()
  }
}

function noTables (bytes: number): MediaError {
  return new MediaError('INVALID_SEGMENT', `There is no PAT with a PMT in ${bytes} bytes of the transport stream: send both at its ` +
    'start, and again from time to time (ffmpeg and GStreamer do)')
}
