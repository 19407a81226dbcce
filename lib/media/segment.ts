// What every container's splitter makes of a publisher's bytes: init segments and segments. Types only.

/** What a decoder needs before the first segment (ISO BMFF: `ftyp` + `moov`; WebM: EBML header + Tracks). Immutable, and shared by its segments. */
export interface InitSegment {
  /** The bytes to append first; absent for self-contained media such as JPEG. */
  readonly bytes?: Uint8Array
  /** Which media are in it: `av` has video and audio. */
  readonly kind: 'av' | 'video' | 'audio' | 'image' | 'other'
  /** The full type for `MediaSource.isTypeSupported`, with `codecs` (RFC 6381) naming exactly the audio and video tracks. */
  readonly mime: string
  /** The `SourceBuffer.mode` that fits: `segments` where the media carries timestamps, `sequence` where it does not. */
  readonly mode: 'segments' | 'sequence'
  /** Picture width in pixels, where there is video. */
  readonly width?: number
  /** Picture height in pixels, where there is video. */
  readonly height?: number
}

/** The unit that is published and announced: one or more fragments, verbatim. */
export interface MediaSegment {
  /** The init segment that this one needs; the same object exactly as long as the init bytes are the same. */
  readonly init: InitSegment
  /** The published bytes in an array of their own. */
  readonly bytes: Uint8Array
  /**
   * Earliest presentation time over the segment's tracks, in seconds on the publisher's timeline; undefined where the
   * bytes carry no time: the broadcast then takes that of arrival.
   */
  readonly start: number | undefined
  /** How long the segment lasts, in seconds. */
  readonly duration: number
  /** Whether it is a join point: decoding can start here. */
  readonly join: boolean
}

/** Cuts one publisher's bytes, however they arrive, into segments. The result does not depend on how the bytes are cut into pushes. */
export interface Splitter {
  /** The newest init segment; undefined until it is whole. */
  readonly init: InitSegment | undefined

  /**
   * Takes the next bytes. The array is kept until its segment is whole: the caller must not write to it any more.
   * @returns the segments whose last byte is among these bytes, oldest first
   * @throws MediaError as soon as the bytes tell; segments that the same push completed are returned first, and the next call throws.
   * After an error every further call throws it again.
   */
  push (bytes: Uint8Array): MediaSegment[]

  /**
   * Tells that the body has ended.
   * @returns the segments that only the end makes whole. A splitter may go on after a clean end, as where many requests carry one logical stream.
   * @throws MediaError `INVALID_SEGMENT` when the body ends inside a box or with an unfinished fragment, or the error that a push held back
   */
  end (): MediaSegment[]
}
