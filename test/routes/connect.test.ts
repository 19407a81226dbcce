// What every watch request is answered once it may watch: a connection, or where there is no room, when to come back.
import { EventEmitter, once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Readable } from 'node:stream'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { leavingEarly } from '../kit/leave-early.js'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { sentAway } from '../kit/silent-store.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('delivery=reference sends URLs in place of bytes, delivery=auto only for large segments', async t => {
  const { app, origin } = await serve(t, { media: { inlineBytes: 100 } })
  const demo = app.mediaSse.broadcast('demo')
  for (const [index, length] of [100, 101].entries()) demo.publish(knownBytes(index, length), JPEG)
  for (const [delivery, referenced] of [['inline', [false, false]], ['reference', [true, true]], ['auto', [false, true]]] as const) {
    const watching = await watch(`${origin}/live/demo?from=start&delivery=${delivery}`)
    await watching.until(() => watching.segments.length === 2)
    t.same(watching.segments.map(({ json }) => 'url' in json), referenced, delivery)
    t.same(watching.segments.map(({ bytes }) => bytes.byteLength === 0), referenced)
    await watching.leave()
    for (const { json, id } of watching.segments.filter(({ json }) => 'url' in json)) {
      t.equal(json.url, `demo/segments/${id}`)
      const { bytes } = await get(String(new URL(String(json.url), `${origin}/live/demo`)))
      t.ok(bytes.equals(knownBytes(id.endsWith('-1') ? 0 : 1, bytes.byteLength)))
    }
  }
})

