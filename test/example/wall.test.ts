// The wall: sixteen broadcasts that play over one connection, published only while somebody watches.
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { request } from 'undici'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('sixteen broadcasts over one connection', { skip: chromium === undefined }, async t => {
  const demo = await startDemo(t)
  t.same(await published(demo.origin), [], 'nothing is published for nobody')
  const browser = await browse(t)
  const page = await browser.newPage()
  const failures = failuresOf(page)
  const asked: string[] = []
  page.on('request', request => { if (/[?]broadcasts=/.test(request.url())) asked.push(request.url()) })
  await page.goto(`${demo.origin}/wall`)

  await t.test('all play', async () => {
    await page.waitForFunction(() => document.querySelectorAll('.tile[data-state=playing]').length === 16, undefined, { timeout: 60_000 })
    await page.waitForFunction(() => document.querySelector('#playing')?.textContent === '16')
  })

  await t.test('over one connection', async t => {
    const viewers = await page.evaluate(() => [...document.querySelectorAll<MediaSseElement>('media-sse')].map(({ player }) => player?.viewer))
    t.equal(new Set(viewers).size, 16)
    const { body } = await request(`${demo.origin}/demo/connections?viewers=${viewers.join(',')}`)
    t.same(await body.json(), { viewers: 16, connections: 1 })
    t.equal(asked.length, 1, 'one request')
    await page.waitForFunction(() => document.querySelector('#connections')?.textContent === '1')
    t.comment(`${await text(page, '#bit-rate')}, ${await text(page, '#latency')} behind on average`)
  })

  await t.test('one is made large, and sounds', async t => {
    const state = () => page.evaluate(() => [...document.querySelectorAll<MediaSseElement>('media-sse')].flatMap(({ muted, parentElement }, index) => muted && !parentElement?.classList.contains('large') ? [] : index))
    t.same(await state(), [])
    await page.click('.tile:nth-child(3) button')
    t.same(await state(), [2])
    await page.click('.tile:nth-child(8) button')
    t.same(await state(), [7])
    await page.keyboard.press('Escape')
    t.same(await state(), [])
  })

  t.same(failures, [])
  await page.close()

  await t.test('a while after the last viewer nothing is published any more, and for the next one it is again', async t => {
    let before = await published(demo.origin)
    t.equal(before.length, 16)
    for (let last: string[] = []; last.join() !== before.join(); before = await published(demo.origin)) {
      last = before
      await setTimeout(1000)
    }
    const page = await browser.newPage()
    await page.goto(`${demo.origin}/wall`)
    await page.waitForFunction(() => document.querySelectorAll('.tile[data-state=playing]').length === 16, undefined, { timeout: 60_000 })
    // A tile of pictures shows the newest one that is kept, before another is published.
    while ((await published(demo.origin)).some(id => before.includes(id))) await setTimeout(100)
    t.pass('all are published again')
    await page.close()
  })
  t.same(demo.errors, [])
})

/** The newest ids of the wall's broadcasts. */
async function published (origin: string): Promise<string[]> {
  const { body } = await request(`${origin}/live`)
  const { broadcasts } = await body.json() as { broadcasts: Array<{ name: string, latest: string }> }
  return broadcasts.filter(({ name }) => name.startsWith('wall-')).map(({ name, latest }) => `${name} ${latest}`)
}
