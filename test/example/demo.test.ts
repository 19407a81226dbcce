// The demo as a newcomer meets it: `node dist/example/server.js`, a real browser on its pages, and the buttons that make a bad viewer.
// Assumes that the build is fresh.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright-core'
import t from 'tap'
import { request } from 'undici'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'

/** The page's <media-sse>. */
declare const player: MediaSseElement

const chromium = needs(t, 'chromium', 'chromium')

t.test('the demo in a browser', { skip: chromium === undefined }, async t => {
  const demo = await startDemo(t)
  const browser = await browse(t)
  const page = await browser.newPage()
  const failures = failuresOf(page)
  await page.goto(demo.origin)

  await t.test('the first frame is there, and how long it took', async t => {
    const cold = await firstFrame(page)
    // The browser's own start, decoders and all, is none of ours: the second load counts.
    await page.reload()
    const warm = await firstFrame(page)
    t.comment(`first frame after ${warm} ms, and in a browser just started after ${cold} ms`)
    t.ok(warm > 0 && cold > 0)
  })

  await t.test('time advances and the picture changes, near the live edge', async t => {
    const before = await picture(page)
    await advance(page, 1)
    t.not(await picture(page), before)
    await live(page)
    t.match(await text(page, '#state'), 'live')
    await page.waitForFunction(() => document.querySelector('#viewers')?.textContent === '1')
    t.match(await text(page, '#bit-rate'), /^\d+ kbit\/s$/)
    t.comment(`latency ${await text(page, '#latency')}, buffered ${await text(page, '#buffered')}, ${await text(page, '#bit-rate')}`)
  })

  await t.test('a loop of the clip leaves no hole', async t => {
    await advance(page, 9)
    t.equal(await page.evaluate(() => player.video.buffered.length), 1)
  })

  await t.test('the plot follows, and so does the player when the target latency is moved', async t => {
    for (const figure of ['latency', 'target', 'buffered']) t.match(await text(page, `#${figure}`), /^\d+\.\d\d s$/)
    t.match(await text(page, '#latency-error'), /^± \d+ ms$/)
    t.match(await text(page, '#plot .u-legend'), /Bit rate\d+ kbit\/s.*Target\d.*Buffered\d.*Latency\d+\.\d\d s/)
    await page.fill('#target-latency', '1.5')
    await page.waitForFunction(() => Number(player.stats()?.latency) > 1.3)
    t.equal(await text(page, '#target-latency-value'), '1.5 s')
    await page.fill('#target-latency', '0.3')
    await live(page)
  })

  await t.test('after a stall the server skips, says so, and the picture goes on at the live edge', async t => {
    const bystander = await watch(`${demo.origin}/live/demo`)
    await page.click('#stall')
    const row = await page.waitForSelector('#gap-rows tr')
    const gap = JSON.parse(await row.getAttribute('data-gap') ?? '{}')
    t.comment('gap', gap)
    t.match(gap, { broadcast: 'demo', reason: 'slow', segments: Number, seconds: Number })
    t.ok(gap.segments > 0 && gap.seconds > 1, `${gap.segments} segments, ${gap.seconds} s`)
    await page.waitForSelector('#story [data-title=Skipped]')
    await advance(page, 1)
    await live(page)
    t.equal(await text(page, '#gap-count'), '1')
    const seen = bystander.end()
    t.ok(contiguous(seen.ids), 'another viewer was given everything meanwhile')
    t.notOk(seen.gap, 'and no gap')
  })

  await t.test('after a drop the browser resumes with nothing missing', async t => {
    await page.evaluate(() => {
      const ids: string[] = []
      Reflect.set(globalThis, 'ids', ids)
      player.addEventListener('segment', event => ids.push((event as CustomEvent<{ id: string }>).detail.id))
    })
    await page.waitForFunction(() => Reflect.get(globalThis, 'ids').length > 3)
    await page.click('#drop')
    await page.waitForSelector('#story [data-title=Resumed]')
    t.comment(await text(page, '#story [data-title=Resumed]'))
    await advance(page, 1)
    await live(page)
    const ids = await page.evaluate(() => Reflect.get(globalThis, 'ids') as string[])
    t.ok(contiguous(ids), `${ids.length} ids without a hole`)
    t.equal(await text(page, '#gap-count'), '1', 'no further gap')
  })

  await t.test('a publisher that begins anew plays on', async t => {
    const epoch = () => page.evaluate(() => (Reflect.get(globalThis, 'ids') as string[]).at(-1)?.split('-')[0])
    const before = await epoch()
    const ended = await fetch(`${demo.origin}/live/demo`, { method: 'DELETE' })
    t.equal(ended.status, 204)
    await page.waitForFunction(before => !Reflect.get(globalThis, 'ids').at(-1).startsWith(before), before)
    await advance(page, 2)
    await live(page)
  })

  t.same(failures, [], 'nothing failed in the page')
  await page.close()

  await t.test('/tick ticks once a second', async t => {
    const page = await browser.newPage()
    await page.goto(`${demo.origin}/tick.html`)
    const last = async () => Number(await text(page, '#id'))
    await page.waitForFunction(() => Number(document.querySelector('#id')?.textContent) > 0)
    const first = await last()
    const since = performance.now()
    await page.waitForFunction(first => Number(document.querySelector('#id')?.textContent) >= first + 2, first)
    t.ok(performance.now() - since > 500 * (await last() - first - 1), 'not all at once')
    await page.close()
  })

  await t.test('the demo ends cleanly at SIGTERM, also with a viewer', async t => {
    await watch(`${demo.origin}/live/demo`)
    const exit = once(demo.process, 'exit')
    demo.process.kill('SIGTERM')
    t.same(await exit, [0, null])
    t.same(demo.errors, [], 'and wrote no error')
  })
})