t.test('full: an EventSource is told to wait and ended, others are answered 503', async t => {
  const { origin } = await serve(t, { media: { maxViewers: 1 } })
  const first = await watch(`${origin}/live/demo`)
  const second = await watch(`${origin}/live/demo`)
  t.equal(second.status, 200)
  await second.until(() => second.events.length === 1)
  t.match(second.events[0], { event: 'state', json: { broadcast: 'demo', state: 'full' } })
  t.ok(second.retries[0]! >= 7500 && second.retries[0]! <= 12_500)
  await second.leave()
  const other = await get(`${origin}/live/demo`, { accept: '*/*' })
  t.match(other, { status: 503, headers: { 'retry-after': /^\d+$/ }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_VIEWERS' } })
  await first.leave()
})

t.test('closing: a request that was already on its way is told so', async t => {
  for (const [accept, status] of [['text/event-stream', 200], ['*/*', 503]] as const) {
    const gate = new EventEmitter()
    const { app, origin } = await serve(t, {
      media: { closeTimeout: 400 },
      before: app => {
        app.addHook('onRequest', async () => {
          gate.emit('request')
          await once(gate, 'open')
        })
      }
    })
    const request = once(gate, 'request')
    const opening = watch(`${origin}/live/demo`, { headers: { accept } })
    await request
    const closing = app.close()
    await new Promise(resolve => setImmediate(resolve))
    gate.emit('open')
    const watching = await opening
    t.equal(watching.status, status)
    if (status === 200) {
      await watching.until(() => watching.events.length === 1)
      t.equal(watching.events[0]?.json.state, 'closing')
      t.ok(watching.retries[0]! >= 1400)
    }
    await closing
    await watching.leave()
  }
})

t.test('a viewer whose client has left before the handler is none', async t => {
  const early = leavingEarly('preHandler')
  const served = await serve(t, { before: early.before })
  await early.leave(served, '/live/demo')
  t.equal(served.app.mediaSse.stats().viewers, 0)
})

t.test('headers that were set before the handler stay, and Vary is added to', async t => {
  const { origin } = await serve(t, {
    before: app => {
      app.addHook('onRequest', async (_request, reply) => { reply.headers({ vary: 'Origin', 'access-control-allow-origin': 'https://page.example', 'set-cookie': ['a=1', 'b=2'] }) })
    }
  })
  const watching = await watch(`${origin}/live/demo`)
  t.match(watching.headers, { vary: 'Origin, Accept-Encoding', 'access-control-allow-origin': 'https://page.example', 'set-cookie': 'b=2' })
  await watching.leave()
})

t.test('HEAD is answered the headers alone, for one broadcast and for several', async t => {
  const { app, origin } = await serve(t)
  for (const path of ['/live/demo', '/live?broadcasts=demo,other']) {
    const { status, headers } = await get(origin + path, {}, 'HEAD')
    t.match([status, headers], [200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform', vary: 'Accept-Encoding' }])
    t.notOk('content-length' in headers)
  }
  t.equal(app.mediaSse.stats().viewers, 0)
})

t.test('a connection for several counts as a viewer of each, and each of its broadcasts is told that there is no more room', async t => {
  const { app, origin } = await serve(t, { media: { maxViewers: 3 } })
  const first = await watch(`${origin}/live?broadcasts=one,two`)
  t.match(app.mediaSse.stats(), { viewers: 1 })
  t.strictSame(['one', 'two'].map(name => app.mediaSse.broadcast(name).viewers.size), [1, 1])
  const second = await watch(`${origin}/live?broadcasts=one,two`)
  await second.until(() => second.events.length === 2)
  t.strictSame(second.events.map(({ json }) => [json.broadcast, json.state]), [['one', 'full'], ['two', 'full']])
  t.equal(second.retries.length, 1)
  const third = await watch(`${origin}/live/three`)
  await third.until(() => third.events.length === 1)
  t.equal(third.events[0]?.json['state'], 'waiting', 'one place is left')
  // One of several that is over gives its place back while the other goes on.
  app.mediaSse.broadcast('one').publish(knownBytes(0, 10), JPEG)
  await app.mediaSse.broadcast('one').end()
  await first.until(() => first.named('state').some(({ json }) => json['state'] === 'ended'))
  const fourth = await watch(`${origin}/live/four`)
  await fourth.until(() => fourth.events.length === 1)
  t.equal(fourth.events[0]?.json['state'], 'waiting')
  await Promise.all([first, second, third, fourth].map(async viewer => await viewer.leave()))
})

t.test('full: a broadcast may have a limit of its own, which the viewers of others do not fill', async t => {
  const { app, origin } = await serve(t, { media: { maxViewersPerBroadcast: 1 } })
  const first = await watch(`${origin}/live/demo`)
  const second = await watch(`${origin}/live/demo`)
  await second.until(() => second.events.length === 1)
  t.match(second.events[0]?.json, { broadcast: 'demo', state: 'full' })
  const answer = await get(`${origin}/live/demo`, { accept: '*/*' })
  t.match(answer, { status: 503, headers: { 'retry-after': /^\d+$/ }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_VIEWERS', message: 'All 1 places for viewers of "demo" are taken: try again later' } })
  const several = await watch(`${origin}/live?broadcasts=other,demo`)
  await several.until(() => several.events.length === 2)
  t.strictSame(several.named('state').map(({ json }) => [json['broadcast'], json['state']]), [['other', 'full'], ['demo', 'full']], 'all or none: over this connection it comes back')
  const other = await watch(`${origin}/live/other`)
  await other.until(() => other.events.length === 1)
  t.match(other.events[0]?.json, { state: 'waiting' })
  const left = new Promise(resolve => app.mediaSse.addHook('onViewerClose', resolve))
  await first.leave()
  await left
  const third = await watch(`${origin}/live/demo`)
  await third.until(() => third.events.length === 1)
  t.match(third.events[0]?.json, { state: 'waiting' }, 'whoever leaves makes room')
  for (const watching of [third, other, second, several]) await watching.leave()
})

t.test('full: an address may have a limit of its own, as the app trusts its proxy to tell it', async t => {
  const { app, origin } = await serve(t, { media: { maxViewersPerAddress: 2 }, fastify: { trustProxy: true } })
  const from = async (address: string) => {
    const watching = await watch(`${origin}/live/demo`, { headers: { 'x-forwarded-for': address } })
    return await watching.until(() => watching.events.length === 1)
  }
  const stateFrom = async (address: string) => (await from(address)).events[0]?.json['state']
  const first = await from('2001:db8::1')
  t.strictSame([first.events[0]?.json['state'], await stateFrom('2001:db8::2'), await stateFrom('2001:db8::3')], ['waiting', 'waiting', 'full'])
  t.equal(await stateFrom('192.0.2.1'), 'waiting')
  t.match(await get(`${origin}/live/demo`, { accept: '*/*', 'x-forwarded-for': '2001:db8::4' }), {
    status: 503, headers: { 'retry-after': /^\d+$/ }, json: { code: 'FST_MEDIA_SSE_TOO_MANY_VIEWERS', message: 'All 2 places for viewers from one address are taken: try again later' }
  })
  const left = new Promise(resolve => app.mediaSse.addHook('onViewerClose', resolve))
  await first.leave()
  await left
  t.equal(await stateFrom('2001:db8::5'), 'waiting')
})

t.test('full: one HTTP/2 connection has so many viewers, and its places are free when they leave', async t => {
  const { app, port } = await serve(t, { media: { maxViewersPerConnection: 3 }, fastify: { http2: true } as FastifyServerOptions })
  const open = async (session: ClientHttp2Session, path: string): Promise<[state: unknown, stream: ClientHttp2Stream]> => {
    const stream = session.request({ ':path': path, accept: 'text/event-stream' })
    const [bytes] = await within(once(stream, 'data'), 'an event') as [Buffer]
    return [/"state":"(\w+)"/.exec(String(bytes))?.[1], stream]
  }
  const sessions = [connectHttp2(`http://127.0.0.1:${port}`), connectHttp2(`http://127.0.0.1:${port}`)] as const
  const [, first] = await open(sessions[0], '/live?broadcasts=one,two')
  t.equal((await open(sessions[0], '/live?broadcasts=one,two'))[0], 'full')
  t.equal((await open(sessions[0], '/live/one'))[0], 'waiting')
  t.equal((await open(sessions[0], '/live/one'))[0], 'full')
  t.equal((await open(sessions[1], '/live/one'))[0], 'waiting', 'another connection has places of its own')
  const left = new Promise(resolve => app.mediaSse.addHook('onViewerClose', resolve))
  first.close()
  await left
  t.equal((await open(sessions[0], '/live/one'))[0], 'waiting')
  for (const session of sessions) session.destroy()
})

t.test('closing: whoever waits to be authorised is told so, with one broadcast and with several', async t => {
  for (const path of ['/live/demo', '/live?broadcasts=demo,other']) {
    for (const [accept, status] of [['text/event-stream', 200], ['*/*', 503]] as const) {
      const gate = new EventEmitter()
      gate.setMaxListeners(0)
      let asked = 0
      const { app, origin } = await serve(t, {
        media: {
          closeTimeout: 10_000,
          authorizeWatch: async () => {
            const open = once(gate, 'open')
            asked++
            await open
            return true
          }
        }
      })
      const opening = Array.from({ length: 5 }, async () => await watch(`${origin}${path}`, { headers: { accept } }))
      while (asked < (path.includes(',') ? 10 : 5)) await new Promise(resolve => setImmediate(resolve))
      const closing = app.close()
      await new Promise(resolve => setImmediate(resolve))
      gate.emit('open')
      for (const watching of await within(Promise.all(opening), 'answers')) {
        t.equal(watching.status, status)
        if (status !== 200) continue
        await watching.until(() => watching.events.length > 0)
        t.equal(watching.events[0]?.json.state, 'closing')
      }
      await within(closing, 'the server closes')
    }
  }
})

t.test('gzip goes to who accepts it, in the words of GET and HEAD alike, unless compressing is off', async t => {
  for (const compress of [true, false]) {
    const { origin } = await serve(t, { media: { compress } })
    for (const [encoding, expected] of [['gzip, br', compress ? 'gzip' : undefined], ['gzip;q=0', undefined], ['identity', undefined]] as const) {
      const headers = { 'accept-encoding': encoding }
      const watching = await watch(`${origin}/live/demo`, { headers })
      await watching.until(() => watching.events.length === 1)
      t.equal(watching.headers['content-encoding'], expected)
      t.equal(watching.headers['vary'], 'Accept-Encoding')
      await watching.leave()
      const head = await watch(`${origin}/live/demo`, { headers, method: 'HEAD' })
      t.equal(head.headers['content-encoding'], expected)
      await head.leave()
    }
  }
})

t.test('where a store has to be asked that does not answer, who takes events is told to come back, and others get 503', async t => {
  await sentAway(t, '/live/demo')
})

t.test("a hook of the app's own that makes another payload of the events is given all of them", async t => {
  const { app, origin } = await serve(t, {
    before: app => { app.addHook('onSend', async (_request, _reply, payload) => (payload as Readable).pipe(new PassThrough())) }
  })
  const watching = await watch(`${origin}/live/demo`)
  await app.mediaSse.broadcast('demo').publish(knownBytes(0, 100), JPEG)
  await watching.until(() => watching.segments.length === 1)
  t.ok(watching.segments[0]!.bytes.equals(knownBytes(0, 100)))
  await app.mediaSse.broadcast('demo').end()
  await watching.until(() => watching.ended)
})

t.test('one that answers in place of the events ends the viewer', async t => {
  const closes: unknown[] = []
  const { origin } = await serve(t, {
    before: app => { app.addHook('onSend', async (_request, reply) => { reply.code(403).type('text/plain'); return 'not you' }) },
    media: { onViewerClose: (_viewer, { reason }) => { closes.push(reason) } }
  })
  t.match(await get(`${origin}/live/demo`), { status: 403 })
  t.strictSame(closes, ['error'])
})

t.test('a client that leaves while onViewerOpen waits is a viewer no more, and is answered nothing', async t => {
  const moments = new EventEmitter()
  const { port } = await serve(t, {
    media: {
      onViewerOpen: async () => {
        moments.emit('open')
        await once(moments, 'closed')
      },
      onViewerClose: (_viewer, { reason }) => { moments.emit('closed', reason) }
    }
  })
  const socket = connect(port, '127.0.0.1')
  const opened = once(moments, 'open')
  socket.write('GET /live/demo HTTP/1.1\r\nhost: x\r\n\r\n')
  await opened
  const closed = once(moments, 'closed')
  socket.destroy()
  t.strictSame(await closed, ['client'])
})
