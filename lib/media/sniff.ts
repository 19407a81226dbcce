// Detects the format of a body by its first bytes, else by its media type.
import { AdtsSplitter, goesOnAsAdts, isAdts } from './audio/adts.js'
import { Mp3Splitter, goesOnAsMp3, isMp3 } from './audio/mp3.js'
import { JpegSplitter, isJpeg } from './image/jpeg.js'
import { isMultipart } from './image/multipart-start.js'
import { MultipartSplitter } from './image/multipart.js'
import { pictureType } from './image/picture-file.js'
import { PngSplitter, isPng } from './image/png.js'
import { IsoBmffSplitter, isIsoBmff } from './iso-bmff/splitter.js'
import { MediaError } from './media-error.js'
import { MpegTsSplitter, isMpegTs } from './mpeg-ts/splitter.js'
import { OpaqueSplitter } from './opaque.js'
import type { Splitter, SplitterOptions } from './segment.js'
import { textOf, textType } from './text.js'
import { unplayable } from './unplayable.js'
import { WebmSplitter, beginsWithWebmInit, isWebm } from './webm/splitter.js'

/** The maximum of bytes examined. */
export const SNIFF_BYTES = 4096

/** A recognised body. */
export interface Recognised {
  readonly splitter: Splitter
  /**
   * Whether it begins with an init segment, so that it is a whole programme; undefined if each body of its kind is self-contained.
   */
  readonly beginsWithInit: boolean | undefined
}

/** A container: its names, its detection and its splitter. */
interface Container {
  /** The media types that name it. Pictures have none here: an unrecognised body with a picture's type is passed on as it is. */
  readonly names?: RegExp
  /**
   * Whether a body that begins with these bytes is one; undefined if further bytes would decide. `last`: no more will come before the
   * decision.
   */
  readonly is: (first: Uint8Array, last: boolean) => boolean | undefined
  /** Whether a body that begins neither in this format nor in another continues one. */
  readonly goesOnAs?: (first: Uint8Array) => boolean
  readonly split: (options: SplitterOptions) => Splitter
  /** Absent if each body is self-contained; undefined if further bytes would decide. */
  readonly beginsWithInit?: (first: Uint8Array) => boolean | undefined
}

const CONTAINERS: readonly Container[] = [
  {
    names: /^(?:(?:video|audio|application)\/mp4|(?:video|audio)\/(?:iso\.segment|x-m4[av]|quicktime))$/,
    is: isIsoBmff,
    split: options => new IsoBmffSplitter(options),
    beginsWithInit: beginsWithMovie
  },
  {
    names: /^(?:video|audio|application)\/(?:webm|(?:x-)?matroska)$/,
    is: isWebm,
    split: options => new WebmSplitter(options),
    beginsWithInit: beginsWithWebmInit
  },
  { names: /^video\/(?:mp2t|mpegts)$/, is: isMpegTs, split: options => new MpegTsSplitter(options) },
  { is: isJpeg, split: options => new JpegSplitter(options) },
  { is: isPng, split: options => new PngSplitter(options) },
  { names: /^multipart\/x-mixed-replace$/, is: isMultipart, split: options => new MultipartSplitter(options) },
  { names: /^audio\/(?:aacp?|x-aac)$/, is: isAdts, goesOnAs: goesOnAsAdts, split: options => new AdtsSplitter(options) },
  { names: /^audio\/(?:mpeg|mp3|x-mp3)$/, is: isMp3, goesOnAs: goesOnAsMp3, split: options => new Mp3Splitter(options) }
]

