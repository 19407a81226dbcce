// Segments by reference behind nginx with the example, as their cache: fetched from the server once, whoever watches.
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { launch } from '../kit/engines.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { get, post } from '../kit/publish.js'
import { H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'
import { knownBytes } from '../kit/segments.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'
import { changed, example, frontOf } from './front.js'

const PICTURE = { contentType: 'image/jpeg' }
const SIZE = 64 * 1024
const SESSIONS = 10
const EACH = 100
// However slow a machine is, nobody is let through because the first is waited for.
const PATIENT = { 'proxy_cache_lock_timeout 200ms;': 'proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;' }

interface Cached extends LiveServer {
  /** The cache's origin. */
  readonly cache: string
  readonly secure: string
  /** How often the server was asked for each segment. */
  readonly asked: Map<string, number>
  /** What the server waits for before it answers who asks for a segment. */
  before: Promise<void>
}

const path = needs(t, 'nginx', 'nginx-light')
if (path !== undefined) {
  const front = frontOf({ path, args: (folder, conf) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;'] }, changed(await example('nginx.conf'), PATIENT))

  const cached = async (t: Test, media: MediaSseOptions = {}): Promise<Cached> => {
    const asked = new Map<string, number>()
    const server = await serveLive(t, media, {
      before: app => {
        app.addHook('onRequest', async ({ url }) => {
          if (!url.includes('/segments/')) return
          asked.set(url, (asked.get(url) ?? 0) + 1)
          await served.before
        })
      }
    })
    const { origin, secure } = await front(t, server.port)
    const served: Cached = Object.assign(server, { cache: origin, secure, asked, before: Promise.resolve() })
    return served
  }

  await t.test('a thousand viewers ask for a segment at a time, the server once', async t => {
    const served = await cached(t)
    const bytes = knownBytes(1, SIZE / 4)
    const { id } = await served.app.mediaSse.broadcast('demo').publish(bytes, PICTURE)
    const path = `/live/demo/segments/${id}`
    const sessions = Array.from({ length: SESSIONS }, () => connect(served.secure, { rejectUnauthorized: false }))
    t.teardown(() => { for (const session of sessions) session.destroy() })
    await within(Promise.all(sessions.map(async session => await once(session, 'remoteSettings'))), 'nginx is connected to')
    let isAsked = (): void => {}
    served.before = new Promise(resolve => { isAsked = resolve })
    const answers = sessions.flatMap(session => Array.from({ length: EACH }, async () => await fetched(session, path)))
    // Each session tells when nginx has taken what came before.
    await Promise.all(sessions.map(async session => await new Promise<void>((resolve, reject) => {
      session.ping(error => { if (error === null) resolve(); else reject(error) })
    })))
    isAsked()
    const all = await within(Promise.all(answers), 'a thousand answers')
    t.equal(all.filter(({ status, body }) => status === 200 && body.equals(bytes)).length, SESSIONS * EACH)
    t.equal(all.filter(({ cache }) => cache === 'MISS').length, 1)
    t.strictSame([...served.asked], [[path, 1]])
  })

  await t.test('validators, ranges and HEAD are answered by the cache', async t => {
    const { app, cache, asked } = await cached(t)
    const bytes = knownBytes(2, SIZE)
    const { id } = await app.mediaSse.broadcast('demo').publish(bytes, PICTURE)
    const url = `${cache}/live/demo/segments/${id}`
    const range = await get(url, { range: 'bytes=10-19' })
    t.match(range, { status: 206, headers: { 'content-range': `bytes 10-19/${SIZE}` } })
    t.ok(range.bytes.equals(bytes.subarray(10, 20)), 'also where it is the first that is asked for')
    t.match(await get(url), { status: 200, headers: { etag: `"${id}"`, 'cache-control': 'public, max-age=86400, immutable', 'content-type': 'image/jpeg', 'x-cache': 'HIT' } })
    t.match(await get(url, {}, 'HEAD'), { status: 200, headers: { 'content-length': String(SIZE) } })
    t.match(await get(url, { 'if-none-match': `"${id}"` }), { status: 304 })
    t.match(await get(url, { range: 'bytes=-5', 'if-range': `"${id}"` }), { status: 206 })
    t.match(await get(url, { range: `bytes=${SIZE}-` }), { status: 416 })
    t.strictSame([...asked.values()], [1])
  })

  await t.test('what is refused, or not there yet, is not kept; what is for one alone, neither', async t => {
    const authorization = 'Bearer key'
    const { app, cache, asked } = await cached(t, { authorizePublish: () => true, signKeys: ['a key of thirty-two characters, or more'], authorizeWatch: ({ headers }) => headers.authorization === authorization })
    const { id = '' } = await app.mediaSse.broadcast('demo').publish(knownBytes(1, SIZE), PICTURE)
    const [epoch, sequence] = id.split('-').map(Number) as [number, number]
    const next = `/live/demo/segments/${epoch}-${sequence + 1}`
    t.match(await get(cache + next), { status: 401 })
    t.match(await get(cache + next, { authorization }), { status: 404 })
    t.match(await post(`${cache}/live/demo`, knownBytes(2, SIZE)), { status: 201 })
    for (let round = 0; round < 2; round++) {
      t.match(await get(cache + next, { authorization }), { status: 200, headers: { 'cache-control': /^private/ } })
      t.match(await get(cache + next), { status: 401 })
    }
    t.equal(asked.get(next), 6)

    const link = `${next}?${app.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + 600_000 })}`
    for (const state of ['MISS', 'HIT', 'HIT']) t.match(await get(cache + link), { status: 200, headers: { 'x-cache': state } })
    t.equal(asked.get(link), 1, 'a signed address is one for all who have it')
    t.match(await get(cache + next), { status: 401 }, 'without, nothing is found')
    t.match(await post(`${cache}/live/demo/segments/1.jpg`, knownBytes(3, SIZE)), { status: 201 }, 'the address is a track to a publisher')
  })

  await t.test('of segments by reference the events announce only where they are; auto sends small ones at once', async t => {
    const { app, cache, asked } = await cached(t)
    const [reference, auto] = await Promise.all(['reference', 'auto'].map(async delivery => await watch(`${cache}/live/demo?delivery=${delivery}`)))
    const published = Array.from({ length: 20 }, (_, index) => knownBytes(index, index % 2 === 0 ? 4 * SIZE : 5 * SIZE))
    for (const viewer of [reference!, auto!]) {
      for (const bytes of viewer === reference ? published : []) app.mediaSse.broadcast('demo').publish(bytes, PICTURE)
      await viewer.until(() => viewer.segments.length === published.length)
      for (const [index, { json, bytes }] of viewer.segments.entries()) {
        const { url } = json
        t.equal(url === undefined, viewer === auto && index % 2 === 0)
        t.ok((typeof url === 'string' ? (await get(new URL(url, `${cache}/live/demo`).href)).bytes : bytes).equals(published[index]!), `segment ${index} is whole`)
      }
    }
    const media = published.reduce((sum, { byteLength }) => sum + byteLength, 0)
    t.ok(reference!.received < media / 500, `${reference!.received} bytes of events for ${media} of media`)
    t.strictSame([...asked.values()], published.map(() => 1))
    await Promise.all([reference!.leave(), auto!.leave()])
  })

  const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
  await t.test('the player plays through the cache: ffmpeg, nginx, the server, nginx, Chromium', async t => {
    const engine = ffmpeg === undefined ? undefined : await launch(t, 'Chromium')
    if (ffmpeg === undefined || engine === undefined) return
    const server = await cached(t, { authorizePublish: () => true })
    run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, H264, '-f', 'mp4', '-movflags', 'cmaf', '-frag_duration', '200000', `${server.cache}/live/demo`))
    await server.until(spans(1500))
    const page = await engine.open(`${server.cache}/page`)
    await addPlayer(page, { src: '/live/demo?delivery=reference', autoplay: '', muted: '' })
    await advances(page, 1)
    const { ids } = await noted(page)
    t.ok(ids.length > 1 && ids.every(id => server.asked.has(`/live/demo/segments/${id}`)), `${ids.length} segments by reference`)
    t.strictSame(await page.errors(), [])
  })
}

async function fetched (session: ClientHttp2Session, path: string): Promise<{ status: unknown, cache: unknown, body: Buffer }> {
  const stream = session.request({ ':path': path })
  const [headers] = await once(stream, 'response') as [Record<string, unknown>]
  return { status: headers[':status'], cache: headers['x-cache'], body: Buffer.concat(await stream.toArray()) }
}
