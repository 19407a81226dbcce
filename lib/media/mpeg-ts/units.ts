// The PES packets of one elementary stream, each with the transport packets that carry it. An incomplete one is never published: Chromium
// stops playback at a PES packet that is shorter than its length field says.
import { joined } from '../byte-queue.js'
import { MediaError } from '../media-error.js'
import { readAudioFrames } from './audio-frames.js'
import type { AudioFrames } from './audio-frames.js'
import type { PacketHeader } from './packet.js'
import { AccessUnitHead } from './parameter-sets.js'
import type { Picture } from './parameter-sets.js'
import { readPesHeader } from './pes.js'
import type { ProgramClock } from './pes.js'
import type { ElementaryStream } from './tables.js'

/** One PES packet. */
export interface Unit {
  readonly pid: number
  /** Presentation time in ticks; undefined if the packet continues the one before. */
  readonly pts: number | undefined
  /** Decoding time in ticks, if there is a presentation time. */
  readonly dts: number | undefined
  /** Its transport packets. */
  readonly packets: Uint8Array[]
  /** `dropped` units are damaged or cannot be decoded, and have no packets any more. */
  state: 'open' | 'whole' | 'published' | 'dropped'
  /** Whether it begins with an IDR picture: Chromium begins at no other, regardless of random_access_indicator. */
  isKey: boolean
  /** From its sequence parameter set. */
  picture?: Picture
  /** The audio frames that begin in it; set when it is complete. */
  frames?: AudioFrames
}

// Twice the maximum of its 16-bit length, for muxers that leave the end to the next packet. All of it is scanned in one step.
const MOST_SOUND = 128 * 1024

/** Receives units as they come. */
export interface UnitSink {
  /** An audio unit begins. */
  beginAudio (unit: Unit): void
  /** A video unit begins; whether it is a key picture is not known yet. */
  beginVideo (unit: Unit): void
  /** Now it is. */
  knowVideo (unit: Unit): void
  add (unit: Unit, packet: Uint8Array): void
  finish (unit: Unit): void
  drop (unit: Unit): void
}

/** Reads the PES packets of one PID. */
export class UnitReader {
  readonly #stream: ElementaryStream
  readonly #clock: ProgramClock
  readonly #sink: UnitSink
  #unit: Unit | undefined
  /** Remaining bytes of an open unit; infinite if it ends with the next. */
  #left = 0
  readonly #head = new AccessUnitHead()
  #knowsKey = false
  /** The open unit's elementary stream, for audio. */
  #sound: Uint8Array[] = []
  #soundBytes = 0

  constructor (stream: ElementaryStream, clock: ProgramClock, sink: UnitSink) {
    this.#stream = stream
    this.#clock = clock
    this.#sink = sink
  }

  /**
   * Takes the next packet with a payload.
   * @throws MediaError `UNSUPPORTED_MEDIA` if it is encrypted, or if H.264 has no access unit delimiters, `SEGMENT_TOO_LARGE` if it is
   * audio of more than 128 KiB
   */
  push (packet: Uint8Array, { payload, starts }: PacketHeader): void {
    const elementary = payload + (starts ? this.#begin(packet.subarray(payload)) : 0)
    const unit = this.#unit
    if (unit?.state !== 'open') return
    this.#sink.add(unit, packet)
    if (this.#stream.coding !== 'h264') this.#hear(packet.subarray(elementary))
    else if (!this.#knowsKey) this.#look(unit, packet.subarray(elementary))
    this.#left -= packet.length - payload
    if (this.#left <= 0) this.#finish(unit)
  }

  /** Bytes were lost: an open unit is incomplete. @param latest whether they may belong to the newest unit although it looked complete */
  lose (latest: boolean): void {
    if (this.#unit?.state === 'open' || (latest && this.#unit !== undefined)) this.#sink.drop(this.#unit)
  }

  /** No packet follows. This completes a unit that would end with the next one, but not a unit with a length. */
  end (): void {
    const unit = this.#unit
    if (unit?.state !== 'open') return
    if (this.#left === Infinity) this.#finish(unit)
    else this.#sink.drop(unit)
  }

  /** @returns bytes of PES header */
  #begin (payload: Uint8Array): number {
    this.end()
    this.#unit = undefined
    const header = readPesHeader(payload)
    if (header === undefined) return 0
    if (header.scrambled) throw encrypted()
    const dts = header.dts === undefined ? undefined : this.#clock.read(header.dts)
    // Never far from the decoding time: it is placed relative to that, and does not move the clock.
    const pts = dts === undefined ? undefined : dts + (header.pts! - header.dts! + 3 * 2 ** 32) % 2 ** 33 - 2 ** 32
    const unit = this.#unit = { pid: this.#stream.pid, pts, dts, packets: [], state: 'open', isKey: false }
    this.#left = header.length ?? Infinity
    this.#sound = []
    this.#soundBytes = 0
    this.#knowsKey = false
    this.#head.begin()
    if (this.#stream.coding === 'h264') this.#sink.beginVideo(unit)
    else this.#sink.beginAudio(unit)
    return header.header
  }

  #hear (elementary: Uint8Array): void {
    this.#soundBytes += elementary.length
    if (this.#soundBytes > MOST_SOUND) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A PES packet of sound is above the limit of ${MOST_SOUND} bytes: let the muxer write ` +
        'its length, which has 16 bits')
    }
    this.#sound.push(elementary)
  }

  #look (unit: Unit, elementary: Uint8Array): void {
    this.#head.push(elementary)
    if (this.#head.isKey !== undefined) this.#know(unit, this.#head.isKey)
  }

  #know (unit: Unit, isKey: boolean): void {
    this.#knowsKey = true
    unit.isKey = isKey
    const picture = isKey ? this.#head.picture : undefined
    if (picture !== undefined) unit.picture = picture
    if (isKey && !this.#head.delimited) {
      throw new MediaError('UNSUPPORTED_MEDIA', 'The H.264 video has no access unit delimiters, without which browsers show nothing of ' +
        'a transport stream: write them (ffmpeg: -bsf:v h264_metadata=aud=insert; x264enc: aud=true)')
    }
    this.#sink.knowVideo(unit)
  }

  #finish (unit: Unit): void {
    const { coding } = this.#stream
    if (coding !== 'h264') {
      const frames = readAudioFrames(coding, joined(this.#sound))
      if (frames !== undefined) unit.frames = frames
    } else if (!this.#knowsKey) {
      this.#know(unit, false)
    }
    this.#sink.finish(unit)
  }
}

/** The error for encrypted packets. */
export function encrypted (): MediaError {
  return new MediaError('UNSUPPORTED_MEDIA', 'The transport stream is encrypted (scrambled): send it in the clear')
}
