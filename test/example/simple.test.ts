// The page of the few lines: pictures in seven, and whole files of video in not many more, both as the page shows them.
import type { Page } from 'playwright-core'
import t from 'tap'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('live pictures and live video in a few lines', { skip: chromium === undefined }, async t => {
  const demo = await startDemo(t)
  const browser = await browse(t)
  const page = await browser.newPage()
  const failures = failuresOf(page)
  await page.goto(`${demo.origin}/simple`)

  await t.test('changing pictures, and their own seven lines', async t => {
    const nextPicture = () => page.evaluate(() => new Promise(resolve => document.querySelector('img')?.addEventListener('load', resolve, { once: true })))
    await nextPicture()
    const before = await pixels(page)
    await nextPicture()
    t.not(await pixels(page), before)
    t.equal(await page.locator('#lines span').count(), 7)
    t.match(await text(page, '#pictures-title'), 'in seven lines')
  })

  await t.test('video plays on from file to file', async t => {
    // The one on top, and what it shows: each file has a URL of its own.
    const seen = await page.evaluate(() => new Promise<Array<{ index: number, src: string }>>(resolve => {
      const videos = [...document.querySelectorAll('video')]
      const seen: Array<{ index: number, src: string }> = []
      const look = (): void => {
        const index = videos.findIndex(video => video.style.zIndex === '1' && !video.paused && video.currentTime > 0)
        const src = videos[index]?.src ?? ''
        if (index >= 0 && src !== seen.at(-1)?.src) seen.push({ index, src })
        if (seen.length === 5) resolve(seen)
        else requestAnimationFrame(look)
      }
      look()
    }))
    const order = seen.map(({ index }) => index)
    t.ok(order.every((index, at) => at === 0 || index !== order[at - 1]), `the two take turns: ${order.join()}`)
    t.equal(new Set(seen.map(({ src }) => src)).size, 5)
    t.equal(await page.evaluate(async src => await fetch(src).then(() => 'kept', () => 'revoked'), seen[0]?.src ?? ''), 'revoked')
    const lines = await page.locator('#video-lines span').count()
    t.comment(`${lines} lines`)
    t.ok(lines <= 15)
  })

  t.same(failures, [])
})

/** The picture that is shown now. */
function pixels (page: Page): Promise<string> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 64
    canvas.getContext('2d')?.drawImage(document.querySelector('img')!, 0, 0, 64, 64)
    return canvas.toDataURL()
  })
}
