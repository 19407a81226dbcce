// The dashboard in a real browser: the server's figures as they change, of the broadcasts that run and of who watches them.
import type { Page } from 'playwright-core'
import t from 'tap'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'
import { watch } from '../kit/watch.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('the dashboard', { skip: chromium === undefined }, async t => {
  const demo = await startDemo(t)
  const browser = await browse(t)
  const page = await browser.newPage()
  const failures = failuresOf(page)
  await page.goto(demo.origin)
  await page.click('nav a[href="/dashboard.html"]')

  await t.test('shows the broadcasts that run, and their numbers move', async t => {
    for (const name of ['demo', 'pictures']) await page.waitForSelector(`tr[data-broadcast=${name}]`, { timeout: 30_000 })
    await page.waitForFunction(() => document.querySelector('#broadcasts')?.textContent === '2')
    const before = await figures(page)
    await changes(page, '#segments', before.segments)
    await changes(page, 'tr[data-broadcast=demo] td:last-child', before.latest)
    await page.waitForFunction(() => /^[1-9]\d*\.\d\d Mbit\/s$|^0\.\d*[1-9]\d* Mbit\/s$/.test(document.querySelector('#published')?.textContent ?? ''), undefined, { timeout: 30_000 })
    t.match(await text(page, 'tr[data-broadcast=demo]'), /^demolive/)
  })

  await t.test('shows who watches, and what is sent', async t => {
    // The page before this one was a viewer.
    await page.waitForFunction(() => document.querySelector('#viewers')?.textContent === '0', undefined, { timeout: 30_000 })
    const watching = await watch(`${demo.origin}/live/demo`)
    await page.waitForFunction(() => document.querySelector('#viewers')?.textContent === '1', undefined, { timeout: 30_000 })
    await page.waitForFunction(() => document.querySelector('tr[data-broadcast=demo] td:nth-child(3)')?.textContent === '1', undefined, { timeout: 30_000 })
    await page.waitForFunction(() => Number.parseFloat(document.querySelector('#sent')?.textContent ?? '') > 0, undefined, { timeout: 30_000 })
    await page.waitForFunction(() => / ms$/.test(document.querySelector('#delay')?.textContent ?? ''), undefined, { timeout: 30_000 })
    t.match(await text(page, '#rate-plot .u-legend'), /Sent\d+\.\d\d Mbit\/s.*Published\d+\.\d\d Mbit\/s/)
    t.match(await text(page, '#viewer-plot .u-legend'), /Viewers\d.*Furthest behind\d+\.\d\d s/)
    await watching.leave()
    await page.waitForFunction(() => document.querySelector('#viewers')?.textContent === '0', undefined, { timeout: 30_000 })
    t.match(await text(page, '#closed'), /^[1-9]\d* have left$/)
  })

  await t.test('fits a phone, in the dark and in the light', async t => {
    await page.setViewportSize({ width: 375, height: 700 })
    const grounds: string[] = []
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForFunction(() => document.documentElement.scrollWidth === 375, undefined, { timeout: 30_000 })
      t.pass(`${colorScheme}: nothing stands out`)
      grounds.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor))
    }
    t.not(grounds[0], grounds[1])
  })

  await t.test('is sampled once for all who look', async t => {
    const [one, other] = [await watch(`${demo.origin}/dashboard/events`), await watch(`${demo.origin}/dashboard/events`)]
    for (const looking of [one, other]) await looking.until(() => looking.events.length >= 3)
    const [first, second] = [one, other].map(({ events }) => events.slice(1).map(({ json }) => json['at']))
    const shared = first!.filter(at => second!.includes(at))
    t.ok(shared.length > 0, 'the same samples')
    for (const looking of [one, other]) await looking.leave()
  })

  t.same(failures, [])
  t.same(demo.errors, [])
})

async function figures (page: Page): Promise<{ segments: string, latest: string }> {
  return { segments: await text(page, '#segments'), latest: await text(page, 'tr[data-broadcast=demo] td:last-child') }
}

async function changes (page: Page, selector: string, before: string): Promise<void> {
  await page.waitForFunction(([selector, before]) => {
    const now = document.querySelector(selector!)?.textContent
    return now !== undefined && now !== before
  }, [selector, before] as const, { timeout: 30_000 })
}
