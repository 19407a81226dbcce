// The media layer's error for a publisher's bytes that cannot be published. The message reaches the publisher, so it says what to change.

/**
 * The fault in the bytes:
 * - `INVALID_SEGMENT`: they break the container's own rules, or end too early (HTTP 400);
 * - `UNSUPPORTED_MEDIA`: well formed, but not playable by Media Source Extensions (HTTP 415);
 * - `INIT_REQUIRED`: a segment came before its init segment (HTTP 412);
 * - `SEGMENT_TOO_LARGE`: an init segment or a segment is above `maxSegmentBytes` (HTTP 413).
 */
export type MediaErrorCode = 'INVALID_SEGMENT' | 'UNSUPPORTED_MEDIA' | 'INIT_REQUIRED' | 'SEGMENT_TOO_LARGE'

/** The media layer's one error for a publisher's input; match on {@link MediaError.code}. */
export class MediaError extends Error {
  override readonly name = 'MediaError'

  /** Stable, unlike the message. */
  readonly code: MediaErrorCode

  /**
   * @param code - the fault
   * @param message - one sentence for the publisher: what was found, and what to change
   */
  constructor (code: MediaErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
