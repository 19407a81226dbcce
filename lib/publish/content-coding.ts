// Content codings of a publisher's body (RFC 9110, 8.4): undone as the bytes arrive, so that bounds and paces count what comes out.
import type { Duplex, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import type { FastifyReply } from 'fastify'
import { FST_MEDIA_SSE_UNSUPPORTED_MEDIA } from '../errors.js'

// RFC 8878, 3.1.1.1.2: no decoder needs to offer a larger window than 8 MiB; without this bound (ZSTD_d_windowLogMax) it would be 128 MiB.
const ZSTD_WINDOW = { params: { 100: 23 } }

// Node's types do not say which of them this version has: zstd came with 22.15.
const ZLIB = zlib as unknown as Readonly<Record<string, (options: object) => Duplex>>
const DECODERS = new Map([
  { coding: 'gzip', create: 'createGunzip', options: {} },
  { coding: 'x-gzip', create: 'createGunzip', options: {} },
  { coding: 'deflate', create: 'createInflate', options: {} },
  { coding: 'br', create: 'createBrotliDecompress', options: {} },
  { coding: 'zstd', create: 'createZstdDecompress', options: ZSTD_WINDOW }
].filter(({ create }) => create in ZLIB).map(({ coding, create, options }) => [coding, () => ZLIB[create]!(options)]))
const DECODED_BY = [zlib.Gunzip, zlib.Unzip, zlib.Inflate, zlib.InflateRaw, zlib.BrotliDecompress]

/**
 * The decoder of a body's coding.
 * @param field - the value of `Content-Encoding`
 * @returns undefined if it has none
 * @throws UNSUPPORTED_MEDIA for any other coding, and for several; `Accept-Encoding` then names the accepted ones (RFC 9110, 12.5.3)
 */
export function decoderOf (field: string | undefined, reply: FastifyReply): Duplex | undefined {
  const codings = (field ?? '').split(',').map(coding => coding.trim().toLowerCase())
    .filter(coding => coding !== '' && coding !== 'identity')
  const [coding] = codings
  if (coding === undefined) return undefined
  const decoder = DECODERS.get(coding)
  if (decoder !== undefined && codings.length === 1) return decoder()
  const taken = [...DECODERS.keys()].filter(name => name !== 'x-gzip').join(', ')
  reply.header('accept-encoding', taken)
  throw new FST_MEDIA_SSE_UNSUPPORTED_MEDIA(`The Content-Encoding "${codings.join(', ').slice(0, 100)}" is not taken: send the body as ` +
    `it is, or in one of ${taken}`)
}

/**
 * Whether a hook has already decoded the body: it replaced the stream by a decoder, or by one that counts the encoded bytes received, as
 * Fastify requires.
 */
export function isDecoded (stream: Readable): boolean {
  return 'receivedEncodedLength' in stream || DECODED_BY.some(decoder => stream instanceof decoder)
}
