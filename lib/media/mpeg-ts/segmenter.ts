// Decides where segments begin: at a key picture and, within a group of pictures, at the first picture after segmentDuration; without
// video, at the first audio after it. An open PES packet goes whole into the segment in which it ends, so that a viewer may begin at any
// join point, and stop after any segment.
import { ARRAY_BYTES } from '../byte-queue.js'
import type { JoinWait } from '../join-wait.js'
import { MediaError } from '../media-error.js'
import { PACKET_BYTES } from './packet.js'
import { TICKS } from './pes.js'
import type { ProgramMap } from './tables.js'
import type { Unit, UnitSink } from './units.js'

/** How long to wait for one stream while another continues, in ticks. */
export const PATIENCE = 2 * TICKS

// A smaller step is reordering by muxers; a larger one is a publisher that has restarted.
const JUMP = TICKS

// A quarter of a minute of video at 25 frames a second with its audio. All of a segment's units are processed in one step, so the limit
// also holds if times stand still.
const MOST_UNITS = 1_024

// For packets that stay where they arrived, whatever their PID.
const CLOCK = -1

/** The memory cost of a unit without its packets, in bytes. */
const UNIT_BYTES = 256
// More time than this between two pictures is a gap or a jump, not a time of display.
const MOST_BETWEEN = 2 * TICKS

/** A segment whose init segment is not known yet. */
export interface Draft {
  readonly units: readonly Unit[]
  /** Bytes of its packets. */
  readonly length: number
  /** Their memory cost in bytes. */
  readonly held: number
  readonly join: boolean
  /** Whether it is the first of a body, after new tables, or after a restart of the times. */
  readonly afterInit: boolean
  /** Seconds. */
  readonly start: number
  /** Seconds. */
  readonly duration: number
  /** By PID, in seconds. */
  readonly ends: ReadonlyMap<number, number>
  /** By PID, in seconds. */
  readonly starts: ReadonlyMap<number, number>
}

/** Options of a segmenter. */
export interface SegmenterOptions {
  /** Bytes. */
  readonly maxSegmentBytes: number
  /** Seconds. */
  readonly segmentDuration: number
  readonly program: ProgramMap
  /** The body's. */
  readonly joins: JoinWait
  /** Takes each segment. */
  readonly publish: (draft: Draft) => void
}

/** Gathers the units of one programme into segments. */
export class Segmenter implements UnitSink {
  readonly #options: SegmenterOptions
  readonly #segmentTicks: number
  /** The units of the segment so far, in the order in which they began. */
  #units: Unit[] = []
  #bytes = 0
  /** Bytes of the arrays that hold its packets: many more than the packets, if other streams' packets are between them. */
  #pinned = 0
  #newestArray: ArrayBufferLike | undefined
  /** The stream that decides the cuts: the video, or the audio if there is none. */
  #lead!: number
  /** Whether decoding can continue: at a start, pictures before the first key picture are dropped. */
  #begun!: boolean
  #videoSeen!: boolean
  /**
   * Times in ticks since the last start: of the first unit, of the lead's first in this segment (or the time at which audio alone was cut),
   * and of the newest by PID.
   */
  #firstTime: number | undefined
  #leadTime: number | undefined
  #lastTimes!: Map<number, number>
  /** Of the newest picture that was dropped because it is no key picture. */
  #waited: number | undefined
  #afterInit!: boolean
  /** Ticks between the newest two pictures. */
  #distance = 0
  #hasPicture = false
  #hasFrames = false

  constructor (options: SegmenterOptions) {
    this.#options = options
    this.#segmentTicks = options.segmentDuration * TICKS
    this.#start()
  }

  /** Memory cost of the segment so far, in bytes. */
  get held (): number {
    return this.#units.length * UNIT_BYTES + Math.max(this.#pinned, this.#bytes) + this.#bytes / PACKET_BYTES * ARRAY_BYTES
  }

