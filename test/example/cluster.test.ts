// The cluster on one machine: started with one command, watched through its proxy, and nothing is left of it when it is ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { failuresOf, text } from '../kit/demo.js'
import { needs } from '../kit/needs.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

t.test('it prints a URL whose viewers are served the clip, and ends with Ctrl-C', async t => {
  if (needs(t, 'redis-server', 'redis-server') === undefined || needs(t, 'nginx', 'nginx') === undefined) return
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../dist/example/cluster.js', import.meta.url))], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGTERM') })
  let output = ''
  const url = await within(new Promise<string>(resolve => {
    child.stdout.on('data', bytes => {
      output += String(bytes)
      const [, found] = /Watch at (\S+)\/simple\.html/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
  }), () => `a URL: ${output}`)
  const viewers = await Promise.all([1, 2, 3].map(async () => await watch(`${url}/live/clip`)))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length >= 2)
  t.equal(new Set(viewers.map(viewer => viewer.segments[0]!.id.split('-')[0])).size, 1, 'one broadcast, whichever node serves it')
  await t.test('a camera that a page sends in parts', { skip: needs(t, 'chromium', 'chromium') === undefined }, async t => {
    const browser = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
    const studio = await browser.newPage()
    const failures = failuresOf(studio)
    await studio.goto(`${url}/studio.html`)
    await studio.getByText('Camera', { exact: true }).first().click()
    await studio.waitForFunction(() => (document.querySelector('#camera') as HTMLSelectElement).options.length > 0)
    await studio.fill('#name', 'kitchen')
    await studio.click('#go')
    await studio.waitForSelector('#state[data-state=live]')
    const watching = await Promise.all([1, 2, 3].map(async () => await watch(`${url}/live/kitchen`)))
    for (const viewer of watching) {
      await viewer.until(() => viewer.segments.length >= 8)
      t.strictSame([viewer.named('gap'), viewer.segments.filter(({ json }) => json['discontinuity'] === true)], [[], []], 'all parts went to one node')
      await viewer.leave()
    }
    t.equal(await studio.getAttribute('#state', 'data-state'), 'live')
    t.equal(await text(studio, '#trouble'), '')
    const page = await browser.newPage()
    await page.goto(`${url}/?broadcast=kitchen`)
    await page.waitForFunction(() => document.querySelector<MediaSseElement>('media-sse')?.state === 'playing')
    t.strictSame(failures, [])
    await browser.close()
  })
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  t.strictSame(await within(exited, 'it ends'), [0, null])
  for (const viewer of viewers) await viewer.over()
  await t.rejects(fetch(`${url}/live`), 'its proxy is gone, too')
})
