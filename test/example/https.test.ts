// The demo with HTTPS=1: HTTP/2 over TLS to browsers, HTTP/1.1 to encoders, and as many viewers in one page as one likes. Assumes that the build is fresh.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import t from 'tap'
import { browse } from '../kit/browser.js'
import { failuresOf, startDemo, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'
import { H264, VIDEO_INPUT, ffmpegArgs, run } from '../kit/publisher.js'
import { LONG } from '../kit/within.js'

const chromium = needs(t, 'chromium', 'chromium')
const curl = needs(t, 'curl', 'curl')
const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

const VIEWERS = 8
/** Something of the server's own origin that opens no connection. */
const QUIET = '/style.css'

t.test('the demo over HTTPS', { skip: chromium === undefined || curl === undefined || ffmpeg === undefined }, async t => {
  const demo = await startDemo(t, { HTTPS: '1' })
  const plain = await startDemo(t)
  t.match(demo.origin, /^https:/)
  const browser = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  context.setDefaultTimeout(LONG)

  await t.test('a browser that nobody has told otherwise warns, of what the demo has said', async t => {
    const page = await (await browser.newContext()).newPage()
    await t.rejects(page.goto(demo.origin), { message: /net::ERR_CERT_AUTHORITY_INVALID/ })
    await page.close()
    t.match(demo.said(), /NET::ERR_CERT_AUTHORITY_INVALID/)
    t.notMatch(plain.said(), /certificate/)
  })

  await t.test('curl publishes, over HTTP/2 and HTTP/1.1', async t => {
    for (const version of ['--http2', '--http1.1']) {
      const { stdout } = await promisify(execFile)(curl!, ['-sSk', version, '-w', '%{http_version} %{http_code}', '-o', '/dev/null', '--data-binary', 'a picture, perhaps', '-H', 'content-type: image/jpeg', `${demo.origin}/live/curled`])
      t.equal(stdout, version === '--http2' ? '2 201' : '1.1 201')
    }
  })

  await t.test('eight viewers of one page watch over one connection, where HTTP/1.1 has six', async t => {
    const page = await context.newPage()
    await page.goto(`${demo.origin}${QUIET}`)
    await watchEightfold(page, '/live/pictures')
    await page.waitForFunction(count => (Reflect.get(globalThis, 'seen') as number[]).filter(seen => seen > 5).length === count, VIEWERS)
    const viewers = await page.evaluate(() => Reflect.get(globalThis, 'viewers') as string[])
    t.strictSame(await page.evaluate(async viewers => await (await fetch(`/demo/connections?viewers=${viewers.join(',')}`)).json(), viewers), { viewers: VIEWERS, connections: 1 })
    t.equal(await page.evaluate(() => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol), 'h2')
    await page.close()

    const narrow = await context.newPage()
    await narrow.goto(`${plain.origin}${QUIET}`)
    await watchEightfold(narrow, '/live/pictures')
    await narrow.waitForFunction(() => (Reflect.get(globalThis, 'seen') as number[]).filter(seen => seen > 5).length >= 6)
    t.equal(await narrow.evaluate(() => (Reflect.get(globalThis, 'seen') as number[]).filter(seen => seen > 0).length), 6)
    await narrow.close()
  })

  await t.test('ffmpeg publishes, and what it publishes plays', async t => {
    const program = run(t, ffmpeg!, ffmpegArgs(VIDEO_INPUT, H264, '-tls_verify', '0', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', '-frag_duration', '200000', `${demo.origin}/live/mine`))
    const page = await context.newPage()
    const failures = failuresOf(page)
    await page.goto(`${demo.origin}/?broadcast=mine`)
    await plays(page)
    t.same(failures, [])
    t.equal(await program.stop(), 0)
    t.equal(program.errors(), '')
    await page.close()
  })

  await t.test('the buttons stall and drop a viewer that shares its connection', async t => {
    const page = await context.newPage()
    const failures = failuresOf(page)
    await page.goto(demo.origin)
    await plays(page)
    await page.click('#stall')
    await page.waitForSelector('#gap-rows tr')
    await page.click('#drop')
    await page.waitForSelector('#story [data-title=Resumed]')
    t.same(failures, [])
    await page.close()
  })

  await t.test('a page publishes a camera, as it is a secure context', async t => {
    const studio = await context.newPage()
    const failures = failuresOf(studio)
    await studio.goto(`${demo.origin}/studio`)
    t.equal(await studio.evaluate(() => isSecureContext), true)
    await studio.getByText('Camera', { exact: true }).first().click()
    await studio.waitForFunction(() => (document.querySelector('#camera') as HTMLSelectElement).options.length > 0)
    await studio.fill('#name', 'kitchen')
    await studio.click('#go')
    await plays(studio)
    t.equal(await text(studio, '#trouble'), '')
    t.same(failures, [])
    await studio.click('#stop')
    await studio.waitForFunction(() => document.querySelector('#state')?.textContent === 'preview')
    await studio.close()
  })

  await t.test('it ends cleanly at SIGTERM, also with viewers', async t => {
    const page = await context.newPage()
    await page.goto(`${demo.origin}${QUIET}`)
    await watchEightfold(page, '/live/pictures')
    await page.waitForFunction(count => (Reflect.get(globalThis, 'viewers') as string[]).length === count, VIEWERS)
    const exit = once(demo.process, 'exit')
    demo.process.kill('SIGTERM')
    t.same(await exit, [0, null])
    t.same(demo.errors, [])
  })
})

/** Opens eight EventSources; `seen` counts the messages of each, `viewers` has their ids. */
async function watchEightfold (page: Page, path: string): Promise<void> {
  await page.evaluate(({ path, count }) => {
    const seen = new Array<number>(count).fill(0)
    const viewers: string[] = []
    Object.assign(globalThis, { seen, viewers })
    for (let viewer = 0; viewer < count; viewer++) {
      const source = new EventSource(`${path}?viewer=${viewer}`)
      source.onmessage = () => { seen[viewer]!++ }
      source.addEventListener('state', ({ data }) => { viewers.push(JSON.parse(data).viewer) })
    }
  }, { path, count: VIEWERS })
}

/** Resolves when the page's player has played for a second. */
async function plays (page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const video = document.querySelector('media-sse')?.shadowRoot?.querySelector('video')
    return video != null && video.played.length > 0 && video.played.end(video.played.length - 1) - video.played.start(0) > 1
  })
}
