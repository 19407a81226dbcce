// The `codecs` parameter (RFC 6381) for a sample entry of ISO BMFF. The configuration readers take the bare configuration record, so other
// containers with the same record (Matroska's CodecPrivate) use them too.
import { FieldReader, bodyOf, boxOf, requiredBox } from './iso-bmff/box-reader.js'
import type { SampleEntry } from './iso-bmff/boxes.js'
import { MediaError } from './media-error.js'

/**
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1): `avc1.` and profile, compatibility and level in hexadecimal.
 * @param name - the coding name: `avc1`, or `avc3` for parameter sets in band
 * @throws MediaError `INVALID_SEGMENT` if the record is too short
 */
export function avcCodec (name: string, record: Uint8Array): string {
  const reader = new FieldReader(boxOf('avcC', record))
  return `${name}.${(reader.uint32() & 0xffffff).toString(16).padStart(6, '0')}`
}

/**
 * HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1) in the form of its Annex E: `hvc1.1.6.L93.B0`.
 * @param name - the coding name: `hvc1`, or `hev1` for parameter sets in band
 * @throws MediaError `INVALID_SEGMENT` if the record is too short
 */
export function hevcCodec (name: string, record: Uint8Array): string {
  const reader = new FieldReader(boxOf('hvcC', record))
  reader.skip(1)
  const profile = reader.uint8()
  const compatibility = reader.uint32()
  const constraints = Array.from({ length: 6 }, () => reader.uint8())
  const level = reader.uint8()
  const written = constraints.slice(0, constraints.findLastIndex(byte => byte !== 0) + 1)
  return [
    name,
    `${['', 'A', 'B', 'C'][profile >> 6]}${profile & 31}`,
    reverseBits(compatibility).toString(16).toUpperCase(),
    `${profile & 32 ? 'H' : 'L'}${level}`,
    ...written.map(byte => byte.toString(16).toUpperCase())
  ].join('.')
}

/**
 * AV1CodecConfigurationRecord (AV1 in ISOBMFF, 2.3.3 and 5): `av01.0.04M.08`.
 * @throws MediaError `INVALID_SEGMENT` if the record is too short
 */
export function av1Codec (record: Uint8Array): string {
  const reader = new FieldReader(boxOf('av1C', record))
  reader.skip(1)
  const profileAndLevel = reader.uint8()
  const bits = reader.uint8()
  const depth = bits & 0x20 ? 12 : bits & 0x40 ? 10 : 8
  return `av01.${profileAndLevel >> 5}.${digits(profileAndLevel & 31)}${bits & 0x80 ? 'H' : 'M'}.${digits(depth)}`
}

/**
 * VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding 1.0): `vp09.00.10.08`.
 * @param name - the coding name: `vp09` or `vp08`
 * @param record - without the version and flags of the FullBox
 * @throws MediaError `INVALID_SEGMENT` if the record is too short
 */
export function vpCodec (name: string, record: Uint8Array): string {
  const reader = new FieldReader(boxOf('vpcC', record))
  const profile = reader.uint8()
  // Chromium's MediaRecorder writes level 0 ("undefined"), which Chromium's own isTypeSupported refuses; 1.0 is the lowest it accepts.
  const level = reader.uint8() || 10
  return `${name}.${digits(profile)}.${digits(level)}.${digits(reader.uint8() >> 4)}`
}

/**
 * ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5, in the `esds` box of ISO/IEC 14496-14, 5.6): `mp4a.40.2`, or `mp3`.
 * @param descriptor - without the version and flags of the FullBox
 * @throws MediaError `INVALID_SEGMENT` if it is too short, or has descriptors other than the standard's
 */
