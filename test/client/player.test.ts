// The player in three real engines: it joins, plays on, and comes back from whatever happens to its viewer, its publisher or its server.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { ENGINES, launch } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances, followEachOther, noted, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

// They wait for real time more than for the processor.
t.jobs = ENGINES.length

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const AV = [...VIDEO_INPUT, ...AUDIO_INPUT, ...H264, '-c:a', 'aac']
const fragments = (url: string): string[] => ffmpegArgs(AV, '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000', url)
const ATTRIBUTES = { src: '/live/demo', autoplay: '', muted: '' }
// A stalled viewer is behind after a second, and a dropped one back after a quarter.
const MEDIA = { lag: { policy: 'skip', seconds: 1 }, retry: 250 } as const

/** A server with ffmpeg as its publisher, and a player that plays. */
async function play (t: Test, open: (url: string) => Promise<EnginePage>): Promise<{ server: LiveServer, page: EnginePage, sockets: Socket[], publisher: ReturnType<typeof run>, url: string }> {
  const sockets: Socket[] = []
  const server = await serveLive(t, { ...MEDIA, onViewerOpen: (_viewer, request) => { sockets.push(request.raw.socket) } })
  const url = `${server.origin}/live/demo`
  const publisher = run(t, ffmpeg!, fragments(url))
  await server.until(spans(1500))
  const page = await open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await addPlayer(page, ATTRIBUTES)
  await advances(page, 2)
  return { server, page, sockets, publisher, url }
}

for (const name of ENGINES) {
  t.test(name, async t => {
    const engine = ffmpeg === undefined ? undefined : await launch(t, name)
    if (engine === undefined) return
    t.jobs = 1
    const { server, page, sockets, publisher, url } = await play(t, async url => await engine.open(url))
    let live = 0

    await t.test('joins late, and plays on near the live edge', async t => {
      await advances(page, 3)
      const stats = await statsOf(page)
      live = stats.latency!
      t.equal(stats.state, 'playing')
      const { firstFrame } = await noted(page)
      t.comment(`first frame ${Math.round(firstFrame)} ms, ${JSON.stringify(stats)}`)
      // Where the first frame takes seconds, so does a seek, and then it is behind again.
      t.ok(stats.seeks <= 1 + Math.floor(firstFrame / 2000), `${stats.seeks} seeks after joining`)
      t.match(await noted(page), { gaps: [], restarts: [], connections: ['open'] })
      t.ok(followEachOther((await noted(page)).ids))
      t.ok(await page.evaluate(() => document.querySelector('media-sse')!.matches(':state(playing)')), 'its state is a CSS state')
    })

    await t.test('a dropped connection: the browser comes back, and nothing is missing', async t => {
      sockets.at(-1)!.destroy()
      await page.until(() => (globalThis as unknown as { noted: { connections: string[] } }).noted.connections.length >= 3)
      await advances(page, 1.5)
      const { ids, gaps, restarts } = await noted(page)
      t.ok(followEachOther(ids), `${ids.length} ids`)
      t.strictSame([gaps, restarts], [[], []])
    })

    await t.test('a connection that stands still: the server skips, and the player is live again', async t => {
      const socket = sockets.at(-1)!
      socket.cork()
      await server.until(segments => segments.at(-1)!.received - Date.now() > -1000 && (socket.writableLength ?? 0) > 0)
      const { length } = server.segments
      await server.until(segments => segments.length > length + 20)
      socket.uncork()
      await page.until(() => (globalThis as unknown as { noted: { gaps: unknown[] } }).noted.gaps.length > 0)
      await advances(page, 2)
      const { gaps, restarts } = await noted(page)
      t.match(gaps, [{ reason: 'slow' }])
      t.strictSame(restarts, [])
      await livesAgain(t, page, live)
    })

    await t.test('a publisher that is killed and started again is played through', async t => {
      const exited = once(publisher.child, 'exit')
      publisher.child.kill('SIGKILL')
      await exited
      const { length } = server.segments
      const again = run(t, ffmpeg!, fragments(url))
      await server.until(segments => segments.length > length + 10)
      await page.until(() => (globalThis as unknown as { noted: { gaps: Array<{ reason: string }> } }).noted.gaps.some(({ reason }) => reason === 'publisher'))
      await advances(page, 2.5)
      t.strictSame((await noted(page)).restarts, [])
      await livesAgain(t, page, live)
      await again.stop()
    })

    await t.test('the end is told, and another beginning is played', async t => {
      await server.app.inject({ method: 'DELETE', url: '/live/demo' })
      await page.until(() => (globalThis as unknown as { player: { state: string } }).player.state === 'ended')
      const again = run(t, ffmpeg!, fragments(url))
      const { length } = server.segments
      await server.until(segments => segments.length > length + 5)
      await advances(page, 2)
      await livesAgain(t, page, live)
      await again.stop()
    })

    // Firefox reports each lost connection as an error.
    t.strictSame((await page.errors()).filter(error => !/establish a connection/.test(error)), [], 'no error in the page')
  })
}

/** The player is about as near to the live edge as it was at first. */
async function livesAgain (t: Test, page: EnginePage, before: number): Promise<void> {
  await page.until((limit: number) => {
    const { player } = globalThis as unknown as { player: { stats (): { latency: number } } }
    return player.stats().latency < limit
  }, 2 * before + 1)
  t.ok(true, 'live again')
}
