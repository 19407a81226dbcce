// A body is opened as the media's own bytes, whoever has had it before; what breaks off says why, and what is let go is read no further.
// How real clients and plugins get on: test/publishers/bodies.test.ts, test/behaviour/bodies.test.ts.
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { CutOff, receive } from '../../lib/publish/receive.js'
import { openBody, refuseTransferCoding } from '../../lib/routes/body.js'
import type { Body } from '../../lib/routes/body.js'
import { post } from '../kit/publish.js'
import { listen } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { LONG, within } from '../kit/within.js'

const TEXT = Buffer.from('text, again and again and again')
const FORM = '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\nContent-Type: image/webp\r\n\r\nthe file\r\n--b--\r\n'

async function textOf ({ stream }: Body): Promise<string> {
  return Buffer.concat((await stream.toArray() as Array<Buffer | string>).map(piece => Buffer.from(piece))).toString('latin1')
}

/** A server with a route that answers what `handle` makes of a request. */
async function serveRoute (t: Test, handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): Promise<Served> {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => { done(null, payload) })
  app.post('/', async (request, reply) => ({ message: await handle(request, reply) }))
  return await listen(app)
}

/** What a server that opens bodies answers; `before` is done to the request first. */
async function opened (t: Test, body: Buffer | string, headers: Record<string, string> = {}, before: (request: FastifyRequest) => unknown = () => {}, isPart = false): Promise<unknown> {
  const { origin } = await serveRoute(t, async (request, reply) => {
    await before(request)
    const opened = openBody(request, reply, isPart)
    const text = await textOf(opened)
    opened.release()
    return `${text} ${String(opened.contentType)}`
  })
  return (await post(origin, body, headers)).json['message']
}

t.test('a body comes as it is, out of its coding, and out of its form', async t => {
  t.equal(await opened(t, 'media', { 'content-type': 'image/webp' }), 'media image/webp')
  t.equal(await opened(t, gzipSync('media'), { 'content-encoding': 'gzip' }), 'media undefined')
  for (const type of ['multipart/form-data; boundary=b', 'Multipart/Form-Data ; x=y; Boundary="b"']) t.equal(await opened(t, FORM, { 'content-type': type }), 'the file image/webp')
  t.equal(await opened(t, gzipSync(FORM), { 'content-type': 'multipart/form-data; boundary=b', 'content-encoding': 'gzip' }), 'the file image/webp')
  t.equal(await opened(t, 'no form', { 'content-type': 'multipart/form-data; boundary=b' }), 'no form multipart/form-data; boundary=b')
  t.equal(await opened(t, 'no form', { 'content-type': 'multipart/form-data' }), 'no form multipart/form-data')
  const large = Buffer.alloc(3_000_000, 'x')
  t.equal(await opened(t, gzipSync(large), { 'content-encoding': 'gzip' }), `${large.toString()} undefined`)
})

t.test('what hooks have put in its place counts', async t => {
  t.equal(await opened(t, 'media', {}, request => { request.body = Buffer.from('bytes') }), 'bytes undefined')
  t.equal(await opened(t, 'media', {}, request => { request.body = Readable.from(['str', 'ings']) }), 'strings undefined')
  t.equal(await opened(t, 'media', {}, request => { request.body = { parsed: true } }), 'media undefined')
  t.equal(await opened(t, 'media', {}, async ({ raw }) => { Object.assign(raw, { body: Buffer.concat(await raw.toArray() as Buffer[]) }) }), 'media undefined')
  t.equal(await opened(t, gzipSync('media'), { 'content-encoding': 'gzip' }, request => { request.body = Object.assign(Readable.from(['decoded']), { receivedEncodedLength: 9 }) }), 'decoded undefined')
  t.equal(await opened(t, '', { 'content-type': 'image/png' }, async ({ raw }) => { await raw.toArray() }), ' image/png')
})

