// A SourceBuffer is no longer updating a moment before it tells so: what is appended in that moment waits for its turn, too.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t from 'tap'
import type { AppendQueue } from '../../lib/client/append-queue.js'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { fixture } from '../kit/publish.js'
import { within } from '../kit/within.js'

const chromium = needs(t, 'chromium', 'chromium')

t.test('each append is told once, in order, and what is behind the picture is removed between them', { skip: chromium === undefined }, async t => {
  const browser = await browse(t)
  const page = await browser.newPage()
  const source = fileURLToPath(new URL('../../lib/client/append-queue.ts', import.meta.url))
  const { outputFiles } = await build({ entryPoints: [source], bundle: true, write: false, format: 'iife', globalName: 'queue' })
  await page.addScriptTag({ content: outputFiles[0]!.text })
  const { told, failures, caught, removed } = await within(page.evaluate(async base64 => {
    const { AppendQueue: Queue } = (globalThis as unknown as { queue: { AppendQueue: typeof AppendQueue } }).queue
    const movie = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
    const media = new MediaSource()
    const video = document.createElement('video')
    video.src = URL.createObjectURL(media)
    await new Promise(resolve => { media.onsourceopen = resolve })
    const buffer = media.addSourceBuffer('video/mp4; codecs="avc1.64000a,mp4a.40.2"')
    let isTold = true
    buffer.addEventListener('updatestart', () => { isTold = false })
    buffer.addEventListener('updateend', () => { isTold = true })
    const failures: string[] = []
    const told: number[] = []
    let removed = 0
    // Far beyond what is buffered, so that there is always something to remove.
    const queue = new Queue(buffer, { currentTime: 1000, updated: () => { removed += Number(buffer.buffered.length === 0) }, failed: reason => { failures.push(reason) } })
    let next = 0
    let caught = 0
    const append = (): void => {
      const number = next++
      queue.append(movie, undefined, () => { told.push(number) })
    }
    append()
    const { port1, port2 } = new MessageChannel()
    await new Promise<void>(resolve => {
      port1.onmessage = () => {
        if (failures.length > 0 || (caught >= 20 && told.length === next)) {
          resolve()
          return
        }
        if (isTold && told.length === next) append()
        if (!isTold && !buffer.updating && caught < 20) {
          caught++
          append()
        }
        port2.postMessage('')
      }
      port2.postMessage('')
    })
    return { told, failures, caught, removed }
  }, fixture('fmp4/cmaf.mp4').toString('base64')), 'each append is told')
  t.same(failures, [])
  t.ok(caught > 0, `${caught} came in that moment`)
  t.same(told, told.map((_, index) => index))
  t.ok(removed > 0, `removed ${removed} times`)
})
