// What every container's splitter makes of a publisher's bytes: init segments and segments. Types only.

/**
 * What a decoder needs before the first segment (ISO BMFF: `ftyp` + `moov`; WebM: EBML header + Tracks). Immutable, and shared by its
 * segments.
 */
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

/** A message on the publisher's timeline, beside the media (ISO/IEC 23009-1, 5.10.3.3: `emsg`). */
export interface EventMessage {
  /** What the message means: `scheme_id_uri`. */
  readonly scheme: string
  readonly value: string
  readonly id: number
  /** When it takes effect, in seconds on the publisher's timeline. */
  readonly start: number
  /** Seconds; undefined where the publisher does not know. */
  readonly duration: number | undefined
  /** `message_data`, in an array of its own. */
  readonly bytes: Uint8Array
}

/** The unit that is published and announced: one or more fragments, or frames, that are appended together. */
export interface MediaSegment {
  /** The init segment that this one needs; the same object exactly as long as the init bytes are the same. */
  readonly init: InitSegment
  /** The bytes to append, in an array of their own; what {@link MediaSegment.gather} has not put there yet is put there now. */
  readonly bytes: Uint8Array
  /**
   * Puts some more of the bytes into their array, as many as are put there in no time; absent where all are there.
   * @returns whether all are
   */
  readonly gather?: () => boolean
  /**
   * Earliest presentation time over the segment's tracks, in seconds on the publisher's timeline; undefined where the
   * bytes carry no time: the broadcast then takes that of arrival.
   */
  readonly start: number | undefined
  /** How long the segment lasts, in seconds. */
  readonly duration: number
  /**
   * Whether it is a join point: decoding can start here. The bytes of one that is none may go on in the midst of what the segment before
   * began.
   */
  readonly join: boolean
  /**
   * Where the presentation of each audio and video track that has samples in the segment ends, by the container's own
   * number of the track, in seconds on the publisher's timeline. Absent where the bytes carry no time.
   */
  readonly ends?: ReadonlyMap<number, number>
  /** Where it starts in the segment, for the same tracks. */
  readonly starts?: ReadonlyMap<number, number>
  /**
   * Whether an init segment (the same or another) stands between this segment and the one before it in the same bytes: its times may begin
   * anew.
   */
  readonly afterInit?: true
  /** When what starts the segment was captured, in Unix milliseconds, where the publisher tells. */
  readonly captured?: number
  /** The messages that came with it. */
  readonly events?: readonly EventMessage[]
  /** Whether the publisher has marked it as its track's last. */
  readonly last?: true
  /**
   * Lays every time that the bytes carry that many seconds later: for each track round(seconds × timescale) is added to what
   * the publisher wrote. Writes into {@link MediaSegment.bytes} where it can, so it is called once at most. Absent where the bytes carry no
   * time.
   * @returns the bytes to use from now on
   */
  readonly shift?: (seconds: number) => Uint8Array
}

/** What every splitter is made with. */
export interface SplitterOptions {
  /** Bound on an init segment and on a segment, in bytes. */
  readonly maxSegmentBytes: number
  /** Seconds after which a segment is cut at the next frame, where the container itself sets no such bounds. Default 0.25. */
  readonly segmentDuration?: number
  /**
   * The init segment that is valid on the track, of an earlier splitter, so that a body may begin without. One of another container is not
   * used.
   */
  readonly init?: InitSegment | undefined
}

/** What was damaged, and is left out. */
export interface Dropped {
  /** Pictures, frames, and runs of bytes that are none. */
  readonly count: number
  readonly bytes: number
}

/** Cuts one publisher's bytes, however they arrive, into segments. The result does not depend on how the bytes are cut into pushes. */
export interface Splitter {
  /** The newest init segment; undefined until it is whole. */
  readonly init: InitSegment | undefined

  /** What was left out so far, of all bodies; absent where the container has no place to go on at behind damage, or is not asked. */
  readonly dropped?: Dropped

  /**
   * Bytes that it holds: of segments, init segments and boxes that are not whole yet, and of the init segment that is valid, with what each
   * array of them costs.
   */
  readonly held: number

  /**
   * Takes the next bytes. The array is kept until its segment is whole: the caller must not write to it any more.
   * @returns the segments whose last byte is among these bytes, oldest first
   * @throws MediaError as soon as the bytes tell; segments that the same push completed are returned first, and the next call throws.
   * After an error every further call throws it again.
   */
  push (bytes: Uint8Array): MediaSegment[]

  /**
   * Tells that the body has ended.
   * @returns the segments that only the end makes whole. A splitter may go on after a clean end, as where many requests carry one logical
   * stream.
   * @throws MediaError `INVALID_SEGMENT` when the body ends inside a box or with an unfinished fragment, or the error that a push held back
   */
  end (): MediaSegment[]
}
