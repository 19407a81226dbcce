// A publish request's body as it should be read: whatever clients and the app's other plugins have done to it, the result is the media's
// own bytes, or an error with the reason.
import { Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_MEDIA_SSE_BODY_READ, FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_UNSUPPORTED_MEDIA } from '../errors.js'
import { hasArrived } from '../publish/arrived.js'
import { decoderOf, isDecoded } from '../publish/content-coding.js'
import { FormFile } from '../publish/form-data.js'

const NOTHING = new Uint8Array(0)
// RFC 2046, 5.1.1.
const FORM = /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i

/** A body. */
export interface Body {
  readonly stream: Readable
  /** The media type given for it; for a form, known when the first byte of its file comes. */
  readonly contentType: string | undefined
  /** The answer if it breaks off. @returns undefined if the publisher has gone */
  broken (cause: Error | undefined): Error | undefined
  /** Stops reading it. */
  release (): void
}

/**
 * Opens a request's body.
 * @param isPart - whether it is a part of a longer body
 * @throws UNSUPPORTED_MEDIA for an unsupported coding; INVALID_SEGMENT for an encoded part, or a part in a form; BODY_READ if other code
 * has already read it
 */
export function openBody (request: FastifyRequest, reply: FastifyReply, isPart: boolean): Body {
  const { raw, headers } = request
  const source = sourceOf(request)
  const decoder = source !== raw && isDecoded(source) ? undefined : decoderOf(headers['content-encoding'], reply)
  const [, quoted, boundary = quoted] = FORM.exec(headers['content-type'] ?? '') ?? []
  const form = boundary === undefined ? undefined : new FormFile(boundary)
  if (isPart && (decoder !== undefined || form !== undefined)) {
    throw new FST_MEDIA_SSE_INVALID_SEGMENT('A part of a longer body is sent as it is, without a Content-Encoding and in no form: its ' +
      'offset counts the bytes of the whole')
  }
  const releases: Array<() => void> = []
  let stream = source
  for (const next of [decoder, form]) if (next !== undefined) stream = into(stream, next, releases)
  return {
    stream,
    get contentType () { return form === undefined ? headers['content-type'] : form.contentType ?? headers['content-type'] },
    broken: cause => {
      // The request itself breaks off when its client does, `inject` included.
      if (stream === raw || raw.aborted || raw.socket.destroyed) return undefined
      return cause !== undefined && 'statusCode' in cause
        ? cause
        : new FST_MEDIA_SSE_INVALID_SEGMENT('The body breaks off before its ' +
        `end${decoder === undefined ? '' : `, in the Content-Encoding ${headers['content-encoding']}`}: ` +
        `${cause?.message ?? 'it was closed'}`)
    },
    release: () => { for (const release of releases) release() }
  }
}

/**
 * Refuses transfer codings other than chunked, which Node does not decode (RFC 9112, 6.1).
 * @throws UNSUPPORTED_MEDIA
 */
export function refuseTransferCoding ({ headers }: FastifyRequest): void {
  const coding = headers['transfer-encoding'] ?? 'chunked'
  if (coding.trim().toLowerCase() !== 'chunked') {
    throw new FST_MEDIA_SSE_UNSUPPORTED_MEDIA(`The Transfer-Encoding "${coding.slice(0, 100)}" is not taken: send Transfer-Encoding: ` +
      'chunked, and name a compression in Content-Encoding')
  }
}

// The app's parsers do not apply to our routes, but its hooks do: they may have replaced the body by another stream or by bytes, or have
// read it.
function sourceOf ({ body, raw }: FastifyRequest): Readable {
  if (body instanceof Uint8Array) return Readable.from([body])
  const stream = body instanceof Readable ? body : raw
  const { readableDidRead, readableEnded, readableEncoding } = stream
  if (readableDidRead && 'body' in raw && raw.body instanceof Uint8Array) return Readable.from([raw.body])
  if (readableDidRead || readableEncoding !== null) throw new FST_MEDIA_SSE_BODY_READ()
  return readableEnded ? Readable.from([]) : stream
}

// Not by `pipe`, which another reader may undo, nor by `pipeline`, which would destroy the request's connection, on which an error must
// still be sent.
function into (from: Readable, to: Duplex, releases: Array<() => void>): Duplex {
  let isOver = false
  let isBroken = false
  const onData = (piece: Uint8Array): void => { if (!to.write(piece)) from.pause() }
  const onEnd = (): void => { to.end() }
  const onDrain = (): void => { from.resume() }
  const onBroken = (error?: Error): void => {
    if (from.readableEnded || isBroken) return
    isBroken = true
    // What has come is passed on, also if the publisher has hung up.
    for (let piece: unknown = from.read(); piece !== null; piece = from.read()) to.write(piece)
    if (hasArrived(from)) to.end()
    else to.write(NOTHING, () => { to.destroy(error) })
  }
  const onPause = (): void => {
    setImmediate(() => { if (!isOver && !to.writableNeedDrain && from.listenerCount('data') === 1) from.resume() })
  }
  from.once('error', onBroken).once('close', onBroken)
  // The publisher may have hung up while its request was authorized. To flow would drop what is still in it.
  if (from.destroyed) onBroken()
  else from.on('data', onData).once('end', onEnd).on('pause', onPause).resume()
  to.on('drain', onDrain)
  releases.push(() => {
    isOver = true
    from.removeListener('data', onData).removeListener('end', onEnd).removeListener('pause', onPause).pause()
    to.removeListener('drain', onDrain).destroy()
  })
  return to
}
