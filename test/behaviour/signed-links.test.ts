// Links as they are used: given to a viewer or to an encoder, good for what they name on every route, until they expire.
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions, ViewerClose } from '../../lib/index.js'
import { signedQuery } from '../../lib/routes/signed-link.js'
import { statesOf } from '../kit/by-broadcast.js'
import { get, post } from '../kit/publish.js'
import { ROADS } from '../kit/roads.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

// They wait for real time, and hardly for the processor.
t.jobs = 6

const signKeys = ['a key of thirty-two characters, or more']
const PICTURE = { contentType: 'image/jpeg' }
const HOUR = 3_600_000
// Far more than a busy machine takes to let a viewer in.
const LIMIT = 5000

/** A link as it was signed in its time, which is over. */
const expiredLink = (action: 'watch' | 'publish'): string => signedQuery(signKeys[0]!, { path: '/live', action, names: 'demo', expires: Date.now() - 1 })

/** Where nobody may do anything without a link. */
async function closed (t: Test, media: MediaSseOptions = {}) {
  const closes: ViewerClose[] = []
  const served = await serve(t, { media: { signKeys, authorizePublish: () => false, authorizeWatch: () => false, onViewerClose: (_viewer, close) => { closes.push(close) }, ...media } })
  const sign = (name: string | string[], action: 'watch' | 'publish' = 'watch', from = HOUR) => served.app.mediaSse.sign(name, { action, expires: Date.now() + from })
  return { ...served, sign, closes }
}

t.test('a link to publish is good for POST, PUT and DELETE of what it names', async t => {
  const { origin, sign } = await closed(t)
  const link = sign('demo', 'publish')
  t.equal((await post(`${origin}/live/demo?${link}`, 'x')).status, 201)
  t.equal((await post(`${origin}/live/demo/track?${link}`, 'x', { 'content-type': 'image/jpeg' }, 'PUT')).status, 201)
  for (const [path, query] of [['demo', sign('demo')], ['other', link], ['demo', ''], ['demo', link.replace(/expires=\d/, 'expires=9')]]) {
    const { status, json } = await post(`${origin}/live/${path}?${query}`, 'x')
    t.equal(status, query === '' ? 401 : 403)
    t.match(json, { code: 'FST_MEDIA_SSE_PUBLISH_FORBIDDEN' })
  }
  t.match(await post(`${origin}/live/demo?${expiredLink('publish')}`, 'x'), { status: 403, json: { message: /the link expired at 20.*: ask for a new one/ } })
  t.equal((await get(`${origin}/live/demo?${sign('demo')}`, {}, 'DELETE')).status, 403)
  t.equal((await get(`${origin}/live/demo?${link}`, {}, 'DELETE')).status, 204)
})

t.test('a link to watch is good for the events, the segments and the list', async t => {
  const { app, origin, sign } = await closed(t)
  const { id } = await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
  app.mediaSse.broadcast('secret').publish(Buffer.from('x'), PICTURE)
  const link = sign('demo')
  const viewer = await watch(`${origin}/live/demo?delivery=reference&${link}`)
  await viewer.until(() => viewer.segments.length === 1)
  const { pathname: url } = new URL(String(viewer.segments[0]?.json['url']), `${origin}/live/demo`)
  await viewer.leave()
  t.equal((await get(`${origin}/live/demo?${link}`, {}, 'HEAD')).status, 200)
  const segment = await get(`${origin}${url}?${link}`)
  t.equal(segment.status, 200)
  const [, maxAge] = /^public, max-age=(\d+), immutable$/.exec(String(segment.headers['cache-control'])) ?? []
  t.ok(Number(maxAge) > 0 && Number(maxAge) <= HOUR / 1000, `kept no longer than the link is good: ${maxAge}`)
  t.match((await get(`${origin}/live?${link}`)).json, { broadcasts: [{ name: 'demo' }] })
  t.equal(((await get(`${origin}/live?${link}`)).json['broadcasts'] as unknown[]).length, 1)
  for (const path of ['/live/secret', `/live/secret/segments/${id}`, '/live?broadcasts=secret']) t.equal((await get(`${origin}${path}${path.includes('?') ? '&' : '?'}${link}`)).status, 403, path)
  t.equal((await get(`${origin}${url}`)).status, 401)
  t.match(await get(`${origin}${url}?${expiredLink('watch')}`), { status: 403, json: { code: 'FST_MEDIA_SSE_WATCH_FORBIDDEN', message: /expired/ } })
  t.equal((await get(`${origin}/live/demo?${sign('demo', 'publish')}`)).status, 403)
})

