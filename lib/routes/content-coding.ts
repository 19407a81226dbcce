// Content codings of a publisher's body (RFC 9110, 8.4): undone as the bytes arrive, so that bounds and paces count what comes out.
import type { Duplex, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import type { FastifyReply } from 'fastify'
import { FST_MEDIA_SSE_UNSUPPORTED_MEDIA } from '../errors.js'

// RFC 8878, 3.1.1.1.2: no decoder needs to offer a larger window; without a bound it would be 128 MiB.
const ZSTD_WINDOW_LOG = 23
// Node has it from 22.15 on, its types of Node 20 do not.
const { createZstdDecompress, constants: { ZSTD_d_windowLogMax: windowLogMax = 0 } } = zlib as unknown as {
  createZstdDecompress?: (options: { params: Record<number, number> }) => Duplex
  constants: { ZSTD_d_windowLogMax?: number }
}

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  ...(createZstdDecompress === undefined ? {} : { zstd: () => createZstdDecompress({ params: { [windowLogMax]: ZSTD_WINDOW_LOG } }) })
}
const DECODED_BY = [zlib.Gunzip, zlib.Unzip, zlib.Inflate, zlib.InflateRaw, zlib.BrotliDecompress]

/**
 * What undoes a body's coding.
 * @param field - the value of `Content-Encoding`
 * @returns undefined if it has none
 * @throws UNSUPPORTED_MEDIA for any other coding, and for several; `Accept-Encoding` then names those that are taken (RFC 9110, 12.5.3)
 */
export function decoderOf (field: string | undefined, reply: FastifyReply): Duplex | undefined {
  const codings = (field ?? '').split(',').map(coding => coding.trim().toLowerCase()).filter(coding => coding !== '' && coding !== 'identity')
  const [coding] = codings
  if (coding === undefined) return undefined
  if (codings.length === 1 && Object.hasOwn(DECODERS, coding)) return DECODERS[coding]!()
  const taken = Object.keys(DECODERS).filter(name => name !== 'x-gzip').join(', ')
  reply.header('accept-encoding', taken)
  throw new FST_MEDIA_SSE_UNSUPPORTED_MEDIA(`The Content-Encoding "${codings.join(', ').slice(0, 100)}" is not taken: send the body as it is, or in one of ${taken}`)
}

/** Whether a hook has undone a body's coding already: it made another stream, which decodes, or says how many encoded bytes it has taken, as Fastify asks for. */
export function isDecoded (stream: Readable): boolean {
  return 'receivedEncodedLength' in stream || DECODED_BY.some(decoder => stream instanceof decoder)
}
