// What is told of a format of bare audio, and of a frame of it.
import type { MediaError } from '../media-error.js'

/** What a frame's header says. */
export interface FrameHeader {
  /** Of the whole frame, in bytes. */
  readonly size: number
  /** Samples per channel that it decodes to. */
  readonly samples: number
  /** Samples per second. */
  readonly rate: number
  /** 0 where the header does not tell. */
  readonly channels: number
}

/** A format of frames. */
export interface FrameFormat {
  /** As browsers know it. */
  readonly mime: string
  /** Of a frame, as far as {@link FrameFormat.readHeader} reads it. */
  readonly headerBytes: number
  /** Whether an ID3v2 tag alone, too long to see behind, names it. */
  readonly isNamedByTag: boolean
  /** @returns undefined where no frame begins with these bytes, which are enough */
  readHeader (bytes: Uint8Array, at: number): FrameHeader | undefined
  /** Why there is no frame where one must begin. */
  refusal (bytes: Uint8Array): MediaError
  /** Whether the first frame of a file is only information about the others, and decodes to silence. */
  isInformation (frame: Uint8Array): boolean
}

/** Rate and channels in one number. */
export function configOf ({ rate, channels }: FrameHeader): number {
  return rate * 16 + channels
}

/** The rate of such a number. */
export function rateOf (config: number): number {
  return Math.floor(config / 16)
}
