// Bodies beside plugins, parsers and hooks that read, replace, pause or decode them: published, or refused at once with the reason. Each plugin is
// registered for the whole app, before ours and after.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { PassThrough, Readable, Transform } from 'node:stream'
import { createGunzip, gzipSync } from 'node:zlib'
import compress from '@fastify/compress'
import middie from '@fastify/middie'
import multipart from '@fastify/multipart'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import rawBody from 'fastify-raw-body'
import t from 'tap'
import type { Test } from 'tap'
import { FormData, request } from 'undici'
import mediaSse from '../../lib/index.js'
import { fixture, get, post } from '../kit/publish.js'
import { listen, serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'

const clip = fixture('fmp4/cmaf.mp4')
// Above Fastify's bodyLimit, and the megabyte that fastify-raw-body takes: pictures of more than 3 MB in all.
const png = fixture('image/png.bin').subarray(0, fixture('image/png.bin').indexOf('IEND') + 8)
const count = Math.ceil(3_000_000 / png.byteLength)
const large = Buffer.concat(Array.from({ length: count }, () => png))
const GZIP = { 'content-encoding': 'gzip' }

type Add = (app: FastifyInstance) => void | Promise<void>

/** Runs a test with the app's own things added before the plugin, and after. */
function beside (name: string, add: Add, run: (t: Test, served: Served) => Promise<void>): void {
  t.test(`${name}, before`, async t => await run(t, await serve(t, { before: add })))
  t.test(`${name}, after`, async t => {
    const app = Fastify()
    t.teardown(async () => { await app.close() })
    await app.register(mediaSse, { localPublishing: true })
    await add(app)
    await run(t, await listen(app))
  })
}

async function publishesAll (t: Test, { origin }: Served): Promise<void> {
  const form = new FormData()
  form.append('title', 'A film')
  form.append('file', new Blob([Uint8Array.from(clip)]), 'clip.mp4')
  t.match(await post(`${origin}/live/a`, clip, {}), { status: 201, json: { segments: 3 } })
  t.match(await post(`${origin}/live/b`, large, {}), { status: 201, json: { segments: count } }, 'large')
  t.match(await post(`${origin}/live/c`, gzipSync(large), GZIP), { status: 201, json: { segments: count } }, 'large, and gzip')
  t.equal((await request(`${origin}/live/d`, { method: 'POST', body: form })).statusCode, 201, 'a form')
  t.match(await post(`${origin}/live/e`, '{"battery":87}', { 'content-type': 'application/json' }), { status: 201 })
  t.match(await post(`${origin}/live/f`, '{"battery":87}', { 'content-type': 'application/x-www-form-urlencoded' }), { status: 201 })
  t.match(await post(`${origin}/live/g`, '', {}), { status: 200 })
  t.match(await post(`${origin}/live/h`, Readable.from([large]) as never, {}), { status: 201, json: { segments: count } }, 'chunked')
  t.match(await post(`${origin}/live/i`, Buffer.from('no gzip at all'), GZIP), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_SEGMENT' } })
}

beside('@fastify/compress', async app => { await app.register(compress, { global: true }) }, publishesAll)
beside('fastify-raw-body', async app => { await app.register(rawBody) }, publishesAll)
beside('fastify-raw-body, which begins with the request', async app => { await app.register(rawBody, { runFirst: true, encoding: false }) }, publishesAll)
for (const attachFieldsToBody of [false, true, 'keyValues'] as const) {
  beside(`@fastify/multipart, attachFieldsToBody: ${String(attachFieldsToBody)}`, async app => { await app.register(multipart, { attachFieldsToBody }) }, publishesAll)
}
beside('parsers of the app', app => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  app.addContentTypeParser(/^application\/x-www-form-urlencoded|json/, { parseAs: 'string' }, (_request, body, done) => { done(null, body) })
}, publishesAll)
beside('all of them', async app => {
  await app.register(compress, { global: true })
  await app.register(rawBody)
  await app.register(multipart, { attachFieldsToBody: true })
}, publishesAll)

t.test('a body limit of the app does not count', async t => {
  await publishesAll(t, await serve(t, { fastify: { bodyLimit: 100 } }))
})

t.test('fastify-raw-body by the route\'s address, which reads along up to its limit, does not stop a body', async t => {
  const served = await serve(t, { before: async app => { await app.register(rawBody, { routes: ['/live/:broadcast'] }) } })
  for (const [body, headers] of [[clip, {}], [large, {}], [gzipSync(Buffer.concat([large, large]), { level: 0 }), GZIP]] as const) {
    t.match(await post(`${served.origin}/live/demo`, body, headers), { status: 201 })
  }
})

t.test('a preParsing hook may put another stream in the place of the body', async t => {
  const streams: Record<string, (payload: Readable) => Readable> = {
    through: payload => payload.pipe(new PassThrough()),
    paused: payload => payload.pipe(new PassThrough()).pause(),
    strings: payload => payload.pipe(new Transform({ readableObjectMode: true, transform (bytes: Buffer, _encoding, done) { done(null, bytes.toString('latin1')) } })),
    decoded: payload => payload.pipe(createGunzip()),
    'decoded elsewhere': payload => Object.assign(payload.pipe(createGunzip()).pipe(new PassThrough()), { receivedEncodedLength: 0 }),
    broken: payload => payload.pipe(new Transform({ transform: (_bytes, _encoding, done) => { done(new Error('out of tape')) } })),
    closed: payload => payload.pipe(new Transform({ transform () { this.destroy() } }))
  }
  const { origin } = await serve(t, { before: app => { app.addHook('preParsing', async ({ headers }, _reply, payload) => streams[String(headers['x-how'])]!(payload as Readable)) } })
  for (const how of ['through', 'paused']) {
    t.match(await post(`${origin}/live/demo`, large, { 'x-how': how }), { status: 201, json: { segments: count } }, how)
    t.match(await post(`${origin}/live/demo`, gzipSync(large), { 'x-how': how, ...GZIP }), { status: 201, json: { segments: count } }, how)
  }
  t.match(await post(`${origin}/live/text`, '{"battery":87}', { 'x-how': 'strings' }), { status: 201, json: { segments: 1 } })
  for (const how of ['decoded', 'decoded elsewhere']) t.match(await post(`${origin}/live/demo`, gzipSync(large), { 'x-how': how, ...GZIP }), { status: 201, json: { segments: count } }, how)
  t.match(await post(`${origin}/live/demo`, large, { 'x-how': 'broken' }), { status: 400, json: { message: 'The body breaks off before its end: out of tape' } })
  t.match(await post(`${origin}/live/demo`, large, { 'x-how': 'closed' }), { status: 400, json: { message: 'The body breaks off before its end: it was closed' } })
})

t.test('over HTTP/2 a hook\'s stream counts, also where the body names no type', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  app.addHook('preParsing', async ({ headers }, _reply, payload) => headers['content-encoding'] === 'gzip' ? (payload as Readable).pipe(createGunzip()) : payload)
  await app.register(mediaSse, { localPublishing: true })
  const { origin } = await listen(app as unknown as FastifyInstance)
  const session = connectHttp2(origin)
  t.teardown(() => { session.destroy() })
  for (const headers of [{}, GZIP, { 'content-encoding': 'x-gzip' }]) {
    const stream = session.request({ ':method': 'POST', ':path': '/live/demo', ...headers })
    stream.end('content-encoding' in headers ? gzipSync(clip) : clip)
    t.match(await once(stream, 'response'), [{ ':status': 201 }])
    stream.destroy()
  }
})

