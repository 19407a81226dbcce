// Recognises a sync picture by its own bytes, for encoders that set no sample flags: without flags, every picture looks like a sync sample.
import { FieldReader, requiredBox } from './box-reader.js'
import type { SampleEntry } from './boxes.js'

/** How the samples of an H.264 or HEVC track contain NAL units (ISO/IEC 14496-15, 4.3.2). */
export interface NalFormat {
  readonly codec: 'avc' | 'hevc'
  /** Bytes of the length before each NAL unit. */
  readonly lengthSize: number
}

// Position of lengthSizeMinusOne, in the two low bits of a byte (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1).
const RECORDS = { avc1: ['avc', 'avcC', 4], avc3: ['avc', 'avcC', 4], hvc1: ['hevc', 'hvcC', 21], hev1: ['hevc', 'hvcC', 21] } as const

/**
 * How a track's samples contain NAL units, from its sample entry; undefined for codecs without any.
 * @throws MediaError `INVALID_SEGMENT` if the configuration record is missing or too short
 */
export function nalFormat ({ type, configuration }: SampleEntry): NalFormat | undefined {
  if (!isNalType(type)) return undefined
  const [codec, record, at] = RECORDS[type]
  const reader = new FieldReader(requiredBox(configuration, record))
  reader.skip(at)
  return { codec, lengthSize: (reader.uint8() & 3) + 1 }
}

// The first slice comes after a dozen at most. All of them are examined in one step, and 15 MiB of empty ones are millions.
const MOST_UNITS = 1_024

/**
 * Whether a sample contains a picture at which decoding can start: a NAL unit of type 5 in H.264 (ITU-T H.264, 7.4.1.2.4), of type 16 to 21
 * in HEVC (ITU-T H.265, 7.4.2.2). Only complete NAL units count, among the first 1,024.
 * @param beginning - of the sample; units that begin after it are ignored
 * @param size - of the sample, in bytes
 */
export function isSyncPicture (beginning: Uint8Array, { codec, lengthSize }: NalFormat, size = beginning.length): boolean {
  for (let at = 0, units = 0; at + lengthSize < beginning.length && units < MOST_UNITS; units++) {
    let length = 0
    for (let index = 0; index < lengthSize; index++) length = length * 256 + beginning[at + index]!
    const first = beginning[at + lengthSize]!
    at += lengthSize + length
    const type = codec === 'avc' ? first & 31 : first >> 1 & 63
    if (at <= size && length > 0 && (codec === 'avc' ? type === 5 : type >= 16 && type <= 21)) return true
  }
  return false
}

function isNalType (type: string): type is keyof typeof RECORDS {
  return Object.hasOwn(RECORDS, type)
}
