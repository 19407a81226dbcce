// The output of every container's splitter: init segments and segments. Types only.

/**
 * What a decoder needs before the first segment (ISO BMFF: `ftyp` + `moov`; WebM: EBML header + Tracks). Immutable, and shared by its
 * segments.
 */
export interface InitSegment {
  /** The bytes to append first; absent for self-contained media such as JPEG. */
  readonly bytes?: Uint8Array
  /** The kind of media in it: `av` has video and audio. */
  readonly kind: 'av' | 'video' | 'audio' | 'image' | 'other'
  /** The full type for `MediaSource.isTypeSupported`, with `codecs` (RFC 6381) naming exactly the audio and video tracks. */
  readonly mime: string
  /** The matching `SourceBuffer.mode`: `segments` if the media carries timestamps, else `sequence`. */
  readonly mode: 'segments' | 'sequence'
  /** Picture width in pixels, if there is video. */
  readonly width?: number
  /** Picture height in pixels, if there is video. */
  readonly height?: number
}

/** A message on the publisher's timeline, beside the media (ISO/IEC 23009-1, 5.10.3.3: `emsg`). */
export interface EventMessage {
  /** The meaning of the message: `scheme_id_uri`. */
  readonly scheme: string
  readonly value: string
  readonly id: number
  /** When it takes effect, in seconds on the publisher's timeline. */
  readonly start: number
  /** Seconds; undefined if the publisher does not know. */
  readonly duration: number | undefined
  /** `message_data`, in an array of its own. */
  readonly bytes: Uint8Array
}

/** The unit of publishing and announcing: one or more fragments, or frames, that are appended together. */
export interface MediaSegment {
  /** The init segment that this one needs; the same object exactly as long as its bytes are the same. */
  readonly init: InitSegment
  /** The bytes to append, in an array of their own; completes {@link MediaSegment.gather} if it is not done yet. */
  readonly bytes: Uint8Array
  /**
   * Copies some more of the bytes into their array, a short step's worth; absent if all are there.
   * @returns whether all are
   */
  readonly gather?: () => boolean
  /**
   * Earliest presentation time over the segment's tracks, in seconds on the publisher's timeline; undefined if the bytes carry no time: the
   * broadcast then uses the time of arrival.
   */
  readonly start: number | undefined
  /** How long the segment lasts, in seconds. */
  readonly duration: number
  /**
   * Whether it is a join point: decoding can start here. The bytes of any other segment may continue a structure that the segment before it
   * began.
   */
  readonly join: boolean
  /**
   * The end of the presentation of each audio and video track with samples in the segment, by the container's own track number, in seconds
   * on the publisher's timeline. Absent if the bytes carry no time.
   */
  readonly ends?: ReadonlyMap<number, number>
  /** The start in the segment, for the same tracks. */
  readonly starts?: ReadonlyMap<number, number>
  /**
   * Whether an init segment (the same or another) stands between this segment and the one before it in the same bytes: its times may
   * restart.
   */
  readonly afterInit?: true
  /** When the first frame of the segment was captured, in Unix milliseconds, if the publisher says so. */
  readonly captured?: number
  /** The messages that came with it. */
  readonly events?: readonly EventMessage[]
  /** Whether the publisher has marked it as the last of its track. */
  readonly last?: true
  /**
   * Moves every time in the bytes that many seconds later: for each track round(seconds × timescale) is added to the publisher's value.
   * Modifies {@link MediaSegment.bytes} if it can, so call it at most once. Absent if the bytes carry no time.
   * @returns the bytes to use from now on
   */
  readonly shift?: (seconds: number) => Uint8Array
}

/** Options of every splitter. */
export interface SplitterOptions {
  /** Bound on an init segment and on a segment, in bytes. */
  readonly maxSegmentBytes: number
  /** Seconds after which a segment is cut at the next frame, if the container itself has no segment boundaries. Default 0.25. */
  readonly segmentDuration?: number
  /**
   * The track's current init segment, from an earlier splitter, so that a body may begin without one. An init segment of another container
   * is ignored.
   */
  readonly init?: InitSegment | undefined
}

/** Damaged data that was dropped. */
export interface Dropped {
  /** Pictures, frames, and runs of unrecognised bytes. */
  readonly count: number
  readonly bytes: number
}

/** Cuts one publisher's bytes, however they arrive, into segments. The result does not depend on how the bytes are divided into pushes. */
export interface Splitter {
  /** The newest init segment; undefined until it is complete. */
  readonly init: InitSegment | undefined

  /** All data dropped so far, over all bodies; absent if the container cannot resume after damage. */
  readonly dropped?: Dropped

  /**
   * Bytes held: unfinished segments, init segments and boxes, and the current init segment, with the overhead of their arrays.
   */
  readonly held: number

  /**
   * Takes the next bytes. The array is kept until its segment is complete: the caller must not modify it any more.
   * @returns the segments whose last byte is among these bytes, oldest first
   * @throws MediaError as soon as the bytes show the error; segments completed by the same push are returned first, and the next call
   * throws. After an error every further call throws it again.
   */
  push (bytes: Uint8Array): MediaSegment[]

  /**
   * Ends the body.
   * @returns the segments that the end completes. A splitter may continue after a clean end, as when many requests carry one logical
   * stream.
   * @throws MediaError `INVALID_SEGMENT` when the body ends inside a box or with an unfinished fragment, or the error that a push held back
   */
  end (): MediaSegment[]
}
