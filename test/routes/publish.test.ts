// Publishing over POST and PUT: segments go out as they arrive, bad bodies are told what to change, and a publisher
// that breaks off leaves nothing half.
// Above 300 lines, because one test file answers for all of its source file.
import { EventEmitter, once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions, PublishEndReason } from '../../lib/index.js'
import { MemoryStore } from '../../lib/store/memory.js'
import type { StoreNode } from '../../lib/store/store.js'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../lib/media/segment.js'
import { LAST, MOVIE_INIT, SOUND_INIT, fragment, sound } from '../broadcast/lives.js'
import { keptLog } from '../kit/log.js'
import { Publishing, fixture, get, post } from '../kit/publish.js'
import type { Answer } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const cmaf = fixture('fmp4/cmaf.mp4')

/** An fMP4 body in its parts. */
function parts (body: Uint8Array): { init: Uint8Array, segments: MediaSegment[] } {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: 2 ** 24 })
  const segments = splitter.push(body)
  return { init: splitter.init!.bytes!, segments }
}

interface Hooked extends Served {
  readonly calls: string[]
  readonly ends: () => Promise<PublishEndReason>
}

async function serveHooked (t: Test, media: MediaSseOptions = {}): Promise<Hooked> {
  const calls: string[] = []
  const told = new EventEmitter()
  const served = await serve(t, {
    media: {
      ...media,
      onPublishStart: (broadcast, request) => { calls.push(`start ${broadcast.name} ${request.method}`) },
      onSegment: (broadcast, segment) => { calls.push(`segment ${broadcast.name} ${segment.bytes.byteLength}`) },
      onPublishEnd: (broadcast, reason) => {
        calls.push(`end ${broadcast.name} ${reason}`)
        told.emit('end', reason)
      }
    }
  })
  return { ...served, calls, ends: async () => (await once(told, 'end') as [PublishEndReason])[0] }
}

/** Resolves once the broadcast is in the list. */
async function listed (origin: string): Promise<void> {
  await within((async () => { while (!(await get(`${origin}/live`)).bytes.includes('demo')); })(), 'it is live')
}

t.test('one object is one segment, and the hooks hear of it', async t => {
  const { origin, calls } = await serveHooked(t)
  for (const method of ['POST', 'PUT'] as const) {
    const { status, json } = await post(`${origin}/live/demo`, knownBytes(1, 1000), { 'content-type': 'image/jpeg' }, method)
    t.equal(status, 201)
    t.match(json, { broadcast: 'demo', id: /^\d+-[12]$/, segments: 1, viewers: 0 })
  }
  t.same(calls, ['start demo POST', 'segment demo 1000', 'end demo ended', 'start demo PUT', 'segment demo 1000', 'end demo ended'])
})

t.test('each fragment of an endless body is published by its last byte, and never waits for the next', async t => {
  const { origin } = await serve(t)
  const { init, segments } = parts(cmaf)
  const watching = await watch(`${origin}/live/demo`)
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(init)
  for (const [index, { bytes }] of segments.entries()) {
    publishing.write(bytes.subarray(0, -1))
    publishing.write(bytes.subarray(-1))
    await watching.until(() => watching.segments.length === index + 1)
    t.ok(watching.segments[index]?.bytes.equals(bytes))
  }
  t.match(await publishing.end(), { status: 201, json: { segments: segments.length, viewers: 1 } })
  t.ok(watching.named('init')[0]?.bytes.equals(init))
  t.match(watching.named('init')[0]?.json, { mime: /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/, kind: 'av', mode: 'segments' })
  t.same(watching.segments.map(({ json }) => json.join), segments.map(({ join }) => join))
  await watching.leave()
})

t.test('no trust in Content-Type: MP4 is MP4 whatever it is called, or however badly', async t => {
  const { origin } = await serve(t)
  for (const headers of [{}, { 'content-type': 'text/html' }, { 'content-type': '' }, { 'content-type': 'not a type' }, { 'content-type': 'application/json' }] as Array<Record<string, string>>) {
    const { status, json } = await post(`${origin}/live/demo`, cmaf, headers)
    t.equal(status, 201, JSON.stringify(headers))
    t.equal(json.segments, 3)
  }
})

t.test('an init segment alone is taken, and the fragments that come in requests of their own follow it', async t => {
  const { origin } = await serve(t)
  const { init, segments } = parts(cmaf)
  t.match(await post(`${origin}/live/demo`, init, {}), { status: 201, json: { segments: 0 } })
  for (const { bytes } of segments) t.match(await post(`${origin}/live/demo`, bytes, {}), { status: 201, json: { segments: 1 } })
  const watching = await watch(`${origin}/live/demo?from=start`)
  await watching.until(() => watching.segments.length === segments.length)
  t.equal(watching.named('init').length, 1)
  await watching.leave()
})

