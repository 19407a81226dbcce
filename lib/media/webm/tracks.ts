// Reads Info and Tracks (RFC 9559, 5.1.2 and 5.1.4) and makes the init segment from them: the same bytes for the same tracks, whichever
// muxer wrote them, with nothing in it that any engine is known to refuse.
import { joined } from '../byte-queue.js'
import { av1Codec, vpCodec } from '../codec-string.js'
import { MediaError } from '../media-error.js'
import type { InitSegment } from '../segment.js'
import { ID, element, malformed, readElements, readString, readUnsigned, unsignedElement } from './ebml.js'
import type { Element } from './ebml.js'

/** A track for viewers. */
export interface Track {
  /** The TrackNumber, by which blocks name it. */
  readonly number: number
  readonly kind: 'video' | 'audio'
  /** The duration of each of its frames, in units of the TimestampScale, if the publisher gives it. */
  readonly frameDuration: number | undefined
}

/** The data needed to read the blocks of the clusters that follow. */
export interface Programme {
  readonly init: InitSegment
  /** Nanoseconds per unit of all times: the TimestampScale. */
  readonly scale: number
  /** By TrackNumber: the first video track and the first audio track. */
  readonly tracks: ReadonlyMap<number, Track>
}

interface Entry extends Track {
  readonly codec: string
  readonly picture: { readonly width: number, readonly height: number } | undefined
  readonly bytes: Uint8Array
}

const KINDS = new Map<number, Track['kind']>([[1, 'video'], [2, 'audio']])

// AlphaMode and MaxBlockAdditionID are left out: WebKit refuses a track of Chromium's MediaRecorder that announces alpha and has none. So
// are names, languages and UIDs, which differ from one start of an encoder to the next.
const KEPT = new Set<number>([
  ID.TrackNumber, ID.TrackType, ID.FlagLacing, ID.DefaultDuration, ID.CodecPrivate, ID.CodecDelay, ID.SeekPreRoll, ID.Audio
])
const NOT_KEPT_OF_VIDEO = new Set<number>([ID.AlphaMode, ID.Void, ID.CRC32])

const APP = new TextEncoder().encode('fastify-media-sse')

// The EBML header (RFC 8794, 11.2): versions 1, IDs of up to 4 bytes, sizes of up to 8, DocType webm in version 4, readable from version 2
// on.
const EBML_HEADER = element(ID.EBML,
  unsignedElement(0x4286, 1), unsignedElement(0x42f7, 1), unsignedElement(0x42f2, 4), unsignedElement(0x42f3, 8),
  element(ID.DocType, new TextEncoder().encode('webm')), unsignedElement(0x4287, 4), unsignedElement(0x4285, 2))

const ENDLESS_SEGMENT = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

/**
 * Checks the EBML header at the start of a body (RFC 8794, 11.2).
 * @throws MediaError `UNSUPPORTED_MEDIA` if its DocType is neither WebM nor Matroska, `INVALID_SEGMENT` if it is malformed
 */
export function checkDocType (header: Uint8Array): void {
  const docType = readString(readElements(header).find(({ id }) => id === ID.DocType)?.body ?? new Uint8Array(0))
  if (docType !== 'webm' && docType !== 'matroska') {
    throw new MediaError('UNSUPPORTED_MEDIA', `The EBML header names the DocType ${JSON.stringify(docType)}: send WebM (ffmpeg: -f webm)`)
  }
}

/**
 * Reads the bodies of Info and Tracks. Keeps the first of several tracks of one kind, and drops tracks that are neither audio nor video.
 * @throws MediaError `UNSUPPORTED_MEDIA` for a codec that browsers do not play in WebM, for encrypted or compressed tracks, and without any
 * audio or video track; `INVALID_SEGMENT` if something is malformed
 */
export function readProgramme (info: Uint8Array, tracks: Uint8Array): Programme {
  const scale = unsignedOf(readElements(info), ID.TimestampScale) ?? 1_000_000
  if (scale === 0) throw malformed('Info has a TimestampScale of 0')
  const kept: Entry[] = []
  for (const { id, body } of readElements(tracks)) {
    if (id !== ID.TrackEntry) continue
    const fields = readElements(body)
    const kind = KINDS.get(unsignedOf(fields, ID.TrackType) ?? 0)
    if (kind !== undefined && !kept.some(entry => entry.kind === kind)) kept.push(readEntry(kind, fields, scale))
  }
  if (kept.length === 0) throw new MediaError('UNSUPPORTED_MEDIA', 'Tracks has no audio or video track: publish at least one')
  return {
    init: initOf(kept, scale),
    scale,
    tracks: new Map(kept.map(({ number, kind, frameDuration }) => [number, { number, kind, frameDuration }]))
  }
}

