// One segment's bytes over a real connection, as caches and players ask for them.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { ServeOptions } from '../kit/serve.js'
import type { Test } from 'tap'

const BYTES = knownBytes(1, 1000)

async function served (t: Test, options: ServeOptions = {}) {
  const { app, origin } = await serve(t, options)
  const { id = '' } = await app.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })
  return { app, origin, id, url: `${origin}/live/demo/segments/${id}` }
}

t.test('the whole segment, with what caches need to keep it for good', async t => {
  const { id, url } = await served(t)
  const { status, headers, bytes } = await get(url)
  t.equal(status, 200)
  t.ok(bytes.equals(BYTES))
  t.match(headers, {
    'content-type': 'image/jpeg',
    'content-length': '1000',
    'cache-control': 'public, max-age=86400, immutable',
    etag: `"${id}"`,
    'accept-ranges': 'bytes'
  })
})

t.test('HEAD gives the same headers', async t => {
  const { id, url } = await served(t)
  const { status, headers, bytes } = await get(url, {}, 'HEAD')
  t.equal(status, 200)
  t.equal(bytes.byteLength, 0)
  t.match(headers, { 'content-type': 'image/jpeg', 'content-length': '1000', etag: `"${id}"` })
})

t.test('the answer depends on the address alone: no cache need keep several', async t => {
  const { url } = await served(t)
  const { headers } = await get(url, { 'accept-encoding': 'gzip, br', accept: 'video/*', origin: 'https://page.example' })
  t.equal(headers['vary'], undefined)
  t.equal(headers['content-encoding'], undefined)
})

t.test('a range is of GET alone: HEAD tells of the whole', async t => {
  const { url } = await served(t)
  for (const range of ['bytes=0-9', 'bytes=1000-']) {
    const { status, headers } = await get(url, { range }, 'HEAD')
    t.equal(status, 200, range)
    t.match(headers, { 'content-length': '1000', 'content-type': 'image/jpeg' })
    t.equal(headers['content-range'], undefined)
  }
})

t.test('no cache keeps a refusal: the next who asks may be allowed, and the segment may be there', async t => {
  const { app, origin, id, url } = await served(t, { media: { authorizeWatch: ({ headers }) => headers.authorization === 'Bearer key' } })
  const [epoch, sequence] = id.split('-').map(Number) as [number, number]
  const next = `${origin}/live/demo/segments/${epoch}-${sequence + 1}`
  const authorization = 'Bearer key'
  for (const [status, answer] of [[401, await get(url)], [403, await get(url, { authorization: 'Bearer guess' })], [404, await get(next, { authorization })], [400, await get(`${origin}/live/a%20b/segments/${id}`)]] as const) {
    t.equal(answer.status, status)
    t.equal(answer.headers['cache-control'], 'no-store', String(status))
  }
  app.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })
  t.match(await get(next, { authorization }), { status: 200, headers: { 'cache-control': /immutable/ } })
})

