// Splits JPEG pictures (ITU-T T.81) by walking their markers, so that a thumbnail inside a segment does not end the picture.
import { MediaError } from '../media-error.js'
import { PictureSplitter } from './picture-splitter.js'
import type { PictureFormat, PictureScanner, PictureSize } from './pictures.js'
import type { SplitterOptions } from '../segment.js'

// Second bytes of markers (ITU-T T.81, table B.1).
const SOF0 = 0xc0
const SOF15 = 0xcf
/** Between SOF0 and SOF15, but not frame headers: DHT, JPG, DAC. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc])
const RST0 = 0xd0
const RST7 = 0xd7
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const APP2 = 0xe2
/** Marks the index of a multi-picture file (CIPA DC-007, 5.1), as in photographs with a gain map. */
const MPF = Uint8Array.of(0x4d, 0x50, 0x46, 0)
/** Part of a frame header after its length: precision, number of lines, samples per line (B.2.2). */
const FRAME_BYTES = 5

/** Whether a body is JPEG: a start of image, and the first byte of the next marker. */
export function isJpeg (first: Uint8Array): boolean {
  return first[0] === 0xff && first[1] === SOI && first[2] === 0xff
}

/** How JPEG pictures begin and are read. */
export const JPEG: PictureFormat = { signature: Uint8Array.of(0xff, SOI, 0xff), scanner: () => new JpegScanner() }

/** Splits one JPEG, or any number of them in a row (ffmpeg `-f image2pipe -c:v mjpeg`, GStreamer `jpegenc`). */
export class JpegSplitter extends PictureSplitter {
  /** @param options.init - of an earlier splitter on the same track */
  constructor (options: SplitterOptions) {
    super(JPEG, options)
  }
}

/** Finds the end of one JPEG (ITU-T T.81, B.1 and B.2): sequential or progressive, with any number of scans. */
export class JpegScanner implements PictureScanner {
  readonly mime = 'image/jpeg'
  /** The role of the next byte: the FF of a marker, its second byte, a byte of a segment's length, of the segment, or coded data of a scan.
   */
  #next: 'marker' | 'code' | 'length' | 'lengthLow' | 'segment' | 'data' = 'marker'
  /** Second byte of the last marker outside coded data; 0 before SOI, which {@link JPEG} has found. */
  #code = 0
  /** Remaining bytes of the segment. */
  #left = 0
  /** The start of the frame header, and of an APP2 segment. */
  readonly #frame: number[] = []
  #application: number[] = []
  #leads = false
  #isWhole = false
  #damage: MediaError | undefined
  #nextBegun = 0

  get size (): PictureSize | undefined {
    const [, linesHigh = 0, linesLow = 0, samplesHigh = 0, samplesLow = 0] = this.#frame
    const size = { width: samplesHigh << 8 | samplesLow, height: linesHigh << 8 | linesLow }
    // 0 lines: their number follows the first scan (B.2.5), which is rare enough to leave the size unknown.
    return size.width > 0 && size.height > 0 ? size : undefined
  }

  get owed (): number { return this.#left }

  get isWhole (): boolean { return this.#isWhole }

  get damage (): MediaError | undefined { return this.#damage }

  get nextBegun (): number { return this.#nextBegun }

  /** Whether it has the index of a multi-picture file. */
  get leads (): boolean { return this.#leads }

  /** Reads on; see {@link PictureScanner.scan}. */
  scan (bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to) {
      if (this.#next === 'data') {
        while (at < to && bytes[at] !== 0xff) at++
        if (at === to) return at
        at++
        this.#next = 'code'
      } else if (this.#next === 'segment') {
        at = this.#readSegment(bytes, at, to)
      } else if (this.#readByte(bytes[at++]!)) {
        return at
      }
    }
    return at
  }

  /** @returns whether to stop after this byte */
  #readByte (byte: number): boolean {
    if (this.#next === 'code') return this.#readCode(byte)
    if (this.#next === 'length') {
      this.#left = byte << 8
      this.#next = 'lengthLow'
    } else if (this.#next === 'lengthLow') {
      // It counts itself (B.1.1.4).
      this.#left += byte - 2
      if (this.#left < 0) return this.#spoil(`gives the length of a segment as ${this.#left + 2}`, 0)
      this.#next = 'segment'
      return true
    } else if (byte === 0xff) {
      this.#next = 'code'
    } else {
      return this.#spoil(`has ${hex(byte)} where a marker must begin`, 0)
    }
    return false
  }

  #readCode (code: number): boolean {
    // Fill bytes (B.1.1.2).
    if (code === 0xff) return false
    const isRestart = code >= RST0 && code <= RST7
    if (this.#code === SOS && (code === 0 || isRestart)) {
      this.#next = 'data'
    } else if (code === SOI && this.#code !== 0) {
      return this.#spoil('has no end (FFD9) before the next one begins', 2)
    } else if (code < SOF0 || isRestart) {
      return this.#spoil(`has FF${hex(code)} where a marker must stand`, 0)
    } else {
      this.#code = code
      this.#application = []
      this.#next = code === SOI ? 'marker' : 'length'
    }
    this.#isWhole = code === EOI
    return this.#isWhole
  }

  #spoil (what: string, nextBegun: number): true {
    this.#damage = new MediaError('INVALID_SEGMENT', `A JPEG picture ${what}: send each picture whole, and nothing between them`)
    this.#nextBegun = nextBegun
    return true
  }

  #readSegment (bytes: Uint8Array, at: number, to: number): number {
    const end = Math.min(to, at + this.#left)
    const isFrame = this.#code >= SOF0 && this.#code <= SOF15 && !NO_FRAME.has(this.#code)
    if (isFrame) this.#frame.push(...bytes.subarray(at, Math.min(end, at + FRAME_BYTES - this.#frame.length)))
    if (this.#code === APP2) this.#application.push(...bytes.subarray(at, Math.min(end, at + MPF.length - this.#application.length)))
    this.#leads ||= this.#application.length === MPF.length && MPF.every((byte, index) => byte === this.#application[index])
    this.#left -= end - at
    if (this.#left === 0) this.#next = this.#code === SOS ? 'data' : 'marker'
    return end
  }
}

function hex (byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
