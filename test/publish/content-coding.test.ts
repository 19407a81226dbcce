// Codings are undone as the bytes arrive; all others are refused, with those that are taken.
import { PassThrough } from 'node:stream'
import type { Duplex } from 'node:stream'
import * as zlib from 'node:zlib'
import Fastify from 'fastify'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import { decoderOf, isDecoded } from '../../lib/publish/content-coding.js'

const { zstdCompressSync } = zlib as unknown as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }
const TEXT = Buffer.from('text, again and again and again')

/** Runs `use` with a reply, and gives the answer to its request. */
async function answering (use: (reply: FastifyReply) => void): Promise<{ statusCode: number, headers: Record<string, unknown>, message: string }> {
  const app = Fastify()
  app.get('/', async (_request, reply) => {
    use(reply)
    return {}
  })
  const { statusCode, headers, body } = await app.inject('/')
  return { statusCode, headers, message: String((JSON.parse(body) as { message?: string }).message) }
}

t.test('each coding is undone', async t => {
  const coded: Array<[string, Buffer]> = [['gzip', zlib.gzipSync(TEXT)], [' X-GZIP', zlib.gzipSync(TEXT)], ['deflate', zlib.deflateSync(TEXT)], ['identity, br', zlib.brotliCompressSync(TEXT)]]
  if (zstdCompressSync !== undefined) coded.push(['zstd', zstdCompressSync(TEXT)])
  for (const [field, bytes] of coded) {
    let decoder: Duplex | undefined
    t.equal((await answering(reply => { decoder = decoderOf(field, reply) })).statusCode, 200)
    decoder!.end(bytes)
    t.strictSame(Buffer.concat(await decoder!.toArray() as Buffer[]), TEXT, field)
  }
})

t.test('none is needed for a body that has none', async t => {
  for (const field of [undefined, '', 'identity', 'Identity, identity']) await answering(reply => { t.equal(decoderOf(field, reply), undefined) })
})

t.test('others are refused, and several', async t => {
  const taken = zstdCompressSync === undefined ? 'gzip, deflate, br' : 'gzip, deflate, br, zstd'
  for (const field of ['compress', 'aws-chunked', 'gzip, br', 'toString']) {
    t.match(await answering(reply => { decoderOf(field, reply) }), { statusCode: 415, headers: { 'accept-encoding': taken }, message: `The Content-Encoding "${field.toLowerCase()}" is not taken: send the body as it is, or in one of ${taken}` })
  }
})

t.test('a stream that decodes, or that says how much it has taken, is decoded', async t => {
  for (const stream of [zlib.createGunzip(), zlib.createUnzip(), zlib.createInflate(), zlib.createInflateRaw(), zlib.createBrotliDecompress(), Object.assign(new PassThrough(), { receivedEncodedLength: 0 })]) t.ok(isDecoded(stream))
  for (const stream of [new PassThrough(), zlib.createGzip()]) t.notOk(isDecoded(stream))
})
