// What the media layer throws when a publisher's bytes cannot be published. The message reaches the publisher, so it says what to change.

/**
 * What is wrong with the bytes:
 * - `INVALID_SEGMENT`: they break the container's own rules, or end too early (HTTP 400);
 * - `UNSUPPORTED_MEDIA`: well formed, but nothing that Media Source Extensions can play (HTTP 415);
 * - `INIT_REQUIRED`: a segment came before its init segment (HTTP 412);
 * - `SEGMENT_TOO_LARGE`: an init segment or a segment is above `maxSegmentBytes` (HTTP 413).
 */
export type MediaErrorCode = 'INVALID_SEGMENT' | 'UNSUPPORTED_MEDIA' | 'INIT_REQUIRED' | 'SEGMENT_TOO_LARGE'

/** The one error that the media layer throws on a publisher's account; match on {@link MediaError.code}. */
export class MediaError extends Error {
  override readonly name = 'MediaError'

  /** Stable, unlike the message. */
  readonly code: MediaErrorCode

  /**
   * @param code - what is wrong
   * @param message - one sentence for the publisher: what was found, and what to change
   */
  constructor (code: MediaErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
