// The audio frames in the payload of a PES packet: AAC in ADTS (ISO/IEC 13818-7, 6.2), and MPEG audio (ISO/IEC 11172-3, 2.4.1; 13818-3).

/** The frames that begin in a PES packet. */
export interface AudioFrames {
  /** RFC 6381: `mp4a.40.2`; `mp4a.6B` for MPEG-1 audio and `mp4a.69` for MPEG-2 audio, of any layer. */
  readonly codec: string
  /** Their duration. */
  readonly seconds: number
}

interface Frame {
  readonly codec: string
  /** Bytes, header included. */
  readonly length: number
  readonly seconds: number
}

const ADTS_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
const MPEG_RATES = [44100, 48000, 32000]
// Kilobits per second by bitrate_index: MPEG-1 layers I, II, III; MPEG-2 layer I, layers II and III.
const BIT_RATES = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
]

/**
 * Reads the frames that begin in a PES packet. The bytes before the first one may belong to a frame of the packet before.
 * @param bytes - the packet's elementary stream
 * @returns undefined if no frame begins in it
 */
export function readAudioFrames (coding: 'adts' | 'mpeg-audio', bytes: Uint8Array): AudioFrames | undefined {
  const read = coding === 'adts' ? readAdts : readMpegAudio
  let codec: string | undefined
  let seconds = 0
  for (let at = 0; at + 4 <= bytes.length;) {
    const frame = read(bytes, at)
    // A frame that ends here is followed by another: otherwise it only looks like a header.
    if (frame === undefined || (at + frame.length + 9 <= bytes.length && read(bytes, at + frame.length) === undefined)) {
      at++
      continue
    }
    codec ??= frame.codec
    seconds += frame.seconds
    at += frame.length
  }
  return codec === undefined ? undefined : { codec, seconds }
}

function readAdts (bytes: Uint8Array, at: number): Frame | undefined {
  if (bytes.length < at + 7 || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined
  const rate = ADTS_RATES[bytes[at + 2]! >> 2 & 15]
  const length = (bytes[at + 3]! & 3) << 11 | bytes[at + 4]! << 3 | bytes[at + 5]! >> 5
  if (rate === undefined || length < 7) return undefined
  const blocks = 1 + (bytes[at + 6]! & 3)
  return { codec: `mp4a.40.${1 + (bytes[at + 2]! >> 6)}`, length, seconds: blocks * 1024 / rate }
}

function readMpegAudio (bytes: Uint8Array, at: number): Frame | undefined {
  const [sync, kind, rates] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!]
  // 3 is MPEG-1, 2 is MPEG-2, 0 its extension to lower rates.
  const version = kind >> 3 & 3
  const layer = 4 - (kind >> 1 & 3)
  const fullRate = MPEG_RATES[rates >> 2 & 3]
  if (sync !== 0xff || kind >> 5 !== 7 || version === 1 || layer === 4 || fullRate === undefined) return undefined
  const first = version === 3
  const kilobits = BIT_RATES[first ? layer - 1 : layer === 1 ? 3 : 4]![rates >> 4]
  if (!kilobits) return undefined
  const rate = fullRate / (first ? 1 : version === 2 ? 2 : 4)
  const samples = layer === 1 ? 384 : layer === 3 && !first ? 576 : 1152
  const slot = layer === 1 ? 4 : 1
  const length = (Math.floor(samples / 8 / slot * kilobits * 1000 / rate) + (rates >> 1 & 1)) * slot
  return { codec: first ? 'mp4a.6B' : 'mp4a.69', length, seconds: samples / rate }
}
