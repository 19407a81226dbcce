// One small reader per box, in the words of ISO/IEC 14496-12. Each throws MediaError `INVALID_SEGMENT` if its box is shorter than its
// fields. Times are in the units of the box: the media timescale, or the movie timescale if a comment says so.
import { FieldReader, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'

/** MovieHeaderBox, 8.2.2. Returns the movie timescale in units per second. */
export function readMvhd (mvhd: Box): number {
  return readAfterTimes(mvhd)
}

/** MediaHeaderBox, 8.4.2. Returns the media timescale in units per second. */
export function readMdhd (mdhd: Box): number {
  return readAfterTimes(mdhd)
}

/** TrackHeaderBox, 8.3.2. Returns the track_ID. */
export function readTkhd (tkhd: Box): number {
  return readAfterTimes(tkhd)
}

// All three headers begin with creation and modification time, 64 bits wide each in version 1, followed by the wanted field.
function readAfterTimes (header: Box): number {
  const reader = new FieldReader(header)
  reader.skip(reader.fullBox().version === 1 ? 16 : 8)
  return reader.uint32()
}

/** HandlerBox, 8.4.3. Returns the handler_type: `vide`, `soun`, `text`, `subt`, `meta` … */
export function readHdlr (hdlr: Box): string {
  const reader = new FieldReader(hdlr)
  reader.skip(8)
  return reader.fourcc()
}

/** EditListBox, 8.6.6, reduced to the fields that move the presentation of a live track. */
export interface Edit {
  /** Duration of the empty edits before the media, in the movie timescale. */
  readonly delay: number
  /** media_time of the first edit with media: the composition time that is presented first. */
  readonly mediaTime: number
}

/** EditListBox, 8.6.6. */
export function readElst (elst: Box): Edit {
  const reader = new FieldReader(elst)
  const wide = reader.fullBox().version === 1
  const count = reader.uint32()
  let delay = 0
  for (let entry = 0; entry < count; entry++) {
    const segmentDuration = wide ? reader.uint64() : reader.uint32()
    const mediaTime = wide ? reader.int64() : reader.int32()
    if (mediaTime !== -1) return { delay, mediaTime }
    delay += segmentDuration
    reader.skip(4)
  }
  return { delay, mediaTime: 0 }
}

/** A sample entry of the SampleDescriptionBox, 8.5.2, 12.1.3 and 12.2.3. */
export interface SampleEntry {
  /** The coding name: `avc1`, `mp4a` … */
  readonly type: string
  /** Picture width in pixels; 0 if the entry is not visual. */
  readonly width: number
  /** Picture height in pixels; 0 if the entry is not visual. */
  readonly height: number
  /** The box with the codec's configuration boxes as children. */
  readonly configuration: Box
}

/**
 * SampleDescriptionBox, 8.5.2: its first entry.
 * @param visual - whether the track's handler is `vide`: it decides where the entry's child boxes begin
 */
export function readStsd (stsd: Box, visual: boolean): SampleEntry {
  const reader = new FieldReader(stsd)
  reader.skip(8)
  const entry = reader.box()
  const fields = new FieldReader(entry)
  fields.skip(24)
  const width = visual ? fields.uint16() : 0
  const height = visual ? fields.uint16() : 0
  fields.skip(visual ? 50 : 4)
  return { type: entry.type, width, height, configuration: fields.rest() }
}

/**
 * The first sample entry of a track's MediaInformationBox (`minf` → `stbl` → `stsd`), 8.4.4, 8.5.
 * @param visual - as for {@link readStsd}
 */
export function readMinf (minf: Box, visual: boolean): SampleEntry {
  return readStsd(requiredBox(requiredBox(minf, 'stbl'), 'stsd'), visual)
}

/** The properties of a sample if its track run does not give them. */
export interface SampleDefaults {
  /** In the media timescale. */
  readonly duration: number
  /** In bytes. */
  readonly size: number
  /** Sample flags, 8.8.3.1. */
  readonly flags: number
}

/** TrackExtendsBox, 8.8.3. */
export function readTrex (trex: Box): SampleDefaults & { readonly trackId: number } {
  const reader = new FieldReader(trex)
  reader.skip(4)
  const trackId = reader.uint32()
  reader.skip(4)
  return { trackId, duration: reader.uint32(), size: reader.uint32(), flags: reader.uint32() }
}

/** The flag default-base-is-moof of a TrackFragmentHeaderBox, 8.8.7. */
export const BASE_IS_MOOF = 0x20000

/** TrackFragmentHeaderBox, 8.8.7. A default that is not in the box is undefined. */
export interface TrackFragmentHeader {
  readonly trackId: number
  /** Whether base-data-offset-present is set: sample data is then located by its position in a whole file. */
  readonly baseDataOffset: boolean
  /** Whether default-base-is-moof is set: sample data is then located relative to the beginning of the `moof`. */
  readonly baseIsMoof: boolean
  /** As in {@link SampleDefaults}. */
  readonly duration: number | undefined
  readonly size: number | undefined
  readonly flags: number | undefined
}

/** TrackFragmentHeaderBox, 8.8.7. */
export function readTfhd (tfhd: Box): TrackFragmentHeader {
  const reader = new FieldReader(tfhd)
  const { flags } = reader.fullBox()
  const trackId = reader.uint32()
  const baseDataOffset = (flags & 0x1) !== 0
  if (baseDataOffset) reader.skip(8)
  if (flags & 0x2) reader.skip(4)
  return {
    trackId,
    baseDataOffset,
    baseIsMoof: (flags & BASE_IS_MOOF) !== 0,
    duration: flags & 0x8 ? reader.uint32() : undefined,
    size: flags & 0x10 ? reader.uint32() : undefined,
    flags: flags & 0x20 ? reader.uint32() : undefined
  }
}

/** TrackFragmentBaseMediaDecodeTimeBox, 8.8.12. Returns baseMediaDecodeTime in the media timescale, exactly. */
export function readTfdt (tfdt: Box): bigint {
  const reader = new FieldReader(tfdt)
  return reader.fullBox().version === 1 ? reader.bigUint64() : BigInt(reader.uint32())
}

/** Whether the time of a `tfdt` or a `prft` has 64 bits, not 32: version 1. */
export function isWide ({ view, start }: Box): boolean {
  return view.getUint8(start) === 1
}

/** Whether sample flags (8.8.3.1) leave sample_is_non_sync_sample unset. */
export function isSync (flags: number): boolean {
  return (flags & 0x10000) === 0
}

/** A sample of a TrackRunBox, 8.8.8. */
export interface Sample extends SampleDefaults {
  /** sample_composition_time_offset, in the media timescale. */
  readonly offset: number
}

/** A summary of a TrackRunBox, 8.8.8. */
export interface TrackRun {
  /** The box's own version, which decides whether composition offsets are signed. */
  readonly version: number
  /** Position of the first sample's data, relative to the base of its track fragment; undefined if it follows the data before it. */
  readonly dataOffset: number | undefined
  readonly samples: number
  /** Sum of the samples' durations, in the media timescale. */
  readonly duration: number
  /** Sum of the samples' sizes in bytes. */
  readonly bytes: number
  /** Smallest composition time, relative to the run's first decode time; Infinity for a run without samples. */
  readonly earliest: number
  /** Largest composition time plus duration, likewise; -Infinity for a run without samples. */
  readonly latest: number
  /** Flags of the first sample. */
  readonly firstFlags: number
  /** Size of the first sample in bytes. */
  readonly firstSize: number
  /** Whether any sample is a sync sample. */
  readonly sync: boolean
}

/**
 * TrackRunBox, 8.8.8.
 * @param list - receives each sample, if given
 */
export function readTrun (trun: Box, defaults: SampleDefaults, list?: Sample[]): TrackRun {
  const reader = new FieldReader(trun)
  const { version, flags } = reader.fullBox()
  const samples = reader.uint32()
  const dataOffset = flags & 0x1 ? reader.int32() : undefined
  let firstFlags = flags & 0x4 ? reader.uint32() : undefined
  let firstSize: number | undefined
  let duration = 0
  let bytes = 0
  let earliest = Infinity
  let latest = -Infinity
  let sync = false
  // If no field is written per sample, any count fits in the box, so it must not drive a loop; and all samples except the first are the
  // same.
  const listed = flags & 0xf00 || list !== undefined ? samples : Math.min(samples, 2)
  // The box holds all fields of all samples: one check for all of them, as there may be tens of thousands.
  const has = (flag: number): boolean => (flags & flag) !== 0
  const [hasDuration, hasSize, hasFlags, hasOffset] = [has(0x100), has(0x200), has(0x400), has(0x800)]
  const { view } = trun
  let at = trun.end - reader.left
  reader.skip(4 * (+hasDuration + +hasSize + +hasFlags + +hasOffset) * samples)
  for (let sample = 0; sample < listed; sample++) {
    let { duration: sampleDuration, size, flags: written } = defaults
    let offset = 0
    if (hasDuration) {
      sampleDuration = view.getUint32(at)
      at += 4
    }
    if (hasSize) {
      size = view.getUint32(at)
      at += 4
    }
    if (hasFlags) {
      written = view.getUint32(at)
      at += 4
    }
    if (hasOffset) {
      // The composition offset is signed from version 1 on.
      offset = version === 0 ? view.getUint32(at) : view.getInt32(at)
      at += 4
    }
    const sampleFlags = sample === 0 ? firstFlags ??= written : written
    firstSize ??= size
    if (duration + offset < earliest) earliest = duration + offset
    duration += sampleDuration
    if (duration + offset > latest) latest = duration + offset
    bytes += size
    sync ||= isSync(sampleFlags)
    list?.push({ duration: sampleDuration, size, flags: sampleFlags, offset })
  }
  const unlisted = samples - listed
  duration += unlisted * defaults.duration
  return {
    version,
    dataOffset,
    samples,
    duration,
    bytes: bytes + unlisted * defaults.size,
    earliest,
    latest: unlisted > 0 ? duration : latest,
    firstFlags: firstFlags ?? defaults.flags,
    firstSize: firstSize ?? defaults.size,
    sync
  }
}
