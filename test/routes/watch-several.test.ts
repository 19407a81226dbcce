// Which requests for several broadcasts are answered, and where each begins in each of them.
import t from 'tap'
import { eventsOf, placeIn, segmentsOf, statesOf } from '../kit/by-broadcast.js'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { sentAway } from '../kit/silent-store.js'
import { watch } from '../kit/watch.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('at most 32 broadcasts go over one connection, and one that is named twice counts once', async t => {
  const { app, origin } = await serve(t)
  const names = Array.from({ length: 33 }, (_, index) => `cam${index + 1}`)
  const tooMany = await get(`${origin}/live?broadcasts=${names.join(',')}`)
  t.match(tooMany, { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME', message: /"cam33".*at most 32/ } })
  const watching = await watch(`${origin}/live?broadcasts=${names.slice(0, 32).join(',')}&broadcasts=cam1,cam2`)
  await watching.until(() => watching.events.length === 32)
  for (const name of names.slice(0, 32)) app.mediaSse.broadcast(name).publish(knownBytes(1, 10), JPEG)
  await watching.until(() => watching.segments.length === 32)
  t.equal(watching.lastEventId.split(',').length, 32)
  await watching.leave()
})

t.test('a name that cannot be, and none at all, is 400 and says what to do', async t => {
  const { origin } = await serve(t)
  for (const [broadcasts, message] of [['', /\?broadcasts=one,two/], ['a,,b', /1 to 64/], ['a,b/c', /1 to 64/], ['client.js', /take another/]] as const) {
    for (const method of ['GET', 'HEAD'] as const) {
      const { status, json } = await get(`${origin}/live?broadcasts=${broadcasts}`, {}, method)
      t.equal(status, 400, broadcasts)
      if (method === 'GET') t.match(json, { code: 'FST_MEDIA_SSE_INVALID_NAME', message })
    }
  }
  t.match(await get(`${origin}/live?broadcasts=a,b`, { accept: 'application/json' }), { status: 406, json: { code: 'FST_MEDIA_SSE_NOT_ACCEPTABLE' } })
})

t.test('who may watch none of them is refused', async t => {
  const { app, origin } = await serve(t, { media: { authorizeWatch: (_request, name) => name === 'open' } })
  const url = `${origin}/live?broadcasts=secret,hidden`
  t.match(await get(url), { status: 401, headers: { 'www-authenticate': Array }, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN', message: /"secret,hidden"/ } })
  t.equal((await get(url, { authorization: 'Bearer x' })).status, 403)
  app.mediaSse.broadcast('open').publish(knownBytes(1, 10), JPEG)
  app.mediaSse.broadcast('open').end()
  t.equal((await get(`${url},open`)).status, 204, 'all that it may watch is over')
})

t.test('each broadcast goes on at its own place, by header or by query, and one that is not named there begins as from= says', async t => {
  const { app, origin } = await serve(t)
  const ids = await Promise.all(['one', 'two', 'three'].map(async name => await Promise.all([1, 2, 3].map(async number => (await app.mediaSse.broadcast(name).publish(knownBytes(number, 10), JPEG)).id!))))
  const url = `${origin}/live?broadcasts=one,two,three`
  const place = `one@${ids[0]![0]},two@${ids[1]![1]}`
  for (const [query, headers] of [['&from=start', { 'last-event-id': place }], [`&from=start&lastEventId=${place}`, {}]] as const) {
    const watching = await watch(url + query, { headers })
    await watching.until(() => watching.segments.length === 6)
    t.strictSame(['one', 'two', 'three'].map(name => segmentsOf(watching, name).map(({ id }) => placeIn(id, name)?.split('-')[1])), [['2', '3'], ['3'], ['1', '2', '3']])
    t.equal(watching.named('gap').length, 0)
    await watching.leave()
  }
})

t.test('an id that is not of its broadcast is a gap there alone, and one of another form is none', async t => {
  const { app, origin } = await serve(t)
  for (const name of ['one', 'two']) for (const number of [1, 2]) app.mediaSse.broadcast(name).publish(knownBytes(number, 10), JPEG)
  const watching = await watch(`${origin}/live?broadcasts=one,two`, { headers: { 'last-event-id': 'one@rubbish,nobody@1-1' } })
  await watching.until(() => watching.segments.length === 2)
  t.match(eventsOf(watching, 'one', 'gap').map(({ json }) => json), [{ segments: null, reason: 'restart' }])
  t.equal(eventsOf(watching, 'two', 'gap').length, 0)
  t.strictSame(['one', 'two'].map(name => segmentsOf(watching, name).length), [1, 1])
  await watching.leave()
  const plain = await watch(`${origin}/live?broadcasts=one,two`, { headers: { 'last-event-id': '1000-1' } })
  await plain.until(() => plain.segments.length === 2)
  t.equal(plain.named('gap').length, 0)
  await plain.leave()
})

t.test('delivery= and tracks= are for all of them', async t => {
  const { app, origin } = await serve(t)
  for (const name of ['one', 'two']) for (const track of ['main', 'other']) app.mediaSse.broadcast(name).publish(knownBytes(1, 10), { ...JPEG, track })
  const watching = await watch(`${origin}/live?broadcasts=one,two&tracks=other&delivery=reference`)
  await watching.until(() => watching.segments.length === 2)
  t.strictSame(watching.segments.map(({ json }) => [json.track, json.url]), ['one', 'two'].map(name => ['other', `live/${name}/segments/${placeIn(watching.lastEventId, name)}`]))
  await watching.leave()
})

t.test('one that is over, or forbidden, is told of, and its place is kept for when it is not', async t => {
  const { app, origin } = await serve(t, { media: { authorizeWatch: (_request, name) => name !== 'secret' } })
  const [over, goes] = ['over', 'goes'].map(name => app.mediaSse.broadcast(name))
  const last = (await over!.publish(knownBytes(1, 10), JPEG)).id
  over!.end()
  goes!.publish(knownBytes(1, 10), JPEG)
  const watching = await watch(`${origin}/live?broadcasts=over,secret,other,goes`, { headers: { 'last-event-id': `over@${last},secret@5-6,other@no\u00e4` } })
  await watching.until(() => watching.segments.length === 1)
  t.strictSame(['over', 'secret', 'other', 'goes'].map(name => statesOf(watching, name)), [['ended'], ['forbidden'], ['waiting'], ['live']])
  t.strictSame(['over', 'secret', 'other'].map(name => placeIn(watching.lastEventId, name)), [last, '5-6', undefined])
  t.match(eventsOf(watching, 'over')[0]?.json, { latest: last })
  await watching.leave()
})

t.test('the first permit that expires ends the connection', async t => {
  const { app, origin } = await serve(t, { media: { authorizeWatch: (_request, name) => name === 'forever' || { until: Date.now() + (name === 'short' ? 1000 : 3_600_000) } } })
  const watching = await watch(`${origin}/live?broadcasts=long,short,forever`)
  await watching.over()
  t.match(app.mediaSse.stats().closed, { expired: 1 })
})

t.test('where a store has to be asked that does not answer, who takes events is told to come back, and others get 503', async t => {
  await sentAway(t, '/live?broadcasts=a,b')
})

t.test("what an app's own parser of queries leaves out is not there", async t => {
  const { origin } = await serve(t, { fastify: { routerOptions: { querystringParser: () => ({}) } } })
  t.match(await get(`${origin}/live?broadcasts=one`), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } })
})
