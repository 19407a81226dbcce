// The position of a publish request's body in a longer one, if it is a part.
import type { FastifyRequest } from 'fastify'
import type { PartRange } from '../publish/byte-stream.js'
import { FST_MEDIA_SSE_INVALID_SEGMENT } from '../errors.js'

// RFC 9110, 14.4 (and 14.5 for its use in requests).
const CONTENT_RANGE = /^bytes +(\d{1,15})-(\d{1,15})\/(\*|\d{1,15})$/i
// A client that marks its requests as parts only from the second one on.
const BEGINS_WITHOUT = /^GStreamer souphttpclientsink/

/**
 * Reads `Content-Range: bytes a-b/*` or `?offset=a`; undefined for a whole body. A complete length in place of `*` shows which part is the
 * last.
 * @throws FST_MEDIA_SSE_INVALID_SEGMENT for anything else in them
 */
export function partRange (request: FastifyRequest, offset: string | undefined): PartRange | undefined {
  const { headers } = request
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  const field = headers['content-range']
  if (field !== undefined) {
    const [, first, last, complete] = CONTENT_RANGE.exec(field) ?? []
    if (first === undefined || Number(last) < Number(first) || Number(complete) <= Number(last)) {
      throw new FST_MEDIA_SSE_INVALID_SEGMENT('Content-Range must be "bytes <first>-<last>/*"')
    }
    if (length !== undefined && length !== Number(last) - Number(first) + 1) {
      throw new FST_MEDIA_SSE_INVALID_SEGMENT(`Content-Range tells of ${Number(last) - Number(first) + 1} bytes, Content-Length of ` +
        `${length}`)
    }
    return { offset: Number(first), length, final: Number(complete) === Number(last) + 1 }
  }
  if (offset !== undefined) {
    if (!/^\d{1,15}$/.test(offset)) throw new FST_MEDIA_SSE_INVALID_SEGMENT('offset must be a whole number of bytes')
    return { offset: Number(offset), length, final: false }
  }
  return BEGINS_WITHOUT.test(headers['user-agent'] ?? '') ? { offset: 0, length, final: false } : undefined
}