export function mp4aCodec (descriptor: Uint8Array): string {
  const reader = new FieldReader(boxOf('esds', descriptor))
  expectDescriptor(reader, 0x03)
  reader.skip(2)
  const flags = reader.uint8()
  if (flags & 0x80) reader.skip(2) // dependsOn_ES_ID
  if (flags & 0x40) reader.skip(reader.uint8()) // URLstring
  if (flags & 0x20) reader.skip(2) // OCR_ES_Id
  expectDescriptor(reader, 0x04)
  const objectType = reader.uint8()
  if (objectType === 0x6b) return 'mp3'
  if (objectType !== 0x40) return `mp4a.${objectType.toString(16)}`
  reader.skip(12)
  expectDescriptor(reader, 0x05)
  const config = reader.uint16()
  // AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): five bits, and six more if those are all ones.
  const audioObjectType = config >> 11 === 31 ? 32 + (config >> 5 & 63) : config >> 11
  return `mp4a.40.${audioObjectType}`
}

/** ISO/IEC 23003-5, and QuickTime's. */
const PCM = /^(?:[ilf]pcm|sowt|twos|in24|in32|fl32|fl64|raw )$/

const CODECS = new Map<string, (entry: SampleEntry) => string>([
  ['avc1', entry => avcCodec(entry.type, record(entry, 'avcC'))],
  ['avc3', entry => avcCodec(entry.type, record(entry, 'avcC'))],
  ['hvc1', entry => hevcCodec(entry.type, record(entry, 'hvcC'))],
  ['hev1', entry => hevcCodec(entry.type, record(entry, 'hvcC'))],
  ['av01', entry => av1Codec(record(entry, 'av1C'))],
  ['vp08', entry => vpCodec(entry.type, fullRecord(entry, 'vpcC'))],
  ['vp09', entry => vpCodec(entry.type, fullRecord(entry, 'vpcC'))],
  ['mp4a', entry => mp4aCodec(fullRecord(entry, 'esds'))],
  ['Opus', () => 'opus'],
  ['fLaC', () => 'flac'],
  ['ac-3', () => 'ac-3'],
  ['ec-3', () => 'ec-3']
])

/**
 * The RFC 6381 string of an audio or video sample entry.
 * @throws MediaError `UNSUPPORTED_MEDIA` for a coding name that is not in the table, `INVALID_SEGMENT` for a malformed configuration
 */
export function codecString (entry: SampleEntry): string {
  const codec = CODECS.get(entry.type)
  if (codec === undefined) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The sample entry ${JSON.stringify(entry.type)} is none that browsers play: ` +
      `${remedyOf(entry)}`)
  }
  return codec(entry)
}

function remedyOf ({ type, width }: SampleEntry): string {
  // ISO/IEC 23001-7, 4.1: the names of encrypted entries.
  if (/^enc/.test(type)) return 'send it without encryption'
  if (width > 0) return 'encode the video as H.264 (ffmpeg: -c:v libx264 -pix_fmt yuv420p), or as HEVC, AV1 or VP9'
  const name = type === 'alac' ? 'it is ALAC; ' : PCM.test(type) ? 'it is PCM; ' : ''
  return `${name}encode the sound as AAC (ffmpeg: -c:a aac), or as Opus`
}

function record (entry: SampleEntry, type: string): Uint8Array {
  return bodyOf(requiredBox(entry.configuration, type))
}

function fullRecord (entry: SampleEntry, type: string): Uint8Array {
  const reader = new FieldReader(requiredBox(entry.configuration, type))
  reader.fullBox()
  return bodyOf(reader.rest())
}

// A descriptor's size is in groups of seven bits, at most four of them (ISO/IEC 14496-1, 8.3.3).
function expectDescriptor (reader: FieldReader, tag: number): void {
  const found = reader.uint8()
  if (found !== tag) {
    throw new MediaError('INVALID_SEGMENT', `The esds box has descriptor ${found} where ${tag} must be: send its bytes as the encoder ` +
      'wrote them')
  }
  for (let group = 0; group < 4 && reader.uint8() & 0x80; group++);
}

function digits (value: number): string {
  return String(value).padStart(2, '0')
}

function reverseBits (value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed << 1 | value >>> bit & 1
  return reversed >>> 0
}
