// Splits JPEG pictures (ITU-T T.81) by a walk over their markers, so that a thumbnail inside a segment does not end the picture.
import { MediaError } from '../media-error.js'
import { PictureSplitter } from './picture-splitter.js'
import type { PictureScanner, PictureSize } from './pictures.js'

// Second bytes of markers (ITU-T T.81, table B.1).
const SOF0 = 0xc0
const SOF15 = 0xcf
/** Between SOF0 and SOF15, but no start of a frame: DHT, JPG, DAC. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc])
const RST0 = 0xd0
const RST7 = 0xd7
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
/** Of a frame header behind its length: precision, number of lines, samples per line (B.2.2). */
const FRAME_BYTES = 5

/** Whether a body is JPEG: a start of image, and the first byte of the next marker. */
export function isJpeg (first: Uint8Array): boolean {
  return first[0] === 0xff && first[1] === SOI && first[2] === 0xff
}

/** Splits one JPEG, or any number of them in a row (ffmpeg `-f image2pipe -c:v mjpeg`, GStreamer `jpegenc`). */
export class JpegSplitter extends PictureSplitter {
  protected scanner (): JpegScanner {
    return new JpegScanner()
  }
}

/** Finds the end of one JPEG (ITU-T T.81, B.1 and B.2): sequential or progressive, with any number of scans. */
export class JpegScanner implements PictureScanner {
  readonly mime = 'image/jpeg'
  /** What the next byte is: the FF of a marker, its second byte, a byte of a segment's length, of the segment, or coded data of a scan. */
  #next: 'marker' | 'code' | 'length' | 'lengthLow' | 'segment' | 'data' = 'marker'
  /** Second byte of the last marker that is none of coded data; 0 before SOI. */
  #code = 0
  /** Bytes that the segment still has. */
  #left = 0
  /** The start of the frame header. */
  readonly #frame: number[] = []

  get size (): PictureSize | undefined {
    const [, linesHigh = 0, linesLow = 0, samplesHigh = 0, samplesLow = 0] = this.#frame
    const size = { width: samplesHigh << 8 | samplesLow, height: linesHigh << 8 | linesLow }
    // 0 lines: their number comes behind the first scan (B.2.5), which is rare enough to say nothing.
    return size.width > 0 && size.height > 0 ? size : undefined
  }

  get owed (): number { return this.#left }

  /** Reads on; see {@link PictureScanner.scan}. @throws MediaError `INVALID_SEGMENT` */
  scan (bytes: Uint8Array, from: number, to: number): number | undefined {
    let at = from
    while (at < to) {
      if (this.#next === 'data') {
        while (at < to && bytes[at] !== 0xff) at++
        if (at++ < to) this.#next = 'code'
      } else if (this.#next === 'segment') {
        at = this.#readSegment(bytes, at, to)
      } else if (this.#readByte(bytes[at++]!)) {
        return at
      }
    }
    return undefined
  }

  /** @returns whether the picture ends with this byte */
  #readByte (byte: number): boolean {
    if (this.#next === 'code') return this.#readCode(byte)
    if (this.#next === 'length') {
      this.#left = byte << 8
      this.#next = 'lengthLow'
    } else if (this.#next === 'lengthLow') {
      // It counts itself (B.1.1.4).
      this.#left += byte - 2
      if (this.#left < 0) throw invalid(`gives the length of a segment as ${this.#left + 2}`)
      this.#next = 'segment'
    } else if (byte === 0xff) {
      this.#next = 'code'
    } else {
      throw invalid(this.#code === 0 ? 'does not begin with FFD8' : `has ${hex(byte)} where a marker must begin`)
    }
    return false
  }

  #readCode (code: number): boolean {
    // Fill bytes (B.1.1.2).
    if (code === 0xff && this.#code !== 0) return false
    const isRestart = code >= RST0 && code <= RST7
    if (this.#code === SOS && (code === 0 || isRestart)) {
      this.#next = 'data'
    } else if ((code === SOI) !== (this.#code === 0)) {
      throw invalid(code === SOI ? 'has no end (FFD9) before the next one begins' : 'does not begin with FFD8')
    } else if (code < SOF0 || isRestart) {
      throw invalid(`has FF${hex(code)} where a marker must stand`)
    } else {
      this.#code = code
      this.#next = code === SOI ? 'marker' : 'length'
    }
    return code === EOI
  }

  #readSegment (bytes: Uint8Array, at: number, to: number): number {
    const end = Math.min(to, at + this.#left)
    const isFrame = this.#code >= SOF0 && this.#code <= SOF15 && !NO_FRAME.has(this.#code)
    if (isFrame) this.#frame.push(...bytes.subarray(at, Math.min(end, at + FRAME_BYTES - this.#frame.length)))
    this.#left -= end - at
    if (this.#left === 0) this.#next = this.#code === SOS ? 'data' : 'marker'
    return end
  }
}

function invalid (what: string): MediaError {
  return new MediaError('INVALID_SEGMENT', `A JPEG picture ${what}: send each picture whole, and nothing between them`)
}

function hex (byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