function readEntry (kind: Track['kind'], fields: Element[], scale: number): Entry {
  const number = unsignedOf(fields, ID.TrackNumber) ?? 0
  if (number === 0) throw malformed('A track has no TrackNumber')
  if (fields.some(({ id }) => id === ID.ContentEncodings)) {
    throw new MediaError('UNSUPPORTED_MEDIA', `Track ${number} is encrypted or compressed (ContentEncodings): send it as the ` +
      'encoder made it')
  }
  const codecId = readString(bodyOf(fields, ID.CodecID))
  const codec = codecOf(codecId, bodyOf(fields, ID.CodecPrivate))
  const nanoseconds = unsignedOf(fields, ID.DefaultDuration) ?? 0
  const video = kind === 'video' ? readElements(bodyOf(fields, ID.Video)) : []
  const parts = fields.filter(({ id }) => KEPT.has(id)).map(({ id, body }) => element(id, body))
  parts.push(unsignedElement(ID.TrackUID, number), element(ID.CodecID, new TextEncoder().encode(codecId)))
  if (kind === 'video') {
    parts.push(element(ID.Video, ...video.filter(({ id }) => !NOT_KEPT_OF_VIDEO.has(id)).map(({ id, body }) => element(id, body))))
  }
  return {
    number,
    kind,
    frameDuration: nanoseconds === 0 ? undefined : nanoseconds / scale,
    codec,
    picture: kind === 'video'
      ? { width: unsignedOf(video, ID.PixelWidth) ?? 0, height: unsignedOf(video, ID.PixelHeight) ?? 0 }
      : undefined,
    bytes: element(ID.TrackEntry, ...parts)
  }
}

// Codecs that another container does not make playable.
const REENCODED: ReadonlyArray<readonly [codecId: RegExp, says: string]> = [
  [/^A_(?:PCM|ALAC|AC3|EAC3|DTS|TRUEHD|MPEG|FLAC)/, 'encode the sound as Opus (ffmpeg: -c:a libopus)'],
  [/^V_(?!MPEG4\/ISO\/AVC|MPEGH)/, 'encode the video as VP8, VP9 or AV1 (ffmpeg: -c:v libvpx-vp9 -pix_fmt yuv420p)']
]

function codecOf (codecId: string, codecPrivate: Uint8Array): string {
  switch (codecId) {
    case 'V_VP8': return 'vp8'
    case 'V_VP9': return vp9Codec(codecPrivate)
    case 'V_AV1': return av1Codec(codecPrivate)
    case 'A_OPUS': return 'opus'
    case 'A_VORBIS': return 'vorbis'
  }
  const says = REENCODED.find(([name]) => name.test(codecId))?.[1] ??
    'send fragmented MP4 instead (ffmpeg: -f mp4 -movflags cmaf+frag_keyframe; MediaRecorder: mimeType video/mp4), or encode as VP8, ' +
      'VP9 or AV1, and Opus'
  throw new MediaError('UNSUPPORTED_MEDIA', `Browsers do not play ${JSON.stringify(codecId)} in WebM: ${says}`)
}

// "VP9 Codec Feature Metadata" (WebM Container Guidelines): an ID, a length and a value for each; 1 is the profile, 2 the level, 3 the bit
// depth. It is optional; without it, plain `vp9` names what all engines play: profile 0.
function vp9Codec (features: Uint8Array): string {
  const [profile, level, depth] = [1, 2, 3].map(wanted => {
    for (let at = 0; at + 2 < features.length; at += 2 + features[at + 1]!) if (features[at] === wanted) return features[at + 2]
    return undefined
  })
  return profile === undefined || level === undefined || depth === undefined
    ? 'vp9'
    : vpCodec('vp09', Uint8Array.of(profile, level, depth << 4))
}

function initOf (entries: Entry[], scale: number): InitSegment {
  const picture = entries.find(entry => entry.picture !== undefined)?.picture
  const header = [
    EBML_HEADER,
    ENDLESS_SEGMENT,
    element(ID.Info, unsignedElement(ID.TimestampScale, scale), element(ID.MuxingApp, APP), element(ID.WritingApp, APP)),
    element(ID.Tracks, ...entries.map(({ bytes }) => bytes))
  ]
  return {
    bytes: joined(header),
    kind: picture === undefined ? 'audio' : entries.length > 1 ? 'av' : 'video',
    mime: `${picture === undefined ? 'audio' : 'video'}/webm; codecs="${entries.map(({ codec }) => codec).join(',')}"`,
    mode: 'segments',
    ...picture
  }
}

function bodyOf (fields: Element[], wanted: number): Uint8Array {
  return fields.find(({ id }) => id === wanted)?.body ?? new Uint8Array(0)
}

function unsignedOf (fields: Element[], wanted: number): number | undefined {
  const found = fields.find(({ id }) => id === wanted)
  if (found === undefined) return undefined
  const value = readUnsigned(found.body)
  if (value > Number.MAX_SAFE_INTEGER) throw malformed('A number in Info or Tracks is above 2^53')
  return value
}