t.test('objects are published in the order of their requests, however they come and whenever they are allowed', async t => {
  const waiting: Array<() => void> = []
  const arrived = new EventEmitter()
  const { origin, calls } = await serveHooked(t, {
    authorizePublish: async request => {
      arrived.emit(request.url)
      if (request.url.endsWith('/1.m4s')) await new Promise<void>(resolve => { waiting.push(resolve) })
      return true
    }
  })
  const { init, segments } = parts(cmaf)
  await post(`${origin}/live/demo/init.mp4`, init, {})
  const asked = once(arrived, '/live/demo/1.m4s')
  const askedLater = once(arrived, '/live/demo/2.m4s')
  const first = new Publishing(`${origin}/live/demo/1.m4s`)
  first.write(segments[0]!.bytes.subarray(0, 10))
  await asked
  const second = post(`${origin}/live/demo/2.m4s`, segments[1]!.bytes, {})
  await askedLater
  // Its bytes come now and then, so that nobody takes it for broken.
  const rest = [...segments[0]!.bytes.subarray(10, 60)].map(byte => Uint8Array.of(byte))
  waiting[0]!()
  for (const byte of rest) {
    first.write(byte)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  t.strictSame(calls.filter(call => call.startsWith('segment')), [])
  first.write(segments[0]!.bytes.subarray(60))
  t.equal((await first.end()).status, 201)
  t.equal((await second).status, 201)
  t.strictSame(calls.filter(call => call.startsWith('segment')), [0, 1].map(index => `segment demo ${segments[index]!.bytes.byteLength}`))
})

t.test('a programme that begins again at the same path replaces the one before at once, whose connection may be broken', async t => {
  const { origin } = await serveHooked(t)
  const first = new Publishing(`${origin}/live/demo`)
  first.write(cmaf)
  await listed(origin)
  // It goes on, so that it would be waited for.
  const trickle = setInterval(() => { first.write(Uint8Array.of(0)) }, 20)
  t.teardown(() => { clearInterval(trickle) })
  const second = new Publishing(`${origin}/live/demo`)
  second.write(cmaf)
  const began = performance.now()
  t.match(await first.answer, { status: 409 })
  t.comment(`replaced after ${Math.round(performance.now() - began)} ms`)
  t.equal((await second.end()).status, 201)
})

t.test('a playlist is answered while an object of its track is still coming', async t => {
  const { origin } = await serve(t)
  const object = new Publishing(`${origin}/live/demo/index.m4s`)
  object.write(cmaf)
  await listed(origin)
  const trickle = setInterval(() => { object.write(Uint8Array.of(0)) }, 20)
  t.teardown(() => { clearInterval(trickle) })
  t.equal((await post(`${origin}/live/demo/index.m3u8`, '#EXTM3U\n', {}, 'PUT')).status, 204)
  clearInterval(trickle)
  await object.end()
})

t.test('an empty body is a probe: it starts and ends nothing', async t => {
  const { app, origin, calls } = await serveHooked(t)
  t.match(await post(`${origin}/live/demo`, '', {}), { status: 200, json: { segments: 0 } })
  t.match(await new Publishing(`${origin}/live/demo`).end(), { status: 200, json: { segments: 0 } })
  t.same(calls, [])
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
})

t.test('a body shorter than any container is still what it is named', async t => {
  const { origin } = await serve(t)
  t.match(await post(`${origin}/live/demo`, 'abc', { 'content-type': 'text/x-caption' }), { status: 201, json: { segments: 1 } })
  t.match(await post(`${origin}/live/demo`, 'abc', {}), { status: 201, json: { segments: 1 } })
  t.match(await post(`${origin}/live/demo`, Buffer.from([1, 2, 3]), {}), { status: 415 })
})

t.test('what cannot work says what to change', async t => {
  const { origin } = await serve(t, { media: { maxSegmentBytes: 200_000 } })
  const { init, segments } = parts(cmaf)
  const url = `${origin}/live/demo`
  for (const [what, path, body, headers, status, code, message] of [
    ['MP4 without fragments', '', Buffer.concat([init.subarray(0, 28), Buffer.from([0, 0, 0, 8]), Buffer.from('mdat')]), {}, 415, 'UNSUPPORTED_MEDIA', /movflags/],
    ['MP4 without default_base_moof', '', fixture('fmp4/nodefbase.mp4'), {}, 415, 'UNSUPPORTED_MEDIA', /default_base_moof/],
    ['bytes of no kind and no name', '', knownBytes(1, 100), {}, 415, 'UNSUPPORTED_MEDIA', /Content-Type/],
    ['bytes that are not what they are named', '', knownBytes(1, 100), { 'content-type': 'video/mp4' }, 415, 'UNSUPPORTED_MEDIA', /video\/mp4/],
    ['a fragment before any init', '/nothing', segments[0]!.bytes, {}, 412, 'INIT_REQUIRED', /moov/],
    ['a body cut short', '', cmaf.subarray(0, -200), {}, 400, 'INVALID_SEGMENT', /ends/],
    ['a segment too large', '', knownBytes(1, 200_001), { 'content-type': 'image/jpeg' }, 413, 'SEGMENT_TOO_LARGE', /maxSegmentBytes/],
    ['a name that is none', '/../-x', 'x', {}, 400, 'INVALID_NAME', /name/],
    ['a track name that is none', '/-t', 'x', {}, 400, 'INVALID_NAME', /track/]
  ] as const) {
    const answer = await post(what === 'a name that is none' ? `${origin}/live/-demo` : url + path, body, headers as Record<string, string>)
    t.match(answer, { status, json: { code: `FST_MEDIA_SSE_${code}`, message } }, what)
  }
})

t.test('a name that no broadcast or track can have is refused', async t => {
  const { origin } = await serve(t)
  for (const path of ['a%20b', 'demo/a%20b/index.m4s']) t.match(await post(`${origin}/live/${path}`, cmaf), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } }, path)
})