t.test('what is no media is bytes, for ranges and HEAD too', async t => {
  const { app, origin } = await served(t)
  for (const contentType of ['text/javascript', 'text/html', 'image/svg+xml', 'application/json', 'image/jpeg;a=b, text/javascript']) {
    const { id } = await app.mediaSse.broadcast('demo').publish(BYTES, { contentType })
    const url = `${origin}/live/demo/segments/${id}`
    for (const answer of [await get(url), await get(url, {}, 'HEAD'), await get(url, { range: 'bytes=0-9' })]) {
      t.match(answer.headers, { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' }, contentType)
    }
  }
})

t.test('a range of it', async t => {
  const { url } = await served(t)
  for (const [range, first, last] of [['bytes=0-0', 0, 0], ['bytes=10-', 10, 999], ['bytes=-10', 990, 999], ['bytes=990-2000', 990, 999]] as const) {
    const { status, headers, bytes } = await get(url, { range })
    t.equal(status, 206)
    t.equal(headers['content-range'], `bytes ${first}-${last}/1000`)
    t.equal(headers['content-type'], 'image/jpeg')
    t.ok(bytes.equals(BYTES.subarray(first, last + 1)), range)
  }
})

t.test('a range that may be ignored is', async t => {
  const { url } = await served(t)
  for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-1']) {
    const { status, headers, bytes } = await get(url, { range })
    t.equal(status, 200)
    t.equal(headers['content-range'], undefined)
    t.ok(bytes.equals(BYTES), range)
  }
})

t.test('a range outside of it is 416 with its length, and no cache keeps that answer', async t => {
  const { url } = await served(t)
  const { status, headers, bytes } = await get(url, { range: 'bytes=1000-' })
  t.equal(status, 416)
  t.equal(headers['content-range'], 'bytes */1000')
  t.equal(bytes.byteLength, 0)
  t.notMatch(String(headers['cache-control']), /public|max-age=[1-9]/)
})

t.test('If-Range: the range counts only while the tag is the segment\'s own', async t => {
  const { id, url } = await served(t)
  t.match(await get(url, { range: 'bytes=0-9', 'if-range': `"${id}"` }), { status: 206 })
  for (const other of ['"1-1"', `W/"${id}"`, 'Tue, 15 Nov 1994 08:12:31 GMT']) {
    const { status, bytes } = await get(url, { range: 'bytes=0-9', 'if-range': other })
    t.equal(status, 200, other)
    t.equal(bytes.byteLength, 1000)
  }
  t.match(await get(url, { range: 'bytes=1000-', 'if-range': '"1-1"' }), { status: 200 })
})

t.test('If-None-Match: whoever has it is told so, without a body', async t => {
  const { id, url } = await served(t)
  for (const tag of [`"${id}"`, `W/"${id}"`, `"x", "${id}"`, '*']) {
    const { status, headers, bytes } = await get(url, { 'if-none-match': tag, range: 'bytes=0-9' })
    t.equal(status, 304, tag)
    t.equal(bytes.byteLength, 0)
    t.match(headers, { etag: `"${id}"`, 'cache-control': 'public, max-age=86400, immutable' })
    t.equal(headers['content-type'], undefined)
  }
  t.match(await get(url, { 'if-none-match': '"1-1"' }), { status: 200 })
})

t.test('where watching needs leave, only the asker\'s own cache may keep it', async t => {
  const { url } = await served(t, { media: { authorizeWatch: request => request.headers['x-leave'] === 'yes' } })
  const { status, headers } = await get(url, { 'x-leave': 'yes' })
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'private, max-age=86400, immutable')
  t.match(await get(url), { status: 401, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN' } })
})

t.test('what is not there is 404', async t => {
  const { app, origin, id } = await served(t)
  const [epoch, sequence] = id.split('-').map(Number) as [number, number]
  const others = [`${epoch}-${sequence + 1}`, `${epoch}-0`, `${epoch + 1}-${sequence}`, `0${id}`, 'x', '%00', 'y'.repeat(90)]
  for (const other of others) {
    const { status, json } = await get(`${origin}/live/demo/segments/${other}`)
    t.equal(status, 404, other)
    t.match(json, { code: 'FST_MEDIA_SSE_NOT_FOUND', message: /^There is no segment .{1,40} of "demo", or no more$/ })
  }
  t.match(await get(`${origin}/live/nobody/segments/${id}`), { status: 404 })
  app.mediaSse.broadcast('demo').end()
  app.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })
  t.match(await get(`${origin}/live/demo/segments/${id}`), { status: 404 }, 'another life has other ids')
})

t.test('a segment that has left the window is no more', async t => {
  const { app, url } = await served(t, { media: { window: { bytes: 1 } } })
  for (let index = 0; index < 3; index++) app.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })
  t.match(await get(url), { status: 404 })
})

t.test('an ended broadcast\'s segments are there as long as it is kept', async t => {
  const { app, url } = await served(t)
  app.mediaSse.broadcast('demo').end()
  t.match(await get(url), { status: 200 })
})

