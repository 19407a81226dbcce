// Translates errors in a body's media into those of the publish route.
import {
  FST_MEDIA_SSE_INIT_REQUIRED, FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_SEGMENT_TOO_LARGE, FST_MEDIA_SSE_UNSUPPORTED_MEDIA
} from '../errors.js'
import { MediaError } from '../media/media-error.js'

const ERRORS = {
  INVALID_SEGMENT: FST_MEDIA_SSE_INVALID_SEGMENT,
  UNSUPPORTED_MEDIA: FST_MEDIA_SSE_UNSUPPORTED_MEDIA,
  INIT_REQUIRED: FST_MEDIA_SSE_INIT_REQUIRED,
  SEGMENT_TOO_LARGE: FST_MEDIA_SSE_SEGMENT_TOO_LARGE
}

/**
 * Runs work on media.
 * @throws INVALID_SEGMENT, UNSUPPORTED_MEDIA, INIT_REQUIRED or SEGMENT_TOO_LARGE in place of a {@link MediaError}, and any other error
 * unchanged
 */
export function asPublished<Result> (work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof MediaError ? new ERRORS[error.code](error.message) : error
  }
}