// RFC 9110, 8.3.1. It is sent again as a header, so it may hold only what a header may.
const MEDIA_TYPE = /^([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;[\x20-\x7e]*)?$/
// Default types of clients, which say nothing about the body.
const NAMES_NOTHING = /^(?:application\/octet-stream|application\/x-www-form-urlencoded|multipart\/form-data)$/
const NAMES_MANIFEST = /^(?:application\/(?:dash\+xml|vnd\.apple\.mpegurl|x-mpegurl)|audio\/(?:x-)?mpegurl)$/
// Names that say no more of a text than its characters do, or contradict them: text is no font and no recording.
const NAMES_NO_TEXT = /^(?:text\/plain|(?:image|video|audio|font|multipart)\/(?!.*\+(?:xml|json)$).*)$/
// Media Source Extensions play only recognised formats, so an unrecognised body of these types is unplayable.
const NAMES_MEDIA = /^(?:video|audio)\//
const NAMES_PADDING = new Set(['free', 'skip'])
// The minimum that identifies an MP4: the header of a box.
const LEAST = 8
const MEDIA = 'fragmented MP4 (ffmpeg: -c copy -f mp4 -movflags cmaf+frag_keyframe), WebM, MPEG-TS, AAC or MP3'

/**
 * Recognises a body by its first bytes. The result does not depend on how they are divided: if more of them would decide, it asks for more.
 * @param first - all bytes so far; more than {@link SNIFF_BYTES} are not needed
 * @param complete - whether no more will come before the decision
 * @param contentType - its media type, parameters included
 * @returns `manifest` for a playlist or an MPD, `more` if further bytes are needed
 * @throws MediaError `UNSUPPORTED_MEDIA` if the bytes are not recognised and the type says nothing, or contradicts them, or names something
 * that browsers do not play
 */
export function recognise (
  first: Uint8Array, complete: boolean, contentType: string | undefined, options: SplitterOptions
): Recognised | 'manifest' | 'more' {
  const last = complete || first.length >= SNIFF_BYTES
  if (first.length < LEAST && !last) return 'more'
  const type = contentType?.trim() ?? ''
  const named = MEDIA_TYPE.exec(type)?.[1]?.toLowerCase()
  const name = named === undefined || NAMES_NOTHING.test(named) ? undefined : named
  const picture = pictureType(first)
  if (picture === 'more' && !last) return 'more'
  if (picture !== undefined && picture !== 'more') return opaque(picture, options)
  const text = textOf(first.subarray(0, SNIFF_BYTES), complete && first.length <= SNIFF_BYTES)
  let open = false
  for (const container of CONTAINERS) {
    const is = container.is(first, last)
    // A partial match is accepted if the type agrees, or nothing else is known.
    // Text may begin like a transport packet, with a G.
    const fits = is ?? (last && text === undefined && (name === undefined || container.names?.test(name)))
    if (fits === true) {
      const begins = container.beginsWithInit?.(first)
      if (begins === undefined && container.beginsWithInit !== undefined && !last) return 'more'
      return { splitter: container.split(options), beginsWithInit: container.beginsWithInit === undefined ? undefined : begins === true }
    }
    open ||= is === undefined
  }
  if ((open || text !== undefined) && !last) return 'more'
  const why = unplayable(first)
  if (why !== undefined) throw new MediaError('UNSUPPORTED_MEDIA', why)
  if (text !== undefined) return byText(text, name, type, options)
  const late = CONTAINERS.filter(({ names, goesOnAs }) => goesOnAs !== undefined && (name === undefined || names?.test(name)))
  if (late.length > 0 && !last) return 'more'
  const found = late.find(({ goesOnAs }) => goesOnAs?.(first))
  return found === undefined ? byName(name, type, options) : { splitter: found.split(options), beginsWithInit: undefined }
}

// ISO/IEC 14496-12, 4.3 and 8.2.1; empty boxes (8.1.2) may come before.
function beginsWithMovie (first: Uint8Array): boolean | undefined {
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
  for (let at = 0; at + LEAST <= first.length; at += Math.max(LEAST, view.getUint32(at))) {
    const type = String.fromCharCode(...first.subarray(at + 4, at + 8))
    if (!NAMES_PADDING.has(type)) return type === 'ftyp' || type === 'moov'
  }
  return undefined
}

// Characters identify text, and often its kind; the given type can only be more specific.
function byText (text: string, name: string | undefined, type: string, options: SplitterOptions): Recognised | 'manifest' {
  const shown = textType(text)
  if (shown === 'manifest') return shown
  if (name === undefined || (shown !== undefined && NAMES_NO_TEXT.test(name))) return opaque(shown ?? 'text/plain; charset=utf-8', options)
  return NAMES_MANIFEST.test(name) ? 'manifest' : byName(name, type, options)
}

function byName (name: string | undefined, type: string, options: SplitterOptions): Recognised {
  if (name === undefined) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The body does not begin like media, and names no media type: send ${MEDIA}, pictures or ` +
      'text, or a Content-Type such as application/cbor')
  }
  if (NAMES_MANIFEST.test(name) || CONTAINERS.some(({ names }) => names?.test(name))) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The body is named ${name}, but does not begin as such: send it from its first byte`)
  }
  if (NAMES_MEDIA.test(name)) {
    throw new MediaError('UNSUPPORTED_MEDIA', `The body is named ${name}, but begins like nothing that browsers play: send ${MEDIA}`)
  }
  return opaque(type, options)
}

function opaque (mime: string, { maxSegmentBytes }: SplitterOptions): Recognised {
  return { splitter: new OpaqueSplitter({ mime, maxSegmentBytes }), beginsWithInit: undefined }
}