t.test('a body without a length is refused with 411', async t => {
  const { port } = await serve(t)
  const socket = connect({ host: '127.0.0.1', port })
  socket.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  const [answer] = await once(socket, 'data') as [Buffer]
  t.match(String(answer), /^HTTP\/1\.1 411 [^]*FST_MEDIA_SSE_LENGTH_REQUIRED/)
  socket.destroy()
})

t.test('a publisher killed in the middle of a fragment publishes nothing of it, and the next one is accepted', async t => {
  const { origin, calls, ends } = await serveHooked(t)
  const { init, segments } = parts(cmaf)
  const watching = await watch(`${origin}/live/demo`)
  const publishing = new Publishing(`${origin}/live/demo?publisher=a`)
  publishing.write(Buffer.concat([init, segments[0]!.bytes, segments[1]!.bytes.subarray(0, 5000)]))
  await watching.until(() => watching.segments.length === 1)
  const ended = ends()
  publishing.kill()
  t.equal(await ended, 'client')
  t.equal(calls.filter(call => call.startsWith('segment')).length, 1)
  t.match(await post(`${origin}/live/demo?publisher=b`, cmaf, {}), { status: 201, json: { segments: 3 } })
  await watching.until(() => watching.segments.length === 4)
  t.equal(watching.segments[1]?.json.discontinuity, true, 'another life of the publisher')
  await watching.leave()
})