  beginAudio (unit: Unit): void {
    const { pid, dts } = unit
    if (dts !== undefined) {
      if (this.#hasJumped(pid, dts)) this.#restart(this.#units.length)
      this.#firstTime ??= dts
      if (pid !== this.#lead && !this.#videoSeen && dts - this.#firstTime > PATIENCE) this.#lead = pid
      if (pid === this.#lead && this.#isLong(dts)) this.#cut(this.#units.length, dts)
      // The video has stopped, as on a screen where nothing moves: the audio does not wait for the next picture.
      if (pid !== this.#lead && this.#begun && dts - (this.#leadTime ?? dts) > PATIENCE) {
        this.#cut(this.#units.length, undefined)
        this.#leadTime = dts
      }
      this.#note(pid, dts)
    }
    this.#units.push(unit)
    // The continuation of a unit that was not received has no time.
    if (!this.#lastTimes.has(pid)) this.drop(unit)
  }

  beginVideo (unit: Unit): void {
    this.#units.push(unit)
  }

  /** @throws MediaError `UNSUPPORTED_MEDIA` if there is no key picture for long */
  knowVideo (unit: Unit): void {
    const { pid, dts, isKey } = unit
    if (dts !== undefined && this.#hasJumped(pid, dts)) this.#restart(this.#units.lastIndexOf(unit))
    const index = this.#units.lastIndexOf(unit)
    this.#videoSeen = true
    if (unit.picture !== undefined) this.#hasPicture = true
    if (!this.#begun) {
      if (!isKey || dts === undefined || !this.#hasPicture) return this.#wait(unit, index)
      // Audio that was published alone ends here.
      if (this.#lead !== pid) this.#cut(index, dts)
      this.#begun = true
      this.#options.joins.end()
      this.#lead = pid
    }
    if (dts === undefined) return
    this.#firstTime ??= dts
    if (this.#leadTime !== undefined && (isKey || this.#isLong(dts))) this.#cut(index, dts)
    this.#distance = Math.max(0, dts - (this.#lastTimes.get(pid) ?? dts))
    this.#note(pid, dts)
  }

  /** @throws MediaError `SEGMENT_TOO_LARGE` */
  add (unit: Unit, packet: Uint8Array): void {
    unit.packets.push(packet)
    this.#bytes += PACKET_BYTES
    this.#pin(packet)
    const { maxSegmentBytes } = this.#options
    if (this.#bytes > maxSegmentBytes) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A segment of at least ${this.#bytes} bytes is above the limit of ${maxSegmentBytes}: ` +
        'lower the bit rate (-b:v in ffmpeg), or raise maxSegmentBytes')
    }
  }

  finish (unit: Unit): void {
    if (unit.state === 'dropped') return
    unit.state = 'whole'
    if (unit.frames !== undefined) this.#hasFrames = true
    // The audio codec is still unknown.
    if (unit.pid === this.#options.program.audio?.pid && !this.#hasFrames) this.drop(unit)
  }

  drop (unit: Unit): void {
    if (unit.state === 'published') return
    unit.state = 'dropped'
    this.#bytes -= unit.packets.length * PACKET_BYTES
    unit.packets.length = 0
  }

  /** A packet without a payload, or with the programme's clock alone, stays where it arrived. */
  addClock (packet: Uint8Array): void {
    if (this.#leadTime === undefined) return
    const last = this.#units.at(-1)
    if (last?.pid === CLOCK) return this.add(last, packet)
    const unit: Unit = { pid: CLOCK, pts: undefined, dts: undefined, packets: [], state: 'whole', isKey: false }
    this.#units.push(unit)
    this.add(unit, packet)
  }

  /** Makes a segment of all complete units. */
  flush (): void {
    this.#cut(this.#units.length, undefined)
  }

  #start (): void {
    const { video, audio } = this.#options.program
    this.#lead = (video ?? audio!).pid
    this.#begun = this.#videoSeen = false
    this.#firstTime = this.#leadTime = this.#waited = undefined
    this.#lastTimes = new Map()
    this.#afterInit = true
  }

  // Open units belong to the old times.
  #restart (index: number): void {
    for (const unit of this.#units.slice(0, index)) if (unit.state === 'open') this.drop(unit)
    this.#cut(index, undefined)
    this.#start()
  }

  #hasJumped (pid: number, dts: number): boolean {
    return dts < (this.#lastTimes.get(pid) ?? dts) - JUMP
  }

  #isLong (dts: number): boolean {
    return this.#leadTime !== undefined && (dts - this.#leadTime >= this.#segmentTicks || this.#units.length >= MOST_UNITS)
  }

  #note (pid: number, dts: number): void {
    this.#lastTimes.set(pid, dts)
    if (pid === this.#lead) this.#leadTime ??= dts
  }

  // A picture that cannot be decoded is dropped, and so is the audio before it: its video cannot be seen.
  #wait (unit: Unit, index: number): void {
    this.drop(unit)
    // Audio is published alone meanwhile.
    if (this.#lead !== unit.pid) return
    if (unit.dts !== undefined) {
      this.#options.joins.add(Math.min(MOST_BETWEEN, Math.max(0, unit.dts - (this.#waited ?? unit.dts))) / TICKS)
      this.#waited = unit.dts
    }
    for (const before of this.#units.slice(0, index)) if (before.state === 'whole') this.drop(before)
    this.#units = this.#units.filter(({ state }) => state !== 'dropped')
  }

  /** @param nextTime - when the lead continues, in ticks; undefined if it does not, or if that is unknown */
  #cut (index: number, nextTime: number | undefined): void {
    const before = this.#units.slice(0, index)
    const units = before.filter(({ state }) => state === 'whole')
    this.#units = [...before.filter(({ state }) => state === 'open'), ...this.#units.slice(index)]
    this.#leadTime = undefined
    for (const unit of units) unit.state = 'published'
    const { held } = this
    const length = units.reduce((sum, { packets }) => sum + packets.length, 0) * PACKET_BYTES
    this.#bytes -= length
    this.#pinned = 0
    this.#newestArray = undefined
    for (const { packets } of this.#units) for (const packet of packets) this.#pin(packet)
    const timed = units.filter(isTimed)
    if (timed.length === 0) return
    const { video } = this.#options.program
    const join = this.#lead !== video?.pid || units.find(({ pid }) => pid === video.pid)?.isKey === true
    this.#options.publish(
      { units, length, held, join, afterInit: this.#afterInit, ...timesOf(timed, this.#lead, nextTime, this.#distance) }
    )
    this.#afterInit = false
  }

  #pin ({ buffer }: Uint8Array): void {
    if (buffer === this.#newestArray) return
    this.#newestArray = buffer
    this.#pinned += buffer.byteLength
  }
}

type TimedUnit = Unit & { readonly pts: number, readonly dts: number }

function isTimed (unit: Unit): unit is TimedUnit {
  return unit.pts !== undefined
}

function timesOf (
  units: readonly TimedUnit[], lead: number, nextTime: number | undefined, distance: number
): Pick<Draft, 'start' | 'duration' | 'starts' | 'ends'> {
  const leading = units.filter(({ pid }) => pid === lead)
  const [first, last] = [leading[0], leading.at(-1)]
  const picture = distance > 0 || last === undefined ? distance : (nextTime ?? last.dts) - last.dts
  const ticksOf = ({ pid, frames }: TimedUnit): number => frames === undefined ? pid === lead ? picture : 0 : frames.seconds * TICKS
  const starts = new Map<number, number>()
  const ends = new Map<number, number>()
  let start = Infinity
  let end = -Infinity
  for (const unit of units) {
    const { pid, pts } = unit
    starts.set(pid, Math.min(starts.get(pid) ?? Infinity, pts / TICKS))
    ends.set(pid, Math.max(ends.get(pid) ?? -Infinity, (pts + ticksOf(unit)) / TICKS))
    start = Math.min(start, pts / TICKS)
    end = Math.max(end, ends.get(pid)!)
  }
  // Audio alone beside a video has no first picture, as when a damaged one was dropped.
  const duration = first === undefined || last === undefined ? end - start : ((nextTime ?? last.dts + ticksOf(last)) - first.dts) / TICKS
  return { start, duration: Math.max(0, duration), starts, ends }
}