t.test('what a publisher sends is never a page of this site', async t => {
  const { app, origin } = await served(t)
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('<script>alert(1)</script>'), { contentType: 'text/html' })
  const { headers } = await get(`${origin}/live/demo/segments/${id}`)
  t.equal(headers['x-content-type-options'], 'nosniff')
  t.match(headers['content-security-policy'], /sandbox/)
})

t.test('who asks for a segment and does not read it is cut after stallTimeout, and who reads slowly is not', async t => {
  const { app, port } = await serve(t, { media: { stallTimeout: 1500 } })
  const bytes = knownBytes(1, 15 * 1024 * 1024)
  const { id } = await app.mediaSse.broadcast('demo').publish(bytes, { contentType: 'application/x-test' })
  const fetching = (): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET /live/demo/segments/${id} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return socket
  }
  const stalled = fetching()
  const [served] = await once(app.server, 'connection') as [Socket]
  const cut = once(served, 'close')
  const slow = fetching()
  // Longer than the time-out, in pieces.
  const began = performance.now()
  let read = 0
  slow.on('readable', () => {})
  const reading = setInterval(() => { read += (slow.read(Math.min(64 * 1024, slow.readableLength)) as Buffer | null)?.byteLength ?? 0 }, 20)
  t.teardown(() => { clearInterval(reading) })
  await cut
  while (read < bytes.byteLength && !slow.destroyed) await new Promise(resolve => setImmediate(resolve))
  t.ok(performance.now() - began > 1500)
  t.ok(read >= bytes.byteLength, `${read} bytes`)
  stalled.destroy()
  // The connection is as it was: the next request on it is answered, and waits as long as it takes.
  slow.write('GET /live/demo HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(slow, 'readable')
  t.notOk(slow.destroyed)
  slow.destroy()
})

t.test('no more segments are fetched at a time than there may be viewers', async t => {
  const { app, port, origin } = await serve(t, { media: { maxViewers: 1, stallTimeout: 500 } })
  const { id } = await app.mediaSse.broadcast('demo').publish(knownBytes(1, 15 * 1024 * 1024), { contentType: 'application/x-test' })
  const url = `${origin}/live/demo/segments/${id}`
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /live/demo/segments/${id} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await once(socket, 'readable')
  t.match(await get(url), { status: 503, headers: { 'retry-after': '2', 'cache-control': 'no-store' }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_VIEWERS' } })
  socket.on('error', () => {})
  while ((await get(url, {}, 'HEAD')).status !== 200) await new Promise(resolve => setImmediate(resolve))
  t.equal((await get(url)).bytes.byteLength, 15 * 1024 * 1024, 'who has stalled has given its place back')
  socket.destroy()
})

t.test('it is the same over HTTP/2, and by inject', async t => {
  const { app, origin } = await serve(t, { media: { maxViewers: 1 }, fastify: { http2: true } as object })
  const { id } = await app.mediaSse.broadcast('demo').publish(BYTES, { contentType: 'image/jpeg' })
  for (let count = 0; count < 2; count++) {
    const session = connectHttp2(origin)
    const stream = session.request({ ':path': `/live/demo/segments/${id}` })
    t.ok(Buffer.concat(await stream.toArray()).equals(BYTES))
    session.close()
    await once(session, 'close')
    t.equal((await app.inject(`/live/demo/segments/${id}`)).statusCode, 200)
  }
})

t.test('what is kept of a segment lasts no longer than who asked may watch', async t => {
  const until = Date.now() + 600_000
  const { app, origin } = await serve(t, { media: { signKeys: ['a key of thirty-two characters, or more'], authorizeWatch: ({ headers }) => headers.authorization === 'Bearer key' && { until } } })
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), { contentType: 'image/jpeg' })
  const url = `${origin}/live/demo/segments/${id}`
  t.match((await get(url, { authorization: 'Bearer key' })).headers['cache-control'], /^private, max-age=(?:600|5\d\d), immutable$/)
  t.match((await get(`${url}?${app.mediaSse.sign('demo', { action: 'watch', expires: until })}`)).headers['cache-control'], /^public, max-age=(?:600|5\d\d), immutable$/)
})
