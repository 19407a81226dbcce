// The connection behind a player: it comes back to its place after whatever has ended it, also where an EventSource alone would not.
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import { movie } from '../../lib/testing/movie.js'
import { launch } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances, followEachOther, noted, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { FOR_BROWSERS } from '../kit/serve.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import { slowWay } from '../kit/slow-way.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const chromium = await launch(t, 'Chromium')
const PLAYS = { src: '/live/demo', autoplay: '', muted: '' }
const AV = ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000')

async function openPlaying (t: Test, origin: string): Promise<EnginePage> {
  const page = await chromium!.open(`${origin}/page`)
  t.teardown(async () => { await page.close() })
  await addPlayer(page, PLAYS)
  await advances(page, 1.5)
  return page
}

/** Waits until as many connections were lost. */
async function lost (page: EnginePage, times: number): Promise<void> {
  await page.until((times: number) => (globalThis as unknown as { noted: { connections: string[] } }).noted.connections.filter(state => state === 'lost').length >= times, times)
}

if (ffmpeg !== undefined && chromium !== undefined) {
  // They wait for real time more than for the processor.
  t.jobs = 4

  t.test('a proxy\'s 502, which an EventSource takes as final: nothing is missing afterwards', async t => {
    let refusals = 0
    const server = await serveLive(t, { onViewerOpen: (_viewer, request) => { sockets.push(request.raw.socket) } })
    const sockets: Array<{ destroy (): void }> = []
    const front = Fastify(FOR_BROWSERS)
    t.teardown(async () => { await front.close() })
    // In front of the server, as a proxy is, but in the same process: each request goes on by its own socket.
    front.all('/*', async (request, reply) => {
      if (refusals > 0 && request.method === 'GET' && request.url.startsWith('/live/demo')) {
        refusals--
        return await reply.code(502).send('Bad Gateway')
      }
      reply.hijack()
      server.app.routing(request.raw, reply.raw)
    })
    await front.listen({ port: 0, host: '127.0.0.1' })
    run(t, ffmpeg, [...AV, `${server.origin}/live/demo`])
    await server.until(spans(1500))
    const page = await openPlaying(t, `http://127.0.0.1:${(front.server.address() as { port: number }).port}`)
    refusals = 2
    sockets.at(-1)!.destroy()
    await lost(page, 3)
    await advances(page, 2)
    t.equal(refusals, 0)
    t.ok(followEachOther((await noted(page)).ids))
    t.match(await noted(page), { gaps: [], restarts: [] })
  })

  t.test('a segment by reference is asked for again where a proxy or its node has failed, and what is not there is told as missing', async t => {
    const server = await serveLive(t)
    const front = Fastify(FOR_BROWSERS)
    t.teardown(async () => { await front.close() })
    const asked = new Map<string, number>()
    front.all('/*', async (request, reply) => {
      const [, number] = /segments\/\d+-(\d+)/.exec(request.url) ?? []
      const times = (asked.get(request.url) ?? 0) + 1
      asked.set(request.url, times)
      if (number === '2' && times === 1) return await reply.code(502).send('Bad Gateway')
      if (number === '4') return await reply.code(404).send('Not Found')
      reply.hijack()
      if (number !== '3' || times > 1) return server.app.routing(request.raw, reply.raw)
      // A node that is killed.
      reply.raw.writeHead(200, { 'content-type': 'video/mp4', 'content-length': '1000' })
      reply.raw.write('x', () => { reply.raw.destroy() })
    })
    await front.listen({ port: 0, host: '127.0.0.1' })
    const page = await chromium.open(`${server.origin.replace(/\d+$/, String((front.server.address() as { port: number }).port))}/page`)
    t.teardown(async () => { await page.close() })
    await addPlayer(page, { ...PLAYS, src: '/live/demo?delivery=reference' })
    await page.until(() => (globalThis as unknown as { noted: { connections: string[] } }).noted.connections.length > 0)
    const { init, fragment } = movie()
    for (let number = 1; number <= 5; number++) await server.app.mediaSse.broadcast('demo').publish(Buffer.concat([number === 1 ? init : Buffer.alloc(0), fragment()]))
    await page.until(() => (globalThis as unknown as { noted: { ids: string[], gaps: unknown[] } }).noted.ids.at(-1)?.endsWith('-5') === true)
    const { ids, gaps } = await noted(page)
    t.strictSame(ids.map(id => id.replace(/^\d+-/, '')), ['1', '2', '3', '5'])
    t.match(gaps, [{ segments: 1, reason: 'expired', from: /-4$/ }])
    // Each goes by a connection of its own: which is asked first is not said.
    t.strictSame([...asked].filter(([url]) => url.includes('/segments/')).sort().map(([, times]) => times), [1, 2, 2, 1, 1])
  })

  t.test('of a stream that is elsewhere, as it was redirected, segments by reference are found there', async t => {
    const server = await serveLive(t, {}, { before: app => { app.get('/shows/today', (_request, reply) => reply.redirect('/live/demo?delivery=reference')) } })
    const page = await chromium.open(`${server.origin}/page`)
    t.teardown(async () => { await page.close() })
    await addPlayer(page, { ...PLAYS, src: '/shows/today' })
    await page.until(() => (globalThis as unknown as { noted: { connections: string[] } }).noted.connections.length > 0)
    const { init, fragment } = movie()
    for (let number = 1; number <= 3; number++) await server.app.mediaSse.broadcast('demo').publish(Buffer.concat([number === 1 ? init : Buffer.alloc(0), fragment()]))
    await page.until(() => (globalThis as unknown as { noted: { ids: string[], gaps: unknown[] } }).noted.ids.at(-1)?.endsWith('-3') === true)
    const { ids, gaps } = await noted(page)
    t.strictSame([ids.map(id => id.replace(/^\d+-/, '')), gaps], [['1', '2', '3'], []])
  })

  t.test('what the server answers instead is told in words', async t => {
    let allowed = false
    const server = await serveLive(t, { authorizeWatch: (_request, broadcast) => allowed || broadcast === 'over' })
    const page = await chromium.open(`${server.origin}/page`)
    t.teardown(async () => { await page.close() })
    const until = async (state: string): Promise<string> => {
      await page.until((state: string) => (globalThis as unknown as { player: { state: string } }).player.state === state, state)
      return (await noted(page)).states.at(-1)!.reason
    }
    await addPlayer(page, PLAYS)
    t.equal(await until('error'), 'You may not watch this broadcast')
    server.app.mediaSse.broadcast('over').publish(Buffer.from('{}'), { contentType: 'application/json' })
    server.app.mediaSse.broadcast('over').end()
    allowed = true
    await page.evaluate(() => { document.querySelector('media-sse')!.setAttribute('src', '/live/over') })
    t.equal(await until('ended'), 'The broadcast has ended')
    await page.evaluate(() => { document.querySelector('media-sse')!.setAttribute('src', '/nowhere') })
    t.equal(await until('error'), 'The server answers 404: is the address right?')
  })

  t.test('a server that is restarted: the same player goes on', async t => {
    const server = await serveLive(t, { retry: 200, closeTimeout: 200 })
    const first = run(t, ffmpeg, [...AV, `${server.origin}/live/demo`])
    await server.until(spans(1500))
    const page = await openPlaying(t, server.origin)
    await server.app.close()
    await lost(page, 1)
    const again = Fastify(FOR_BROWSERS)
    t.teardown(async () => { await again.close() })
    await again.register(mediaSse, { localPublishing: true })
    await again.listen({ port: server.port, host: '127.0.0.1' })
    run(t, ffmpeg, [...AV, `${server.origin}/live/demo`])
    await page.until(() => (globalThis as unknown as { noted: { gaps: Array<{ reason: string }> } }).noted.gaps.some(({ reason }) => reason === 'restart'))
    await advances(page, 2)
    t.match(await noted(page), { restarts: [] })
    t.match(await statsOf(page), { state: 'playing' })
    await first.stop()
  })

  t.test('twenty seconds in which nothing passes: afterwards it is live again', async t => {
    const server = await serveLive(t)
    const way = await slowWay(t, server.port)
    run(t, ffmpeg, [...AV, `${server.origin}/live/demo`])
    await server.until(spans(1500))
    const page = await openPlaying(t, way.origin)
    const { latency } = await statsOf(page)
    way.freeze()
    const frozenAt = Date.now()
    const { length } = server.segments
    await page.until(() => (globalThis as unknown as { player: { state: string } }).player.state === 'buffering')
    await server.until(segments => segments.length > length && segments.at(-1)!.received - frozenAt >= 20_000)
    way.thaw()
    await page.until((limit: number) => (globalThis as unknown as { player: { state: string, stats (): { latency: number } } }).player.state === 'playing' &&
      (globalThis as unknown as { player: { stats (): { latency: number } } }).player.stats().latency < limit, 2 * latency! + 1)
    await advances(page, 2)
    t.ok(way.connections > 1, 'so long a silence is not believed')
    t.match(await statsOf(page), { state: 'playing' })
  })

  t.test('what comes is old and stays so: it begins anew at the live edge', async t => {
    const server = await serveLive(t)
    const way = await slowWay(t, server.port)
    run(t, ffmpeg, [...AV, `${server.origin}/live/demo`])
    await server.until(spans(1500))
    const page = await openPlaying(t, way.origin)
    const { latency } = await statsOf(page)
    way.delay(6000)
    await page.until(() => (globalThis as unknown as { noted: { restarts: string[] } }).noted.restarts.length > 0)
    await page.until((limit: number) => (globalThis as unknown as { player: { stats (): { latency: number } } }).player.stats().latency < limit, 2 * latency! + 1)
    await advances(page, 2)
    t.match((await noted(page)).restarts, [/^What came was \d\.\d s old$/])
  })
}
