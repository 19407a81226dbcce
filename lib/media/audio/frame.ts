// A format of bare audio, and the header of one of its frames.
import type { MediaError } from '../media-error.js'

/** The contents of a frame's header. */
export interface FrameHeader {
  /** Of the whole frame, in bytes. */
  readonly size: number
  /** Decoded samples per channel. */
  readonly samples: number
  /** Samples per second. */
  readonly rate: number
  /** 0 if the header does not say. */
  readonly channels: number
}

/** A format of frames. */
export interface FrameFormat {
  /** The browsers' name for it. */
  readonly mime: string
  /** The part of a frame that {@link FrameFormat.readHeader} reads. */
  readonly headerBytes: number
  /** Whether a body that starts with an ID3v2 tag too long to look past is taken for this format. */
  readonly isNamedByTag: boolean
  /** @returns undefined if no frame begins with these bytes, which must be enough */
  readHeader (bytes: Uint8Array, at: number): FrameHeader | undefined
  /** The error for bytes that are not a frame. */
  refusal (bytes: Uint8Array): MediaError
  /** Whether the first frame of a file only describes the others, and decodes to silence. */
  isInformation (frame: Uint8Array): boolean
}

/** Rate and channels in one number. */
export function configOf ({ rate, channels }: FrameHeader): number {
  return rate * 16 + channels
}

/** The rate in that number. */
export function rateOf (config: number): number {
  return Math.floor(config / 16)
}