t.test('what they have read is refused, and what they have made characters of', async t => {
  const message = /^Another plugin, or a hook, of this server has read the body: let it leave the publish route alone$/
  t.match(await opened(t, 'media', {}, async ({ raw }) => { await raw.toArray() }), message)
  t.match(await opened(t, 'media', {}, async ({ raw }) => { Object.assign(raw, { body: { parsed: await raw.toArray() } }) }), message)
  t.match(await opened(t, 'media', {}, ({ raw }) => { raw.setEncoding('utf8') }), message)
})

t.test('a part of a longer body is sent as it is', async t => {
  t.equal(await opened(t, 'part', {}, () => {}, true), 'part undefined')
  for (const headers of [{ 'content-encoding': 'gzip' }, { 'content-type': 'multipart/form-data; boundary=b' }]) t.match(await opened(t, 'part', headers, () => {}, true), /^A part of a longer body is sent as it is, /)
})

t.test('transfer codings beside chunked are refused', async t => {
  for (const coding of [undefined, 'chunked', ' Chunked']) t.doesNotThrow(() => { refuseTransferCoding({ headers: { 'transfer-encoding': coding } } as unknown as FastifyRequest) })
  t.throws(() => { refuseTransferCoding({ headers: { 'transfer-encoding': 'gzip, chunked' } } as unknown as FastifyRequest) }, { statusCode: 415, message: /^The Transfer-Encoding "gzip, chunked" is not taken: / })
})

t.test('what breaks off says why; of a publisher that has gone nothing is said', async t => {
  const causes: unknown[] = []
  const { origin, port, app } = await serveRoute(t, async (request, reply) => {
    const body = openBody(request, reply, false)
    const [cause] = await once(body.stream, 'error').catch((error: unknown) => [error]) as [Error]
    causes.push(body.broken(cause))
    body.release()
    return (body.broken(cause) ?? { message: 'gone' }).message
  })
  t.match((await post(origin, TEXT, { 'content-encoding': 'gzip' })).json, { message: 'The body breaks off before its end, in the Content-Encoding gzip: incorrect header check' })
  t.match((await post(origin, `${FORM.slice(0, -9)}`, { 'content-type': 'multipart/form-data; boundary=b' })).json, { message: /^The form ends inside a part/ })
  const asked = once(app.server, 'request')
  const socket = connect({ host: '127.0.0.1', port })
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n')
  await asked
  const [request] = await asked as [NodeJS.EventEmitter]
  const closed = once(request, 'close').catch(() => {})
  socket.write(gzipSync(TEXT).subarray(0, 20), () => { socket.destroy() })
  await within(closed, 'the request ends')
  while (causes.length < 3) await new Promise(resolve => setImmediate(resolve))
  t.equal(causes[2], undefined)
})