const READ = { status: 500, json: { code: 'FST_MEDIA_SSE_BODY_READ', message: /has read the body: let it leave the publish route alone$/ } }

async function readAll ({ raw }: FastifyRequest): Promise<Buffer> {
  return Buffer.concat(await raw.toArray() as Buffer[])
}

t.test('what somebody else has read is refused at once, unless it is there as bytes', async t => {
  const hooks: Record<string, (request: FastifyRequest) => Promise<void>> = {
    read: async request => { await readAll(request) },
    object: async request => { request.body = { length: (await readAll(request)).byteLength } },
    buffer: async request => { request.body = await readAll(request) },
    'as express.raw': async request => { Object.assign(request.raw, { body: await readAll(request) }) },
    begun: async ({ raw }) => { await once(raw, 'data') },
    text: async ({ raw }) => { raw.setEncoding('utf8') },
    dropped: async request => { request.body = undefined },
    along: async ({ raw }) => { raw.on('data', () => {}) }
  }
  for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
    const { origin } = await serve(t, { before: app => { app.addHook(name as 'preHandler', async request => { await hooks[String(request.headers['x-how'])]!(request) }) } })
    for (const how of ['read', 'begun', 'text']) t.match(await post(`${origin}/live/demo`, clip, { 'x-how': how }), READ, `${name}: ${how}`)
    t.match(await post(`${origin}/live/demo`, clip, { 'x-how': 'as express.raw' }), { status: 201, json: { segments: 3 } }, name)
    t.match(await post(`${origin}/live/demo`, clip, { 'x-how': 'dropped' }), { status: 201 }, name)
    t.match(await post(`${origin}/live/demo`, '', { 'x-how': 'read' }), { status: 200 }, `${name}: nothing to read`)
    if (name === 'onRequest' || name === 'preParsing') continue
    t.match(await post(`${origin}/live/demo`, clip, { 'x-how': 'object' }), READ, name)
    t.match(await post(`${origin}/live/demo`, clip, { 'x-how': 'buffer' }), { status: 201, json: { segments: 3 } }, name)
    t.match(await post(`${origin}/live/demo`, large, { 'x-how': 'along' }), { status: 201, json: { segments: count } }, name)
  }
})