// --- A viewer without a browser ---

/** Watches as curl does, and notes the ids and whether there was a gap; resolves when it is being answered. */
async function watch (url: string) {
  const { body } = await request(url, { headers: { accept: 'text/event-stream' } })
  const seen = { ids: [] as string[], gap: false }
  const lines = createInterface(body)
  lines.on('line', line => {
    if (line.startsWith('id: ')) seen.ids.push(line.slice(4))
    if (line === 'event: gap') seen.gap = true
  })
  // A connection that is left or cut off is an error to undici, and what these tests do.
  lines.on('error', () => {})
  return {
    end () {
      body.destroy()
      return seen
    }
  }
}

function contiguous (ids: string[]): boolean {
  const sequences = ids.map(id => Number(id.split('-')[1]))
  return sequences.length > 1 && sequences.every((sequence, index) => index === 0 || sequence === Number(sequences[index - 1]) + 1)
}

// --- What the page shows ---

/** Milliseconds from the load's start to the first frame shown. */
async function firstFrame (page: Page): Promise<number> {
  await page.waitForFunction(() => /ms/.test(document.querySelector('#first-frame')?.textContent ?? ''))
  return Number.parseFloat(await text(page, '#first-frame'))
}

/** Resolves when the video has played so many seconds more, seeks not counted. */
async function advance (page: Page, seconds: number): Promise<void> {
  await page.evaluate(seconds => new Promise<void>(resolve => {
    const { video } = player
    let played = 0
    let last = video.currentTime
    video.addEventListener('timeupdate', function listener () {
      const step = video.currentTime - last
      last = video.currentTime
      if (step > 0 && step < 1) played += step
      if (played < seconds) return
      video.removeEventListener('timeupdate', listener)
      resolve()
    })
  }), seconds)
}

/** Resolves when the picture is near the live edge. */
async function live (page: Page): Promise<void> {
  await page.waitForFunction(() => Number(player.stats()?.latency) < 1.2 && Number(player.stats()?.buffered) > 0)
}

/** The pixels that the player shows now. */
function picture (page: Page): Promise<string> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 64
    canvas.getContext('2d')?.drawImage(player.video, 0, 0, 64, 64)
    return canvas.toDataURL()
  })
}
