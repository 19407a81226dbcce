// Watching: what a request is answered before it is a viewer.
import t from 'tap'
import { fixture, get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { sentAway } from '../kit/silent-store.js'
import { watch } from '../kit/watch.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('before a publisher a viewer waits, and then goes on without asking again', async t => {
  const { app, origin } = await serve(t)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  t.match(watching.events[0]?.json, { broadcast: 'demo', state: 'waiting', viewer: /^[0-9a-f-]{36}$/, now: Number })
  t.notOk('epoch' in watching.events[0]!.json)
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), JPEG)
  await watching.until(() => watching.segments.length === 1)
  t.same(watching.events.map(({ event }) => event), ['state', 'state', 'init', 'message'])
  t.match(watching.events[1]?.json, { state: 'live', epoch: Number })
  t.same(watching.named('init')[0]?.json, { broadcast: 'demo', track: 'main', version: 1, kind: 'image', mime: 'image/jpeg', mode: 'sequence' })
  t.match(watching.segments[0]?.json, { broadcast: 'demo', track: 'main', init: 1, start: Number, duration: 0, join: true, received: Number })
  await watching.leave()
  t.equal((await get(`${origin}/live`)).json.broadcasts instanceof Array, true)
})

t.test('a name without a publisher is no broadcast, and is forgotten with its last viewer', async t => {
  const { app, origin } = await serve(t)
  const watching = await watch(`${origin}/live/nobody`)
  t.same((await get(`${origin}/live`)).json, { broadcasts: [] })
  t.equal(app.mediaSse.stats().viewers, 1)
  await watching.leave()
  while (app.mediaSse.stats().viewers > 0) await new Promise(resolve => setImmediate(resolve))
})

t.test('from= says where to begin', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  for (let index = 0; index < 3; index++) demo.publish(knownBytes(index, 10), JPEG)
  for (const [query, first, count] of [['', 3, 1], ['?from=live', 3, 1], ['?from=start', 1, 3], ['?from=-60', 1, 3]] as const) {
    const watching = await watch(`${origin}/live/demo${query}`)
    await watching.until(() => watching.segments.length === count)
    t.match(watching.segments[0]?.id, new RegExp(`-${first}$`), query)
    await watching.leave()
  }
})

t.test('the Last-Event-ID header wins over lastEventId=, which wins over from=', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const ids = await Promise.all([0, 1, 2, 3].map(async index => (await demo.publish(knownBytes(index, 10), JPEG)).id ?? ''))
  const query = await watch(`${origin}/live/demo?from=start&lastEventId=${ids[1]}`)
  await query.until(() => query.segments.length === 2)
  t.equal(query.segments[0]?.id, ids[2])
  const header = await watch(`${origin}/live/demo?from=start&lastEventId=${ids[1]}`, { headers: { 'last-event-id': ids[2]! } })
  await header.until(() => header.segments.length === 1)
  t.equal(header.segments[0]?.id, ids[3])
  await query.leave()
  await header.leave()
})

t.test('HEAD answers as GET would, and opens no viewer', async t => {
  const { app, origin } = await serve(t)
  const { status, headers } = await get(`${origin}/live/demo`, {}, 'HEAD')
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff', vary: 'Accept-Encoding' })
  t.equal(app.mediaSse.stats().viewers, 0)
  t.equal((await get(`${origin}/live/-`, {}, 'HEAD')).status, 400)
})

t.test('a request that refuses event streams is answered 406, a bad name 400, a forbidden one 401 or 403', async t => {
  const { origin } = await serve(t, { media: { authorizeWatch: (_request, broadcast) => broadcast !== 'secret' } })
  t.match(await get(`${origin}/live/demo`, { accept: 'application/json' }), { status: 406, json: { code: 'FST_MEDIA_SSE_NOT_ACCEPTABLE' } })
  t.match(await get(`${origin}/live/-`), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } })
  t.match(await get(`${origin}/live/secret`), { status: 401, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN' } })
  t.match(await get(`${origin}/live/secret`, { authorization: 'Bearer x' }), { status: 403 })
  const watching = await watch(`${origin}/live/demo`, { headers: { accept: '*/*' } })
  t.equal(watching.status, 200)
  await watching.leave()
})

t.test('an ended broadcast owes nothing to a viewer that joins late in a restarted life', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), JPEG)
  demo.end()
  const old = await watch(`${origin}/live/demo?from=start&lastEventId=5-5`)
  await old.until(() => old.ended)
  t.equal(old.named('gap').length, 1)
  t.equal(old.segments.length, 1)
})

t.test('204 once a broadcast has ended and nothing is owed', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const first = (await demo.publish(knownBytes(0, 10), JPEG)).id
  const last = (await demo.publish(knownBytes(1, 10), JPEG)).id
  demo.end()
  for (const [query, status] of [['', 204], [`?lastEventId=${last}`, 204], [`?lastEventId=${first}`, 200], ['?from=start', 200]] as const) {
    t.equal((await get(`${origin}/live/demo${query}`)).status, status, query)
    t.equal((await get(`${origin}/live/demo${query}`, {}, 'HEAD')).status, status, `HEAD ${query}`)
  }
})

t.test('an ended broadcast of which nothing can be shown owes nothing', async t => {
  const { app, origin } = await serve(t, { media: { window: { bytes: 1 } } })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(fixture('fmp4/sepmoof.mp4'))
  demo.end()
  t.equal((await get(`${origin}/live/demo?from=start`)).status, 204)
})

t.test('where a store has to be asked that does not answer, who takes events is told to come back, and others get 503', async t => {
  await sentAway(t, '/live/demo')
})
