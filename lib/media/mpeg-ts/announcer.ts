// Gives segments their init segment: PAT and PMT, and a type that names exactly the streams that have arrived. Segments wait until every
// stream in the PMT has, or has been missing for two seconds of the others.
import { ByteQueue, sameBytes } from '../byte-queue.js'
import { gathered, withBytes } from '../gathering.js'
import type { InitSegment, MediaSegment } from '../segment.js'
import type { Picture } from './parameter-sets.js'
import { TICKS, shiftTimes } from './pes.js'
import { PATIENCE } from './segmenter.js'
import type { Draft } from './segmenter.js'
import type { ProgramMap } from './tables.js'

/** Options of an announcer, for one programme. */
export interface AnnouncerOptions {
  readonly program: ProgramMap
  /** Packets with its PAT and PMT. */
  readonly tables: Uint8Array
  /** The maximum of waiting bytes. */
  readonly maxWaiting: number
  /** An earlier init segment: its object is reused if the new one is the same. */
  readonly known: InitSegment | undefined
  /** Takes each segment. */
  readonly publish: (segment: MediaSegment) => void
}

/** Makes the segments of one programme from drafts. */
export class Announcer {
  readonly #options: AnnouncerOptions
  #waiting: Draft[] = []
  /** Of the waiting segments: bytes of their packets, their memory cost, and their streams. */
  #length = 0
  #held = 0
  readonly #pids = new Set<number>()
  #init: InitSegment | undefined
  #picture: Picture | undefined
  /** The audio codec. */
  #sound: string | undefined

  constructor (options: AnnouncerOptions) {
    this.#options = options
  }

  /** Its memory cost in bytes. */
  get held (): number { return this.#held }

  /** Takes the next segment, and publishes those that need not wait any more. */
  add (draft: Draft): void {
    this.#waiting.push(draft)
    this.#length += draft.length
    this.#held += draft.held
    for (const pid of draft.ends.keys()) this.#pids.add(pid)
    if (this.#init === undefined && !this.#isReady()) return
    this.flush()
  }

  /** Publishes all waiting segments. */
  flush (): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#length = this.#held = 0
    this.#pids.clear()
    if (this.#init === undefined) for (const draft of waiting) this.#learn(draft)
    for (const draft of waiting) this.#publish(draft)
  }

  #isReady (): boolean {
    const { program, maxWaiting } = this.#options
    const first = this.#waiting[0]!
    const last = this.#waiting.at(-1)!
    if (last.start + last.duration - first.start >= PATIENCE / TICKS) return true
    if (this.#length > maxWaiting) return true
    return [program.video, program.audio].every(stream => stream === undefined || this.#pids.has(stream.pid))
  }

  #learn ({ units }: Draft): void {
    for (const { picture, frames } of units) {
      this.#picture = picture ?? this.#picture
      this.#sound = frames?.codec ?? this.#sound
    }
  }

  #publish (draft: Draft): void {
    const { program, tables, publish } = this.#options
    this.#learn(draft)
    // A new init segment inside a group of pictures would interrupt the video, so a change is announced at the next join point.
    if (this.#init === undefined || draft.join) this.#announce()
    const init = this.#init!
    const { units, join, afterInit, start, duration, starts, ends } = draft
    // A player that has reset its parser (abort(), changeType()) needs the tables again.
    const arrays = join ? [tables] : []
    for (const { packets } of units) for (const packet of packets) arrays.push(packet)
    const whole = gathered(ByteQueue.of(arrays))
    const isMedia = (pid: number): boolean => pid === program.video?.pid || pid === program.audio?.pid
    const shift = (seconds: number): Uint8Array => {
      shiftTimes(whole.bytes, isMedia, seconds)
      return whole.bytes
    }
    publish(withBytes({ init, start, duration, join, starts, ends, ...(afterInit ? { afterInit } : {}), shift }, whole))
  }

  #announce (): void {
    const { tables, known } = this.#options
    const codecs = [this.#picture?.codec, this.#sound].filter(codec => codec !== undefined)
    const init: InitSegment = {
      bytes: tables,
      kind: codecs.length === 2 ? 'av' : this.#picture === undefined ? 'audio' : 'video',
      mime: `video/mp2t; codecs="${codecs.join(',')}"`,
      mode: 'segments',
      ...(this.#picture === undefined ? {} : { width: this.#picture.width, height: this.#picture.height })
    }
    this.#init = [this.#init, known].find(before => before !== undefined && isSame(before, init)) ?? init
  }
}

function isSame (one: InitSegment, other: InitSegment): boolean {
  return one.mime === other.mime && one.width === other.width && one.height === other.height && sameBytes(one.bytes, other.bytes)
}