t.test('a link for several broadcasts is good for them together', async t => {
  const { origin, sign } = await closed(t)
  const viewer = await watch(`${origin}/live?broadcasts=one,two,three&${sign(['one', 'two'])}`)
  await viewer.until(() => viewer.events.length === 3)
  t.strictSame([statesOf(viewer, 'one'), statesOf(viewer, 'two'), statesOf(viewer, 'three')], [['waiting'], ['waiting'], ['forbidden']])
  await viewer.leave()
})

t.test('who brings a link is held to it where everybody may watch, but not where the option lets them in', async t => {
  const { origin } = await serve(t, { media: { signKeys } })
  const expired = expiredLink('watch')
  t.equal((await get(`${origin}/live/demo?${expired}`)).status, 403)
  const { origin: other } = await serve(t, { media: { signKeys, authorizeWatch: () => true } })
  const viewer = await watch(`${other}/live/demo?${expired}`)
  t.equal(viewer.status, 200)
  await viewer.leave()
  const { origin: unsigned } = await serve(t)
  const further = await watch(`${unsigned}/live/demo?${expired}`)
  t.equal(further.status, 200, 'without the option the parameters are somebody else\'s')
  await further.leave()
})

for (const road of ROADS) {
  t.test(`when the link expires its viewer is closed, cleanly, with a reason of its own: ${road.name}`, async t => {
    const closes: ViewerClose[] = []
    const served = await serve(t, { fastify: road.fastify, media: { signKeys, onViewerClose: (_viewer, close) => { closes.push(close) } } })
    const { app } = served
    const viewer = await road.open(served, `/live/demo?${app.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + LIMIT })}`)
    t.equal(viewer.status, 200)
    app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)
    await viewer.until(() => viewer.segments.length === 1)
    await viewer.over()
    t.ok(viewer.ended, 'the body has its end')
    while (closes.length === 0) await new Promise(resolve => setImmediate(resolve))
    t.match(closes, [{ reason: 'expired', segments: 1 }])
    t.match(app.mediaSse.stats(), { viewers: 0, closed: { expired: 1, client: 0 } })
    await viewer.leave()
  })
}

t.test('authorizeWatch admits for a time; renewed, the viewer goes on where it was', async t => {
  const closes: ViewerClose[] = []
  let until: Date | number = new Date(Date.now() + LIMIT)
  const { app, origin } = await serve(t, { media: { authorizeWatch: async () => ({ until }), onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const publish = async () => (await app.mediaSse.broadcast('demo').publish(Buffer.from('x'), PICTURE)).id
  const first = await publish()
  const viewer = await watch(`${origin}/live/demo`)
  await viewer.until(() => viewer.segments.length === 1)
  await viewer.over()
  t.match(closes, [{ reason: 'expired' }])
  t.match(await get(`${origin}/live/demo`), { status: 401 }, 'the time is over')
  const missed = await publish()
  until = Date.now() + HOUR
  const back = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': first ?? '' } })
  await back.until(() => back.segments.length === 1)
  t.equal(back.lastEventId, missed)
  const { headers } = await get(`${origin}/live/demo/segments/${missed}`)
  t.match(headers['cache-control'], /^private, max-age=3[56]\d\d, immutable$/)
  await back.leave()
})

t.test('of several, the first that expires ends the connection, and the others come back without it', async t => {
  const until = Date.now() + LIMIT
  const { origin } = await serve(t, { media: { authorizeWatch: (_request, name) => name === 'short' ? { until } : true } })
  const url = `${origin}/live?broadcasts=short,long`
  const viewer = await watch(url)
  await viewer.until(() => viewer.events.length === 2)
  await viewer.over()
  const back = await watch(url)
  await back.until(() => back.events.length === 2)
  t.strictSame([statesOf(back, 'short'), statesOf(back, 'long')], [['forbidden'], ['waiting']])
  await back.leave()
})

t.test('a viewer that takes nothing is cut off when its time is over', async t => {
  const { app, origin, sign, closes } = await closed(t, { stallTimeout: 600_000 })
  const viewer = await watch(`${origin}/live/demo?${sign('demo', 'watch', LIMIT)}`)
  viewer.stall()
  while (closes.length === 0) {
    app.mediaSse.broadcast('demo').publish(Buffer.alloc(1_000_000), PICTURE)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.match(closes, [{ reason: 'expired' }])
  await viewer.leave()
})
