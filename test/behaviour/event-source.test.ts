// The browser's own EventSource, in a real Chromium: it plays the tutorial's few lines, and comes back from whatever
// the server does, as long as it is answered 200.
import t from 'tap'
import type { Page } from 'playwright-core'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { openPlayer } from '../kit/player-page.js'
import { fixture } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { FOR_BROWSERS, serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'

/** What the page has seen. */
interface Seen { readonly opens: number, readonly states: string[], readonly ids: string[], readonly gaps: number, readonly readyState: number }
declare const seen: Seen & { source: EventSource }

async function openSource (page: Page, { origin }: Served, path: string): Promise<void> {
  await page.goto(`${origin}/page`)
  await page.evaluate(path => {
    const source = new EventSource(path)
    const seen = { source, opens: 0, states: [] as string[], ids: [] as string[], gaps: 0, get readyState () { return source.readyState } }
    source.onopen = () => { seen.opens++ }
    source.onmessage = ({ lastEventId }) => { seen.ids.push(lastEventId) }
    source.addEventListener('state', ({ data }) => { seen.states.push(JSON.parse(data).state) })
    source.addEventListener('gap', () => { seen.gaps++ })
    Object.assign(globalThis, { seen })
  }, path)
}

const page = (app: Served['app']): void => {
  app.get('/page', (_request, reply) => { reply.type('text/html').send('<!doctype html><title>page</title>') })
}
const JPEG = { contentType: 'image/jpeg' }

if (needs(t, 'chromium', 'chromium') !== undefined) {
  t.test('a dropped connection resumes with nothing missing and nothing twice', async t => {
    const sockets = new Set<{ destroy: () => void }>()
    const served = await serve(t, {
      before: page,
      media: { retry: 50, onViewerOpen: (_viewer, request) => { sockets.add(request.raw.socket) } }
    })
    const browser = await browse(t)
    const tab = await browser.newPage()
    await openSource(tab, served, '/live/demo')
    const demo = served.app.mediaSse.broadcast('demo')
    await tab.waitForFunction(() => seen.states.length > 0)
    for (let number = 1; number <= 60; number++) {
      demo.publish(knownBytes(number, 1000), JPEG)
      if (number % 20 === 0) {
        await tab.waitForFunction(() => seen.ids.length > 0)
        // Before the drop: the browser may be back before it is asked.
        const before = await tab.evaluate(() => seen.opens)
        for (const socket of sockets) socket.destroy()
        sockets.clear()
        demo.publish(knownBytes(++number, 1000), JPEG)
        await tab.waitForFunction(before => seen.opens > before, before)
      }
    }
    const last = (await demo.publish(knownBytes(99, 1000), JPEG)).id
    await tab.waitForFunction(last => seen.ids.at(-1) === last, last)
    const { ids, gaps } = await tab.evaluate(() => ({ ids: seen.ids, gaps: seen.gaps }))
    t.equal(gaps, 0)
    t.same(ids.map(id => Number(id.split('-')[1])), ids.map((_, index) => index + 1))
  })

  t.test('a full server is asked again, and lets it in when there is room', async t => {
    const served = await serve(t, { before: page, media: { maxViewers: 1 } })
    const browser = await browse(t)
    const [first, second] = [await browser.newPage(), await browser.newPage()]
    await openSource(first, served, '/live/demo')
    await first.waitForFunction(() => seen.states.includes('waiting'))
    await openSource(second, served, '/live/demo')
    await second.waitForFunction(() => seen.states.includes('full'))
    await first.close()
    await second.waitForFunction(() => seen.states.includes('waiting'), null, { timeout: 60_000 })
    t.pass('Chromium came back after the retry that it was told')
  })

  t.test('a server that closes and starts again gets its viewer back', async t => {
    const media = { closeTimeout: 100, retry: 100 }
    const first = await serve(t, { fastify: FOR_BROWSERS, before: page, media })
    const browser = await browse(t)
    const tab = await browser.newPage()
    await openSource(tab, first, '/live/demo')
    await tab.waitForFunction(() => seen.states.includes('waiting'))
    first.app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), JPEG)
    await tab.waitForFunction(() => seen.ids.length === 1)
    const closing = performance.now()
    await first.app.close()
    t.comment(`closed within ${Math.round(performance.now() - closing)} ms`)
    await tab.waitForFunction(() => seen.states.includes('closing'))
    const second = await serve(t, { before: page, media, port: first.port })
    second.app.mediaSse.broadcast('demo').publish(knownBytes(2, 10), JPEG)
    await tab.waitForFunction(() => seen.ids.length === 2, null, { timeout: 60_000 })
    t.same(await tab.evaluate(() => [seen.gaps, seen.states]), [1, ['waiting', 'live', 'closing', 'live']])
  })

  t.test('an ended broadcast ends the EventSource for good: 204', async t => {
    const served = await serve(t, { before: page, media: { retry: 50 } })
    const browser = await browse(t)
    const tab = await browser.newPage()
    await openSource(tab, served, '/live/demo')
    const demo = served.app.mediaSse.broadcast('demo')
    demo.publish(knownBytes(1, 10), JPEG)
    await tab.waitForFunction(() => seen.ids.length === 1)
    demo.end()
    await tab.waitForFunction(() => seen.readyState === EventSource.CLOSED)
    t.equal((await tab.evaluate(() => seen.states)).at(-1), 'ended')
  })

  t.test('fragmented MP4 plays through Media Source Extensions', async t => {
    const served = await serve(t, { before: page })
    served.app.mediaSse.broadcast('demo').publish(fixture('fmp4/cmaf.mp4'))
    const browser = await browse(t)
    const tab = await browser.newPage()
    await tab.goto(`${served.origin}/page`)
    await openPlayer(tab, '/live/demo?from=start')
    await tab.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1)
    t.same(await tab.evaluate(() => document.querySelector('video')?.error), null)
  })
}
