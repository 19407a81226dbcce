// MP3: MPEG audio of Layer III (ISO/IEC 11172-3 and 13818-3, 2.4.1.3 and 2.4.2.3; the rates below 16 kHz, called MPEG-2.5, are in no ISO
// standard).
import { beginsWithFrames, FrameSplitter, goesOnWithFrames } from './frame-splitter.js'
import type { FrameFormat, FrameHeader } from './frame.js'
import { MediaError } from '../media-error.js'
import type { SplitterOptions } from '../segment.js'

const HEADER_BYTES = 4
/** By the two bits of the version: MPEG-2.5, reserved, MPEG-2, MPEG-1. */
const RATES = [[11025, 12000, 8000], [], [22050, 24000, 16000], [44100, 48000, 32000]]
const MPEG_1 = 3
/** Of Layer III in kbit/s, by bitrate_index; 0 is the free format, which gives no frame length. */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
/** The two bits of the layer. */
const LAYER_III = 1
const MONO = 3
/**
 * Marks of a first frame without audio, after its (empty) side information; the mark VBRI has a fixed position.
 */
const INFORMATION = new Set(['Xing', 'Info'])
const VBRI_AT = 36

const MP3: FrameFormat = {
  mime: 'audio/mpeg',
  headerBytes: HEADER_BYTES,
  isNamedByTag: true,
  readHeader,
  refusal,
  isInformation
}

/**
 * Whether a body is MP3: three frames in a row, perhaps after an ID3v2 tag. A tag longer than 4096 bytes is taken for MP3's, so ADTS is
 * checked first.
 * @returns undefined if more bytes are needed to tell; 4096 are always enough
 */
export function isMp3 (first: Uint8Array): boolean | undefined {
  return beginsWithFrames(first, MP3)
}

/** Whether a body of no other format begins inside MP3, like a relay's. @param first - 4096 bytes of it, or all */
export function goesOnAsMp3 (first: Uint8Array): boolean {
  return goesOnWithFrames(first, MP3)
}

/**
 * Splits MP3 into groups of frames. A frame that only describes a file (Xing, Info, VBRI) is dropped: browsers would play it as silence.
 */
export class Mp3Splitter extends FrameSplitter {
  /** @param options.segmentDuration - seconds, 0.25 by default */
  constructor (options: SplitterOptions) {
    super(MP3, options)
  }
}

function readHeader (bytes: Uint8Array, at: number): FrameHeader | undefined {
  const { version, layer, isSync } = readStart(bytes, at)
  const rate = RATES[version]![bytes[at + 2]! >> 2 & 3]
  const bitRate = (version === MPEG_1 ? BIT_RATES_1 : BIT_RATES_2)[bytes[at + 2]! >> 4]
  if (!isSync || layer !== LAYER_III || rate === undefined || bitRate === undefined || bitRate === 0) return undefined
  const samples = version === MPEG_1 ? 1152 : 576
  const padding = bytes[at + 2]! >> 1 & 1
  // 2.4.3.1: the bytes for its samples at the bit rate, rounded down, plus one if the padding bit is set.
  return { size: Math.floor(samples * bitRate * 125 / rate) + padding, samples, rate, channels: bytes[at + 3]! >> 6 === MONO ? 1 : 2 }
}

function readStart (bytes: Uint8Array, at: number): { isSync: boolean, version: number, layer: number } {
  const second = bytes[at + 1]!
  return { isSync: bytes[at] === 0xff && second >= 0xe0, version: second >> 3 & 3, layer: second >> 1 & 3 }
}

function refusal (bytes: Uint8Array): MediaError {
  const { isSync, layer } = readStart(bytes, 0)
  if (isSync && layer > LAYER_III) {
    return new MediaError('UNSUPPORTED_MEDIA', `MPEG audio of Layer ${layer === 2 ? 'II' : 'I'} does not play in every browser: encode ` +
      'as Layer III (ffmpeg: -c:a libmp3lame -f mp3)')
  }
  return new MediaError('INVALID_SEGMENT', 'There is no MP3 frame of a known length where one must begin: send the encoder\'s bytes in ' +
    'order, with none left out, and not in the free format (ffmpeg: -c:a libmp3lame -f mp3)')
}

function isInformation (frame: Uint8Array): boolean {
  const { version } = readStart(frame, 0)
  const isMono = frame[3]! >> 6 === MONO
  const sideInformation = version === MPEG_1 ? (isMono ? 17 : 32) : (isMono ? 9 : 17)
  return INFORMATION.has(textAt(frame, HEADER_BYTES + sideInformation)) || textAt(frame, VBRI_AT) === 'VBRI'
}

function textAt (bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