t.test('another publisher of the same track is refused while the first is connected, unless it may take over', async t => {
  for (const takeover of [false, true]) {
    const { origin, ends } = await serveHooked(t, { takeover })
    const { init, segments } = parts(cmaf)
    const watching = await watch(`${origin}/live/demo`)
    const first = new Publishing(`${origin}/live/demo?publisher=a`)
    first.write(Buffer.concat([init, segments[0]!.bytes]))
    await watching.until(() => watching.segments.length === 1)
    const ended = ends()
    const second = await post(`${origin}/live/demo?publisher=b`, cmaf, {})
    if (takeover) {
      t.equal(second.status, 201)
      t.equal((await first.answer).status, 409)
      t.equal(await ended, 'takeover')
    } else {
      t.match(second, { status: 409, json: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' } })
      t.equal((await first.end()).status, 201)
    }
    await watching.leave()
  }
})

t.test('a publisher that falls silent is ended with 408', async t => {
  const { origin, ends } = await serveHooked(t, { publisherTimeout: 50 })
  const publishing = new Publishing(`${origin}/live/demo`)
  const ended = ends()
  publishing.write(cmaf)
  t.equal(await ended, 'timeout')
  t.match(await publishing.answer, { status: 408, json: { code: 'FST_MEDIA_SSE_PUBLISHER_TIMEOUT' } })
})

t.test('a refused publisher that never looks at the answer is cut off', async t => {
  const { port } = await serve(t)
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  socket.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
  const sending = setInterval(() => { socket.write('10\r\n\x01123456789abcdef\r\n') }, 10)
  t.teardown(() => { clearInterval(sending) })
  const [answer] = await once(socket, 'data') as [Buffer]
  t.match(String(answer), /^HTTP\/1\.1 415 /)
  await new Promise(resolve => socket.once('close', resolve))
})

t.test('DELETE cuts publishers off, and the next one starts the broadcast anew', async t => {
  const { app, origin, ends } = await serveHooked(t)
  const { init, segments } = parts(cmaf)
  const watching = await watch(`${origin}/live/demo`)
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(Buffer.concat([init, segments[0]!.bytes]))
  await watching.until(() => watching.segments.length === 1)
  const ended = ends()
  t.equal((await get(`${origin}/live/demo`, {}, 'DELETE')).status, 204)
  t.equal(await ended, 'kicked')
  t.equal((await publishing.answer).status, 404)
  t.equal(app.mediaSse.broadcast('demo').state, 'ended')
  t.equal((await get(`${origin}/live/demo/old-object.m4s`, {}, 'DELETE')).status, 204)
  t.match(await get(`${origin}/live/unknown`, {}, 'DELETE'), { status: 404, json: { code: 'FST_MEDIA_SSE_NOT_FOUND' } })
  const epoch = Number(watching.lastEventId.split('-')[0])
  const { json } = await post(`${origin}/live/demo`, cmaf, {})
  t.ok(Number(String(json.id).split('-')[0]) > epoch)
  t.equal(app.mediaSse.broadcast('demo').state, 'live')
})

t.test('too many broadcasts: 429 with Retry-After', async t => {
  const { origin } = await serve(t, { media: { maxBroadcasts: 1 } })
  t.equal((await post(`${origin}/live/one`, 'x')).status, 201)
  t.match(await post(`${origin}/live/two`, 'x'), { status: 429, headers: { 'retry-after': '10' }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS' } })
  t.equal((await post(`${origin}/live/one`, 'x')).status, 201)
})

t.test('at app.close() an endless publisher is answered 503 and let go', async t => {
  const { app, origin, ends } = await serveHooked(t, { closeTimeout: 3000 })
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(cmaf)
  while (app.mediaSse.broadcast('demo').state !== 'live') await new Promise(resolve => setImmediate(resolve))
  const ended = ends()
  const closing = app.close()
  t.match(await publishing.answer, { status: 503, headers: { 'retry-after': '10' }, json: { code: 'FST_MEDIA_SSE_CLOSING' } })
  t.equal(await ended, 'closing')
  publishing.kill()
  await closing
})

t.test('so is one of whose body nothing is published yet, whatever it is, or that is still being authorized', async t => {
  for (const { what, bytes, type, query = '' } of [
    { what: 'media', bytes: cmaf.subarray(0, 20), type: 'video/mp4' }, { what: 'one object', bytes: Buffer.alloc(10_000, 'x'), type: 'text/plain' },
    { what: 'too little to tell', bytes: Buffer.of(0), type: 'video/mp4' }, { what: 'in parts', bytes: cmaf.subarray(0, 20), type: 'video/mp4', query: '?offset=0' }
  ]) {
    for (const isLate of [false, true]) {
      const asked = new EventEmitter()
      const { app, origin } = await serve(t, {
        media: {
          closeTimeout: 60_000,
          authorizePublish: async () => {
            asked.emit('asked')
            if (isLate) await once(asked, 'closes')
            return true
          }
        }
      })
      const authorizing = once(asked, 'asked')
      const publishing = new Publishing(`${origin}/live/demo${query}`, { 'content-type': type })
      publishing.write(bytes)
      await authorizing
      // Bytes that wait for their turn, too.
      for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
      const closing = app.close()
      asked.emit('closes')
      t.match(await publishing.answer, { status: 503, json: { code: 'FST_MEDIA_SSE_CLOSING' } }, isLate ? `${what}, late` : what)
      publishing.kill()
      await within(closing, 'the server closes')
    }
  }
})

t.test('at app.close() an endless publisher that never looks at the answer is cut off, within closeTimeout', async t => {
  const { app, port } = await serve(t, { media: { closeTimeout: 200 } })
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  socket.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
  const { init } = parts(cmaf)
  socket.write(Buffer.concat([Buffer.from(`${init.byteLength.toString(16)}\r\n`), init, Buffer.from('\r\n')]))
  const sending = setInterval(() => { socket.write('10\r\n\0\0\0\x10free89abcdef\r\n') }, 10)
  t.teardown(() => { clearInterval(sending) })
  while (app.mediaSse.broadcast('demo').state !== 'live') await new Promise(resolve => setImmediate(resolve))
  const closed = new Promise(resolve => socket.once('close', resolve))
  await app.close()
  await closed
})

t.test('a publisher may come over HTTP/2, where a body needs neither a type nor a length', async t => {
  const { app, origin } = await serve(t, { fastify: { http2: true } as FastifyServerOptions })
  const session = connectHttp2(origin)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':method': 'POST', ':path': '/live/demo' })
  stream.end(cmaf)
  t.match(await once(stream, 'response'), [{ ':status': 201 }])
  t.equal(app.mediaSse.broadcast('demo').state, 'live')
  const empty = session.request({ ':method': 'POST', ':path': '/live/demo' }, { endStream: true })
  t.match(await once(empty, 'response'), [{ ':status': 200 }])
  const ending = session.request({ ':method': 'DELETE', ':path': '/live/demo' })
  t.match(await once(ending, 'response'), [{ ':status': 204 }])
})

const FRAGMENT = fragment(0).byteLength
const FIRST = MOVIE_INIT.byteLength + FRAGMENT
const movie = (...seconds: number[]): Buffer => Buffer.concat([MOVIE_INIT, ...seconds.map(second => fragment(second))])

/** A part of a body, `end` exclusive. */
async function postPart (url: string, body: Buffer, offset: number, end: number): Promise<Answer> {
  return await post(url, body.subarray(offset, end), { 'content-range': `bytes ${offset}-${end - 1}/*` })
}

t.test('a body may come in many requests: what is missing is asked for, what is repeated is ignored', async t => {
  const { origin, calls } = await serveHooked(t)
  const url = `${origin}/live/demo`
  const body = movie(0, 1, 2)
  const watching = await watch(url)
  t.match(await postPart(url, body, 40, 80), { status: 409, json: { statusCode: 409, code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', error: 'Conflict', expected: 0 } })
  t.match(await postPart(url, body, 0, FIRST), { status: 201, json: { segments: 1, viewers: 1 } })
  const { json } = await postPart(url, body, FIRST + 9, body.byteLength)
  t.match(json, { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', expected: FIRST, message: `Bytes ${FIRST} to ${FIRST + 8} are missing: send the body from offset ${FIRST} on` })
  t.match(await postPart(url, body, 0, FIRST), { status: 200, json: { segments: 0 } })
  t.match(await post(`${url}?offset=${FIRST}`, body.subarray(FIRST, FIRST + 30), {}), { status: 201, json: { segments: 0 } })
  t.match(await post(`${url}?offset=${FIRST + 30}`, body.subarray(FIRST + 30), {}), { status: 201, json: { segments: 2 } })
  t.match(await post(`${url}?offset=${FIRST}`, body.subarray(FIRST, FIRST + 30), {}), { status: 200, json: { segments: 0 } })
  t.match(await post(`${url}?offset=x`, body, {}), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_SEGMENT' } })
  await watching.until(() => watching.segments.length === 3)
  t.strictSame(watching.segments.map(({ json }) => json.start), [0, 1, 2])
  t.equal(calls.filter(call => call.startsWith('start')).length, calls.filter(call => call.startsWith('end')).length)
  await watching.leave()
})

t.test('a part whose connection hangs is sent again, or gone on with, in another request', async t => {
  const { origin, app } = await serveHooked(t)
  const url = `${origin}/live/demo`
  const body = movie(0, 1, 2)
  await postPart(url, body, 0, FIRST)
  const hanging = new Publishing(url, { 'content-range': `bytes ${FIRST}-${body.byteLength - 1}/*` })
  hanging.write(body.subarray(FIRST, FIRST + FRAGMENT + 10))
  while (app.mediaSse.stats().segments < 2) await new Promise(resolve => setImmediate(resolve))
  t.match(await postPart(url, body, FIRST, body.byteLength), { status: 201, json: { segments: 1 } })
  t.match(await hanging.answer, { status: 409 })
  t.notOk('expected' in (await hanging.answer).json)
})

t.test('a first part that was broken off is sent again, and nothing of it is twice', async t => {
  const { origin, ends } = await serveHooked(t)
  const url = `${origin}/live/demo`
  const body = movie(0, 1, 2)
  const watching = await watch(url)
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port) })
  const ended = ends()
  socket.write(`POST /live/demo HTTP/1.1\r\nhost: localhost\r\ncontent-range: bytes 0-${body.byteLength - 1}/*\r\ncontent-length: ${body.byteLength}\r\n\r\n`)
  socket.write(body.subarray(0, FIRST + FRAGMENT + 5))
  await watching.until(() => watching.segments.length === 2)
  socket.destroy()
  t.equal(await ended, 'client')
  t.match(await postPart(url, body, 0, body.byteLength), { status: 201, json: { segments: 1 } })
  await watching.until(() => watching.segments.length === 3)
  t.strictSame(watching.segments.map(({ json }) => json.start), [0, 1, 2])
  await watching.leave()
})

t.test('manifests and encoders\' old objects are taken, and nothing is done with them', async t => {
  const { origin, app, calls } = await serveHooked(t)
  for (const [path, body] of [['master.m3u8', '#EXTM3U\n'], ['manifest.mpd', '<?xml version="1.0"?><MPD/>']] as const) {
    t.equal((await post(`${origin}/live/demo/${path}`, body, {}, 'PUT')).status, 204)
  }
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
  t.same(calls, [])
})

t.test('an object that comes again is answered 200, whichever its name', async t => {
  const { origin } = await serve(t)
  t.match(await post(`${origin}/live/demo/video/init.mp4`, Buffer.from(MOVIE_INIT), {}), { status: 201, json: { segments: 0 } })
  for (const [path, status, segments] of [['1.m4s', 201, 1], ['1.m4s', 200, 0], ['2.m4s', 200, 0]] as const) {
    t.match(await post(`${origin}/live/demo/video/${path}`, Buffer.from(fragment(0)), {}), { status, json: { segments } })
  }
  t.match(await post(`${origin}/live/demo/audio/1.m4s`, Buffer.from(fragment(0)), {}), { status: 412 }, 'another folder is another track')
})

t.test('a publisher that is killed and starts over goes on without a hole, and its viewers are told how long it was away', async t => {
  const { origin, ends } = await serveHooked(t)
  const url = `${origin}/live/demo`
  const watching = await watch(url)
  const publishing = ['video', 'audio'].map(track => new Publishing(`${url}/${track}`))
  publishing[0]!.write(movie(0, 0.04))
  await watching.until(() => watching.segments.length === 2)
  publishing[1]!.write(Buffer.concat([SOUND_INIT, sound(0), sound(0.04)]))
  await watching.until(() => watching.segments.length === 4)
  for (const one of publishing) {
    const ended = ends()
    one.kill()
    await ended
  }
  const [audio, video] = ['audio', 'video'].map(track => new Publishing(`${url}/${track}`))
  audio!.write(Buffer.concat([SOUND_INIT, sound(0)]))
  await watching.until(() => watching.segments.length === 5)
  video!.write(movie(0, 0.04))
  await watching.until(() => watching.segments.length === 7)
  t.strictSame(watching.segments.map(({ json }) => [json.track, json.start, json.discontinuity]), [
    ['video', 0, undefined], ['video', 0.04, undefined], ['audio', 0, undefined], ['audio', 0.04, undefined],
    ['audio', 0.08, true], ['video', 0.08, true], ['video', 0.12, undefined]
  ])
  const { segments } = parts(Buffer.concat([MOVIE_INIT, watching.segments[6]!.bytes]))
  t.equal(segments[0]?.start, 0.12, 'so do the bytes')
  t.match(watching.named('gap').map(({ json, id }) => [id, json]), [[watching.segments[3]!.id, { segments: 0, reason: 'publisher', seconds: Number }]])
  for (const one of [audio!, video!]) one.kill()
  await watching.leave()
})

t.test('a broadcast whose publishers have marked the last segments of all tracks ends', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  await post(`${origin}/live/demo/video`, movie(0), {})
  await post(`${origin}/live/demo/audio`, Buffer.concat([SOUND_INIT, sound(0)]), {})
  await post(`${origin}/live/demo/video`, Buffer.concat([LAST, fragment(1)]), {})
  t.equal(demo.state, 'live')
  await post(`${origin}/live/demo/audio`, Buffer.concat([LAST, sound(1)]), {})
  t.equal(demo.state, 'ended')
})

t.test('a hook may end the broadcast as soon as somebody begins to publish', async t => {
  const { app, origin } = await serve(t, { media: { onPublishStart: broadcast => { broadcast.end() } } })
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(cmaf)
  t.match(await publishing.answer, { status: 404, json: { code: 'FST_MEDIA_SSE_NOT_FOUND' } })
  t.match(app.mediaSse.stats(), { segments: 0 })
  publishing.kill()
})

t.test('the log tells when an endless publisher leaves, and is not filled by objects', async t => {
  const { logger, lines } = keptLog()
  const { app, origin } = await serve(t, { fastify: { logger } })
  await post(`${origin}/live/demo`, movie(0), {})
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(movie(1))
  while (app.mediaSse.stats().segments < 2) await new Promise(resolve => setImmediate(resolve))
  await publishing.end()
  const left = lines.filter(({ msg }) => msg === 'publisher left')
  t.match(left, [{ level: 20, broadcast: 'demo', track: 'main', reason: 'ended' }, { level: 30, reason: 'ended' }])
})

t.test('a conflict is told, whatever serializer the app has', async t => {
  const { origin } = await serve(t, { before: app => { app.setSerializerCompiler(() => () => { throw new Error('of another kind') }) } })
  t.match(await post(`${origin}/live/demo?offset=5`, 'x'), { status: 409, json: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', error: 'Conflict', expected: 0 } })
})

t.test("what an app's own error handler makes of a conflict is sent as it is", async t => {
  const { origin } = await serve(t, { before: app => { app.setErrorHandler(async (_error, _request, reply) => await reply.code(409).send({ problem: 'again' })) } })
  t.strictSame((await post(`${origin}/live/demo?offset=5`, 'x')).json, { problem: 'again' })
})

t.test('too many publishers: 429 with Retry-After, until one has ended', async t => {
  const { origin, ends } = await serveHooked(t, { maxPublishers: 1 })
  const { init, segments } = parts(cmaf)
  const publishing = new Publishing(`${origin}/live/demo`)
  const watching = await watch(`${origin}/live/demo`)
  publishing.write(Buffer.concat([init, segments[0]!.bytes]))
  await watching.until(() => watching.segments.length === 1)
  t.match(await post(`${origin}/live/other`, 'x'), { status: 429, headers: { 'retry-after': '10' }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_PUBLISHERS' } })
  const ended = ends()
  publishing.kill()
  t.equal(await ended, 'client')
  for (let count = 0; count < 3; count++) t.equal((await post(`${origin}/live/other`, 'x')).status, 201, 'one after the other they have their place')
  t.equal((await post(`${origin}/live/other`, '\x01', {})).status, 415)
  t.equal((await post(`${origin}/live/other`, 'x')).status, 201, 'those that were refused have given theirs back')
  await watching.leave()
})

t.test('whoever trickles is ended with 408, as media, as a manifest, or as nothing yet', async t => {
  const { origin, calls } = await serveHooked(t, { segmentTimeout: 300 })
  const { init, segments } = parts(cmaf)
  const bodies = [[Buffer.concat([init, segments[0]!.bytes]), segments[1]!.bytes], ['#EXTM3U\n', '#'.repeat(10_000)], ['G', '.'.repeat(10_000)], ['GIF89a'.padEnd(5000, '.'), '.'.repeat(10_000)]] as const
  await Promise.all(bodies.map(async ([first, rest], index) => {
    const publishing = new Publishing(`${origin}/live/demo${index}`, index === 3 ? { 'content-type': 'image/gif' } : {})
    publishing.write(Buffer.from(first))
    let at = 0
    const trickle = setInterval(() => { publishing.write(Buffer.from(rest.slice(at, ++at))) }, 20)
    t.teardown(() => { clearInterval(trickle) })
    t.match(await publishing.answer, { status: 408, json: { code: 'FST_MEDIA_SSE_PUBLISHER_TIMEOUT', message: /^The publisher sent no whole segment for 300 ms/ } })
    clearInterval(trickle)
  }))
  t.strictSame(calls.filter(call => call.startsWith('end')), ['end demo0 timeout'], 'the others have begun nothing')
})

t.test('a publisher that sends too fast is held back, over all of its requests, and loses nothing', async t => {
  const rate = 1024 * 1024
  const { app, origin } = await serveHooked(t, { maxBytesPerSecond: rate })
  const watching = await watch(`${origin}/live/demo`)
  const began = performance.now()
  const count = 10
  const answers = await Promise.all(Array.from({ length: count }, async (_, index) => await post(`${origin}/live/demo`, knownBytes(index, rate / 4))))
  const seconds = (performance.now() - began) / 1000
  t.ok(answers.every(({ status }) => status === 201))
  // A second's worth may come at once.
  const fastest = (count / 4 - 1) * rate / seconds
  t.ok(fastest < rate * 1.01, `${Math.round(fastest)} bytes a second, of ${rate}`)
  await watching.until(() => watching.segments.length === count)
  t.equal(app.mediaSse.stats().bytes, count * rate / 4)
  await watching.leave()
})

t.test('whatever a sender calls itself and wherever it publishes, its requests have one pace', async t => {
  const rate = 1024 * 1024
  const count = 10
  const key = 'key-of-sixteen-or-more'
  const signKeys = ['a key of thirty-two characters, or more']
  const made = (index: number) => `publisher=${index}&any=${index}`
  const gates: Record<string, [media: MediaSseOptions, headers: (index: number) => Record<string, string>, query: (index: number, app: Served['app']) => string]> = {
    'on this machine': [{}, index => ({ authorization: `Bearer ${index}` }), index => `${made(index)}&signature=${index}`],
    'by a function': [{ authorizePublish: () => true }, index => ({ authorization: `Bearer ${index}` }), index => `${made(index)}&signature=${index}`],
    'by a key': [{ publishKeys: [key] }, index => ({ authorization: `Basic ${Buffer.from(`${index}:${key}`).toString('base64')}` }), index => `${made(index)}&signature=${index}`],
    'by links': [{ authorizePublish: () => false, signKeys }, () => ({}), (index, app) => `${made(index)}&${app.mediaSse.sign(`demo${index % 2}`, { action: 'publish', expires: Date.now() + 60_000 + index })}`]
  }
  await Promise.all(Object.entries(gates).map(async ([gate, [media, headers, query]]) => {
    const { app, origin } = await serve(t, { media: { ...media, maxBytesPerSecond: rate } })
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: count }, async (_, index) => (
      await post(`${origin}/live/demo${index % 2}/track${index}?${query(index, app)}`, knownBytes(index, rate / 4), { 'content-type': 'image/jpeg', ...headers(index) })
    )))
    const seconds = (performance.now() - began) / 1000
    t.ok(answers.every(({ status }) => status === 201), `${gate}: ${answers.map(({ status }) => status).join(' ')}`)
    // A second's worth may come at once, of each of the two links' broadcasts too.
    const burst = gate === 'by links' ? 2 : 1
    const fastest = (count / 4 - burst) * rate / seconds
    t.ok(fastest < rate * burst * 1.01, `${gate}: ${Math.round(fastest)} bytes a second, of ${rate}`)
  }))
})

t.test('a body that comes in parts has its place between them, too', async t => {
  const { origin } = await serveHooked(t, { maxPublishers: 2 })
  const part = async (name: string, offset: number) => await post(`${origin}/live/${name}?offset=${offset}`, cmaf.subarray(offset, offset + 5000), {})
  t.equal((await part('one', 0)).status, 201)
  t.equal((await post(`${origin}/live/object`, 'x')).status, 201)
  t.equal((await part('two', 0)).status, 201)
  t.match(await post(`${origin}/live/object`, 'x'), { status: 429, json: { code: 'FST_MEDIA_SSE_TOO_MANY_PUBLISHERS' } })
  t.match(await part('three', 0), { status: 429, headers: { 'retry-after': '10' } })
  t.equal((await part('one', 5000)).status, 201, 'who has begun goes on')
  t.equal((await get(`${origin}/live/two`, {}, 'DELETE')).status, 204)
  t.equal((await post(`${origin}/live/object`, 'x')).status, 201)
})

t.test('a body is taken in once the store knows what its publication begins with', async t => {
  const asked = new EventEmitter()
  const open = (node: StoreNode) => Object.assign(new MemoryStore(node), {
    prepare: async (name: string) => {
      asked.emit('prepare', name)
      await once(asked, 'ready')
    }
  })
  const { app, origin } = await serve(t, { media: { store: { open } } as MediaSseOptions })
  const preparing = once(asked, 'prepare')
  const posting = post(`${origin}/live/demo`, knownBytes(0, 10), { 'content-type': 'application/x-test' })
  t.same(await preparing, ['demo'])
  t.equal(app.mediaSse.broadcast('demo').state, 'waiting')
  asked.emit('ready')
  t.match(await posting, { status: 201, json: { segments: 1 } })
})

t.test('a path that nobody could watch is no route', async t => {
  const { origin } = await serve(t)
  for (const path of ['/live/demo/', '/live//demo']) {
    for (const method of ['POST', 'DELETE'] as const) t.match(await post(origin + path, 'x', {}, method), { status: 404 }, `${method} ${path}`)
  }
})

t.test('a refused publisher whose body ends while the server closes does not keep it open', async t => {
  const { app, port } = await serve(t)
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /live/demo HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\ncontent-type: video/mp4\r\n\r\n')
  socket.write(Buffer.concat([Buffer.from('1388\r\n'), knownBytes(1, 5000), Buffer.from('\r\n')]))
  const [answer] = await once(socket, 'data') as [Buffer]
  t.match(String(answer), /^HTTP\/1\.1 415 /)
  const closing = app.close()
  const closed = once(socket, 'close')
  await new Promise(resolve => setImmediate(resolve))
  socket.write('0\r\n\r\n')
  await within(Promise.all([closing, closed]), 'its connection is closed, and the server')
})