beside('@fastify/middie with a parser that reads JSON', async app => {
  await app.register(middie)
  app.use((request, _response, next) => {
    if (request.headers['content-type'] !== 'application/json') return next()
    let text = ''
    request.on('data', (bytes: Buffer) => { text += String(bytes) }).on('end', () => {
      Object.assign(request, { body: JSON.parse(text) })
      next()
    })
  })
}, async (t, { origin }) => {
  t.match(await post(`${origin}/live/demo`, '{"battery":87}', { 'content-type': 'application/json' }), READ)
  t.match(await post(`${origin}/live/demo`, '{"battery":87}', {}), { status: 201 })
  t.match(await post(`${origin}/live/demo`, large, {}), { status: 201, json: { segments: count } })
})

t.test('framing: short, extended, named without a body, with trailers', async t => {
  const { origin, port } = await serve(t)
  const exchange = async (text: string | Buffer, end = false): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = ''
    socket.on('data', bytes => { answer += String(bytes) })
    if (end) socket.end(text)
    else socket.write(text)
    // Where bytes of it are refused unread, a reset may follow the answer.
    socket.on('error', () => {})
    await new Promise(resolve => socket.on('close', resolve))
    return answer
  }
  const head = 'POST /live/demo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n'
  t.match(await exchange(`${head}content-length: 100\r\n\r\n{"a":1}`, true), /^(HTTP\/1\.1 400 |$)/, 'a body that is shorter than its Content-Length')
  t.match(await exchange(`${head}content-type: video/mp4\r\ncontent-length: 0\r\n\r\n`), /^HTTP\/1\.1 200 /)
  t.match(await exchange(`${head}trailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n7;x=y\r\n{"a":1}\r\n0\r\nx-sum: 1\r\n\r\n`), /^HTTP\/1\.1 201 /)
  t.match(await exchange(`${head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`), /^HTTP\/1\.1 415 [^]*The Transfer-Encoding \\"gzip, chunked\\" is not taken/)
  t.match(await exchange(`${head}transfer-encoding: Chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n`), /^HTTP\/1\.1 201 /)
  t.equal((await get(`${origin}/live/demo`, { 'content-type': 'nonsense' }, 'DELETE')).status, 204)
})
