import t from 'tap'
import { MediaError } from '../../lib/media/media-error.js'
import type { MediaErrorCode } from '../../lib/media/media-error.js'
import { asPublished } from '../../lib/publish/media-errors.js'

const STATUS: Readonly<Record<MediaErrorCode, number>> = { INVALID_SEGMENT: 400, UNSUPPORTED_MEDIA: 415, INIT_REQUIRED: 412, SEGMENT_TOO_LARGE: 413 }

t.test('what is wrong with the media is an error of the publish route, with the same words', async t => {
  t.equal(asPublished(() => 7), 7)
  for (const [code, statusCode] of Object.entries(STATUS)) {
    t.throws(() => asPublished(() => { throw new MediaError(code as MediaErrorCode, 'Send it as it was') }), {
      code: `FST_MEDIA_SSE_${code}`, statusCode, message: 'Send it as it was'
    })
  }
})

t.test('any other error passes as it is', async t => {
  const error = new RangeError('of the house')
  t.throws(() => asPublished(() => { throw error }), error)
})
