// The studio: what is published from a page in one tab is watched in another, and what fails is said.
import type { Page } from 'playwright-core'
import t from 'tap'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('from the studio to another tab', { skip: chromium === undefined }, async t => {
  const demo = await startDemo(t)
  const browser = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const studio = await context.newPage()
  const failures = failuresOf(studio)
  await studio.goto(`${demo.origin}/studio`)

  await t.test('a camera, with its device listed', async t => {
    await studio.getByText('Camera', { exact: true }).first().click()
    await studio.waitForFunction(() => (document.querySelector('#camera') as HTMLSelectElement).options.length > 0)
    t.match(await studio.locator('#camera option').first().textContent(), /fake_device/)
    await studio.fill('#name', 'kitchen')
    await studio.click('#go')
    await state(studio, 'live')
    await studio.click('#copy')
    const link = await studio.evaluate(async () => await navigator.clipboard.readText())
    t.equal(link, `${demo.origin}/?broadcast=kitchen`)

    const page = await context.newPage()
    const failures = failuresOf(page)
    await page.goto(link)
    await plays(page)
    t.comment(`watched ${await text(page, '#latency')} behind, its first frame after ${await text(page, '#first-frame')}`)
    t.same(failures, [])
    // This page watches itself too.
    await studio.waitForFunction(() => document.querySelector('#viewers')?.textContent === '2')
    t.match(await text(studio, '#sent'), /^\d+\.\d\d MB$/)
    t.match(await text(studio, '#pending'), /^\d+ kB$/)
    t.match(await text(studio, '#container'), /^(MP4|WEBM)$/)
    await page.close()
  })

  await t.test('its own latency, and the end', async t => {
    await studio.waitForFunction(() => /^\d+\.\d\d s$/.test(document.querySelector('#latency')?.textContent ?? ''))
    await studio.click('#stop')
    await state(studio, 'preview')
    t.equal(await studio.locator('media-sse').count(), 0)
    t.ok(await studio.isEnabled('#go'), 'and it can begin again')
    t.equal(await text(studio, '#trouble'), '')
  })

  await t.test('a test card, by the keyboard alone, that tells its age', async t => {
    await studio.focus('input[value=camera]')
    await studio.keyboard.press('ArrowLeft')
    await state(studio, 'preview')
    await studio.fill('#name', 'card')
    await studio.press('#name', 'Enter')
    await state(studio, 'live')
    await plays(studio)
    await studio.waitForFunction(() => Number.parseFloat(document.querySelector('#age')?.textContent ?? '') < 5)
    const [age, latency] = [await text(studio, '#age'), await text(studio, '#latency')]
    t.comment(`${age} from the card to the screen, ${latency} behind the server, ${await text(studio, '#container')} ${await text(studio, '#codecs')}`)
    t.ok(Number.parseFloat(age) > 0.05 && Number.parseFloat(age) < 5, age)
    await studio.click('#stop')
    await state(studio, 'preview')
  })

  await t.test('a name that is taken, and a camera that is refused, are told', async t => {
    await studio.fill('#name', 'demo')
    await studio.click('#go')
    await studio.waitForSelector('#trouble:not([hidden])')
    t.match(await text(studio, '#trouble'), /publisher/)
    t.comment(await text(studio, '#trouble'))
    await state(studio, 'preview')

    const refusing = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'])
    const page = await refusing.newPage()
    await page.goto(`${demo.origin}/studio`)
    await page.getByText('Camera', { exact: true }).first().click()
    await page.waitForSelector('#trouble:not([hidden])')
    t.match(await text(page, '#trouble'), /not allowed/)
    await state(page, 'nothing to show')
    t.ok(await page.isDisabled('#go'))
  })

  t.same(failures, [])
  t.same(demo.errors, [])
})

async function state (page: Page, word: string): Promise<void> {
  await page.waitForFunction(word => document.querySelector('#state')?.textContent === word, word)
}

/** Resolves when the page's player has played for two seconds. */
async function plays (page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const player = document.querySelector<MediaSseElement>('media-sse')
    return player?.state === 'playing' && player.video.played.length > 0 && player.video.played.end(player.video.played.length - 1) - player.video.played.start(0) > 2
  })
}