t.test('what has come of a body is passed on although its publisher has hung up: all of it, or up to where it breaks off', async t => {
  const large = randomBytes(39_000)
  const small = randomBytes(9_000)
  const inForm = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(FORM.slice(0, FORM.indexOf('the file'))), bytes])
  const end = Buffer.from('\r\n--b--')
  const gzip = 'content-encoding: gzip'
  const type = 'content-type: multipart/form-data; boundary=b'
  for (const [header, bytes, sent, isWhole, isEarly] of [
    [gzip, large, gzipSync(large), true, false],
    [type, large, Buffer.concat([inForm(large), end]), true, false],
    [type, large, inForm(large), false, false],
    // While the request was still being authorized.
    [gzip, small, gzipSync(small), true, true],
    [type, small, Buffer.concat([inForm(small), end]), true, true],
    [type, small, inForm(small), false, true]
  ] as const) {
    let told!: (message: unknown) => void
    const answer = new Promise(resolve => { told = resolve })
    const { port } = await serveRoute(t, async (request, reply) => {
      const closed = new Promise(resolve => request.raw.socket.once('close', resolve))
      if (isEarly) await closed
      const { stream, broken, release } = openBody(request, reply, false)
      const pieces: Uint8Array[] = []
      const { ended } = receive(stream, {
        publisherTimeout: LONG,
        segmentTimeout: LONG,
        pace: () => 0,
        broken,
        take: async bytes => {
          if (pieces.push(bytes) === 1) await closed
          return true
        }
      })
      const error: unknown = await ended.catch((error: unknown) => error)
      release()
      told([Buffer.concat(pieces), error])
      return ''
    })
    const socket = connect({ host: '127.0.0.1', port })
    const chunks = Array.from({ length: Math.ceil(sent.byteLength / 1000) }, (_, index) => sent.subarray(index * 1000, index * 1000 + 1000))
    // At once: Node sees no end while it holds more than it likes to.
    const text = [`POST / HTTP/1.1\r\nhost: localhost\r\n${header}\r\ntransfer-encoding: chunked\r\n\r\n`,
      ...chunks.map(chunk => `${chunk.byteLength.toString(16)}\r\n${chunk.toString('latin1')}\r\n`), isWhole ? '0\r\n\r\n' : ''].join('')
    socket.write(text, 'latin1', () => { socket.destroy() })
    const [got, error] = await within(answer, 'the body is over') as [Buffer, unknown]
    t.strictSame(error, isWhole ? undefined : new CutOff('client', undefined), 'nobody is there to be told')
    // The bytes that a delimiter could begin with are held back.
    t.ok(got.equals(bytes.subarray(0, got.byteLength)) && got.byteLength > bytes.byteLength - (isWhole ? 1 : 10), `${got.byteLength} bytes of ${header}`)
  }
})

t.test('a stream of a hook that is closed without an error breaks off, too', async t => {
  const { origin } = await serveRoute(t, async (request, reply) => {
    const theirs = new PassThrough()
    request.body = theirs
    const body = openBody(request, reply, false)
    const closed = once(body.stream, 'close')
    theirs.destroy()
    await closed
    return body.broken(undefined)?.message
  })
  for (const headers of [{}, { 'content-type': 'multipart/form-data; boundary=b' }]) t.match((await post(origin, TEXT, headers)).json, { message: 'The body breaks off before its end: it was closed' })
})

t.test('who has read along and pauses the body in the end does not hold it up; who still reads may', async t => {
  const message = Buffer.alloc(1_000_000, 'x')
  t.equal(await opened(t, zeroGzip(message), { 'content-encoding': 'gzip' }, ({ raw }) => {
    const onData = (): void => {
      raw.removeListener('data', onData)
      raw.pause()
    }
    setImmediate(() => { raw.on('data', onData) })
  }), `${message.toString()} undefined`)
  t.equal(await opened(t, zeroGzip(message), { 'content-encoding': 'gzip' }, ({ raw }) => {
    setImmediate(() => {
      raw.on('data', () => {})
      raw.pause()
      setImmediate(() => { setImmediate(() => { raw.resume() }) })
    })
  }), `${message.toString()} undefined`)
})

t.test('what is let go is not read any further', async t => {
  const drained = new EventEmitter()
  const { origin } = await serveRoute(t, async (request, reply) => {
    const body = openBody(request, reply, false)
    await once(body.stream, 'data')
    body.release()
    reply.raw.once('finish', () => { request.raw.once('end', () => drained.emit('drained')).resume() })
    await new Promise(resolve => setImmediate(resolve))
    return [request.raw.listenerCount('data'), request.raw.isPaused(), body.stream.destroyed]
  })
  // The server closes when the connection is idle, not before.
  const idle = once(drained, 'drained')
  t.strictSame((await post(origin, zeroGzip(Buffer.alloc(5_000_000)), { 'content-encoding': 'gzip' })).json, { message: [0, true, true] })
  await idle
})

/** As large as it was. */
function zeroGzip (bytes: Uint8Array): Buffer {
  return gzipSync(bytes, { level: 0 })
}
