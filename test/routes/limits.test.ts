// Every bound of the routes at once: what is too long, too large or too much is answered, and takes no memory.
import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { SOUND_INIT } from '../broadcast/lives.js'
import { Publishing, fixture, get, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const KiB = 1024
const names = (count: number): string => Array.from({ length: count }, (_, index) => `name${index}`).join(',')

// Fastify itself answers a path parameter of more than 100 characters (its maxParamLength), and Node 16 KiB of headers, the path included.
const REFUSED: ReadonlyArray<readonly [what: string, method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE', path: string, status: number]> = [
  ['a name of 64', 'GET', `/live/${'n'.repeat(64)}/segments/1-1`, 404],
  ['a name of 65', 'GET', `/live/${'n'.repeat(65)}`, 400],
  ['a name of 65, several', 'GET', `/live?broadcasts=ok,${'n'.repeat(65)}`, 400],
  ['a name of 101', 'GET', `/live/${'n'.repeat(101)}`, 414],
  ['a name of 10 000, several', 'GET', `/live?broadcasts=${'n'.repeat(10_000)}`, 400],
  ['33 broadcasts', 'GET', `/live?broadcasts=${names(33)}`, 400],
  ['no broadcast', 'GET', '/live?broadcasts=', 400],
  ['33 tracks', 'GET', `/live/demo?tracks=${names(33)}`, 400],
  ['1 000 tracks', 'GET', `/live/demo?tracks=${names(1000)}`, 400],
  ['a track of 65', 'GET', `/live/demo?tracks=${'n'.repeat(65)}`, 400],
  ['a control character', 'GET', '/live/a%0d%0ab', 400],
  ['NUL', 'GET', '/live/a%00b', 400],
  ['half a surrogate', 'GET', '/live/%ed%a0%80', 400],
  ['a broken escape', 'GET', '/live/%zz', 400],
  ['a slash', 'GET', '/live/a%2fb', 400],
  ['up and out', 'GET', '/live/..%2f..%2fetc', 400],
  ['two dots', 'POST', '/live/..', 400],
  ['a letter of another alphabet', 'GET', '/live/%D0%B0', 400],
  ['the same to HEAD', 'HEAD', `/live/${'n'.repeat(65)}`, 400],
  ['the same to POST', 'POST', `/live/${'n'.repeat(65)}`, 400],
  ['the same to PUT below it', 'PUT', `/live/${'n'.repeat(65)}/track`, 400],
  ['the same to DELETE', 'DELETE', `/live/${'n'.repeat(65)}`, 400],
  ['a track of 65 to PUT', 'PUT', `/live/demo/${'n'.repeat(65)}`, 400],
  ['a track with a space', 'PUT', '/live/demo/a%20b', 400],
  ['the name of the player', 'POST', '/live/client.js', 400],
  ['a segment of a name of 65', 'GET', `/live/${'n'.repeat(65)}/segments/1-1`, 400],
  ['a segment of 99 digits', 'GET', `/live/demo/segments/${'9'.repeat(99)}`, 404],
  ['a negative segment', 'GET', '/live/demo/segments/-1--1', 404],
  ['a negative offset', 'POST', '/live/demo?offset=-1', 400],
  ['an offset of 16 digits', 'POST', `/live/demo?offset=${'9'.repeat(16)}`, 400],
  ['two offsets', 'POST', '/live/demo?offset=0&offset=1', 400],
  ['16 KiB of query', 'GET', `/live/demo?from=${'x'.repeat(16 * KiB)}`, 431]
]

t.test('names, queries and headers that are too much are refused', async t => {
  const { app, origin } = await serve(t)
  for (const [what, method, path, status] of REFUSED) {
    const answer = method === 'POST' || method === 'PUT' ? await raw(origin, method, path) : (await get(origin + path, {}, method)).status
    t.equal(answer, status, `${what}: ${method} ${path.slice(0, 60)}`)
  }
  t.match(app.mediaSse.stats(), { broadcasts: 0, viewers: 0 })
})

t.test('16 KiB of headers are refused, on every route', async t => {
  const { origin } = await serve(t)
  for (const header of ['last-event-id', 'accept', 'authorization', 'x-any']) {
    for (const path of ['/live/demo', '/live', '/live/demo/segments/1-1']) {
      t.equal((await get(origin + path, { [header]: 'x'.repeat(16 * KiB) })).status, 431, `${header} to ${path}`)
    }
  }
})

t.test('a query that means nothing is refused by name, for one broadcast and for several', async t => {
  const { app, origin } = await serve(t)
  for (const [parameter, query] of [
    ['from', `from=${'9'.repeat(8 * KiB)}`], ['from', 'from=yesterday'], ['from', 'from=-1e400'], ['from', 'from=NaN'], ['from', 'from='], ['from', 'from=start&from=live'],
    ['lastEventId', 'lastEventId=1-1&lastEventId=1-2'], ['delivery', 'delivery=__proto__'], ['delivery', 'delivery=auto&delivery=auto'], ['whole', 'whole=1']
  ] as const) {
    for (const path of ['/live/demo?', '/live?broadcasts=one,two&']) {
      const { status, json } = await get(origin + path + query)
      t.match([status, json], [400, { code: 'FST_MEDIA_SSE_INVALID_QUERY', message: new RegExp(`^The query parameter ${parameter} must be `) }], path + query.slice(0, 40))
      t.ok(String(json['message']).length < 200)
    }
  }
  t.equal(app.mediaSse.stats().viewers, 0)
})

t.test('an id that is no place, and a parameter of others, is no error', async t => {
  const { origin } = await serve(t)
  for (const query of [`lastEventId=${'9'.repeat(8 * KiB)}`, `lastEventId=${'1-1@'.repeat(2 * KiB)}`, 'whole=false', '__proto__=1', 'constructor[prototype]=1', 'tracks=', 'token=1']) {
    const watching = await watch(`${origin}/live/demo?${query}`)
    await watching.until(() => watching.events.length === 1)
    t.match(watching.events[0]?.json, { state: 'waiting' }, query.slice(0, 40))
    await watching.leave()
  }
})

t.test('a segment that is too large is refused as soon as it shows, and the body is read no further', async t => {
  const { app, origin } = await serve(t, { media: { maxSegmentBytes: 64 * KiB } })
  t.equal((await post(`${origin}/live/demo`, knownBytes(1, 64 * KiB))).status, 201)
  t.match(await post(`${origin}/live/demo`, knownBytes(1, 64 * KiB + 1)), { status: 413, json: { code: 'FST_MEDIA_SSE_SEGMENT_TOO_LARGE' } })
  // An mdat that says it is 4 GiB long, after a moof.
  const movie = fixture('fmp4/cmaf.mp4')
  const mdat = movie.indexOf('mdat')
  const huge = Buffer.concat([movie.subarray(0, mdat - 4), Buffer.from([0xff, 0xff, 0xff, 0xff]), movie.subarray(mdat, mdat + 100)])
  t.match(await post(`${origin}/live/movie`, huge), { status: 413 })
  t.equal(app.mediaSse.broadcast('demo').state, 'live')
})

t.test('the windows of all broadcasts hold no more than maxWindowBytes together, and who misses what has given way is told', async t => {
  const limit = 300 * KiB
  const { app, origin } = await serve(t, { media: { maxWindowBytes: limit } })
  const first = app.mediaSse.broadcast('first')
  for (let index = 0; index < 4; index++) first.publish(knownBytes(index, 20 * KiB), { contentType: 'image/jpeg' })
  const watching = await watch(`${origin}/live/first`)
  await watching.until(() => watching.segments.length === 1)
  const [second] = watching.segments
  for (let count = 0; count < 20; count++) {
    app.mediaSse.broadcast(`other${count % 5}`).publish(knownBytes(count, 20 * KiB), { contentType: 'image/jpeg' })
    const { json } = await get(`${origin}/live`)
    const listed = json['broadcasts'] as Array<{ window: { bytes: number } }>
    const bytes = listed.reduce((sum, { window }) => sum + window.bytes, 0)
    t.ok(bytes <= limit && (count < 4 || bytes > limit / 2), `${bytes} bytes in ${listed.length} windows`)
  }
  const late = await watch(`${origin}/live/first?from=start`)
  await late.until(() => late.events.length === 1)
  const resumed = await watch(`${origin}/live/first?lastEventId=${second!.id.replace(/\d+$/, '1')}`)
  await resumed.until(() => resumed.events.length === 1)
  const newest = await first.publish(knownBytes(9, 20 * KiB), { contentType: 'image/jpeg' })
  for (const viewer of [watching, late, resumed]) {
    await viewer.until(() => viewer.lastEventId === newest.id)
    t.ok(viewer.segments.at(-1)!.bytes.equals(knownBytes(9, 20 * KiB)))
  }
  t.equal(watching.named('gap').length, 0, 'who had it all misses nothing')
  t.match(resumed.named('gap'), [{ json: { reason: 'expired', segments: 3 } }])
  for (const viewer of [watching, late, resumed]) await viewer.leave()
})

t.test('what is forgotten weighs nothing any more', async t => {
  const { app, origin } = await serve(t, { media: { maxWindowBytes: 200 * KiB, broadcastTimeout: 1 } })
  for (let round = 0; round < 10; round++) {
    const name = `round${round}`
    const broadcast = app.mediaSse.broadcast(name)
    // Without a publisher it would end within a millisecond, and the viewer might come too late.
    const publishing = new Publishing(`${origin}/live/${name}/sound`)
    publishing.write(SOUND_INIT)
    while (broadcast.state !== 'live') await new Promise(resolve => setImmediate(resolve))
    for (let index = 0; index < 2; index++) await broadcast.publish(knownBytes(index, 20 * KiB), { contentType: 'image/jpeg' })
    const watching = await watch(`${origin}/live/${name}?from=start`)
    await watching.until(() => watching.segments.length === 2)
    t.equal(watching.named('gap').length, 0, 'all of it was kept')
    await broadcast.end()
    t.equal((await publishing.answer).status, 404)
    await watching.over()
    while (app.mediaSse.broadcasts.length > 0) await new Promise(resolve => setImmediate(resolve))
  }
})

/** A request whose body is told and never sent. */
async function raw (origin: string, method: string, path: string): Promise<number> {
  const client = connect(Number(new URL(origin).port), '127.0.0.1')
  client.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n`)
  const [answer] = await once(client, 'data') as [Buffer]
  client.destroy()
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1])
}
