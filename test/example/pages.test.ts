// The pages of the examples: a screen is shared, several people talk in one room, a robot is seen and read. All in one browser.
import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { audioRoom } from '../../example/audio-room.js'
import { robot } from '../../example/robot.js'
import { screenShare } from '../../example/screen-share.js'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'
import { listen } from '../kit/serve.js'
import { within } from '../kit/within.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('pages', { skip: chromium === undefined }, async t => {
  const browser = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  const context = await browser.newContext()

  await t.test('a screen is shared with who opens the page', async t => {
    const { app, origin } = await listen(await screenShare())
    t.teardown(async () => { await within(app.close(), 'the server closes') })
    const speaker = await open(t, context, origin)
    const listener = await open(t, context, origin)
    await speaker.click('#share')
    await playing(listener)
    await speaker.waitForFunction(() => document.querySelector('#told')?.textContent?.includes('2 watch'))
    await speaker.click('#stop')
    await speaker.waitForFunction(() => document.querySelector('#told')?.textContent?.startsWith('ended'))
    t.ok(await speaker.isEnabled('#share'), 'and it can be shared again')
  })

  await t.test('each one in the room hears the others', async t => {
    const { app, origin } = await listen(await audioRoom())
    t.teardown(async () => { await within(app.close(), 'the server closes') })
    const names = ['Ada', 'Grace', 'Hedy']
    const guests: Page[] = []
    for (const name of names) {
      const guest = await open(t, context, origin)
      await guest.fill('#name', name)
      await guest.click('#enter')
      await guest.waitForFunction(() => document.querySelector('#told')?.textContent === 'The others hear you.')
      guests.push(guest)
    }
    for (const [index, guest] of guests.entries()) {
      const others = [1, 2, 3].filter(seat => seat !== index + 1).map(seat => `seat-${seat}`)
      await guest.waitForFunction(() => document.querySelectorAll('media-sse').length === 8)
      t.ok(await guest.evaluate(hears, others), `${names[index]} hears ${others.join(' and ')}`)
      const own = await guest.evaluate(seat => document.querySelector<MediaSseElement>(`[broadcast=${seat}]`)?.muted, `seat-${index + 1}`)
      t.equal(own, true, 'and not itself')
    }
    const [ada, grace] = guests
    await grace!.click('#leave')
    await ada!.waitForFunction(() => /seat-1Ada, that is you.*seat-2free.*seat-3Hedy/.test(document.querySelector('#seats')?.textContent ?? ''))
    t.equal(app.mediaSse.stats().viewers, 2, 'one connection for each')
  })

  await t.test('a robot is seen and read', async t => {
    const { app, origin } = await listen(await robot())
    t.teardown(async () => { await within(app.close(), 'the server closes') })
    const page = await open(t, context, origin)
    await page.waitForFunction(() => Reflect.get(globalThis, 'source') !== null)
    const broadcast = app.mediaSse.broadcast('robot')
    broadcast.publish(readFileSync(new URL('../../example/media/pictures/01.jpg', import.meta.url)), { track: 'camera' })
    broadcast.publish(Buffer.from('{"battery":87,"<b>":"<i>"}'), { track: 'sensors', contentType: 'application/json' })
    await page.waitForFunction(() => Number(document.querySelector('img')?.naturalWidth) > 0)
    await page.waitForFunction(() => document.querySelector('tbody')?.textContent === 'battery87<b><i>')
    t.equal(await text(page, 'th'), 'battery')
  })
})

async function open (t: Test, context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', error => { t.fail(error) })
  t.teardown(async () => { await page.close() })
  await page.goto(origin)
  return page
}

async function playing (page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const player = document.querySelector<MediaSseElement>('media-sse')
    return player?.state === 'playing' && player.video.getVideoPlaybackQuality().totalVideoFrames > 10
  })
}

/** Resolves once there is a sound, and no silence, in each of the seats. */
async function hears (seats: string[]): Promise<boolean> {
  const context = new AudioContext()
  await Promise.all(seats.map(async seat => {
    const ear = document.querySelector<MediaSseElement>(`[broadcast=${seat}]`)
    if (!ear) throw new Error(`there is no ${seat}`)
    const analyser = context.createAnalyser()
    context.createMediaElementSource(ear.video).connect(analyser)
    const samples = new Uint8Array(analyser.fftSize)
    while (!samples.some(sample => Math.abs(sample - 128) > 10)) {
      await new Promise(resolve => setTimeout(resolve, 10))
      analyser.getByteTimeDomainData(samples)
    }
  }))
  await context.close()
  return true
}
