// A source that changes its size while a page publishes it, as a shared window or a phone that turns: viewers in all engines see it in each size.
import t from 'tap'
import type { Test } from 'tap'
import { ENGINES, launch } from '../kit/engines.js'
import type { Engine } from '../kit/engines.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

type Publishing = typeof globalThis & { publisher: { state: string, reason: string, stats (): { restarts: number, mimeType: string } }, turn (): void }
type Watching = typeof globalThis & { player: { video: HTMLVideoElement } }

/** A page that publishes a canvas; `turn()` makes it upright, or lays it down again. */
async function publish (t: Test, engine: Engine, server: LiveServer, options: object): Promise<Awaited<ReturnType<Engine['open']>>> {
  const page = await engine.open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await page.evaluate(async options => {
    const code = '/live/client.js'
    const { Publisher } = await import(code) as typeof import('../../lib/client/index.js')
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width: 320, height: 180 })
    document.body.append(canvas)
    const context = canvas.getContext('2d')!
    setInterval(() => {
      context.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`
      context.fillRect(0, 0, canvas.width, canvas.height)
    }, 40)
    const publisher = new Publisher('/live/demo', canvas.captureStream(25), options)
    Object.assign(globalThis, { publisher, turn: () => { Object.assign(canvas, { width: canvas.height, height: canvas.width }) } })
    publisher.start()
  }, options)
  await server.until(segments => segments.length > 3)
  return page
}

const chromium = await launch(t, 'Chromium')
// They wait for real time more than for the processor.
t.jobs = 2

if (chromium !== undefined) {
  for (const { name, options, type } of [
    { name: 'by default', options: {}, type: /avc3/ },
    { name: 'as avc1', options: { mimeType: 'video/mp4;codecs=avc1' }, type: /avc1/ }
  ]) {
    t.test(name, async t => {
      const server = await serveLive(t)
      const publisher = await publish(t, chromium, server, options)
      const engines = (await Promise.all(ENGINES.map(async name => name === 'Chromium' ? chromium : await launch(t, name)))).filter(engine => engine !== undefined)
      const viewers = await Promise.all(engines.map(async engine => {
        const page = await engine.open(`${server.origin}/page`)
        t.teardown(async () => { await page.close() })
        await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
        await advances(page, 1)
        return { name: engine.name, page }
      }))
      for (const width of [180, 320]) {
        await publisher.evaluate(() => { (globalThis as Publishing).turn() })
        for (const { name, page } of viewers) {
          await page.until(width => (globalThis as Watching).player.video.videoWidth === width, width)
          await advances(page, 1)
          t.ok(true, `${name} plays at a width of ${width}`)
        }
      }
      for (const { name, page } of viewers) t.strictSame((await noted(page)).restarts.filter(reason => /could not/.test(reason)), [], `${name} could decode all of it`)
      const told = await publisher.evaluate(() => {
        const { publisher } = globalThis as Publishing
        return { state: publisher.state, reason: publisher.reason, ...publisher.stats() }
      })
      t.match(told, { state: 'live', reason: '', restarts: 2, mimeType: type })
    })
  }
}
