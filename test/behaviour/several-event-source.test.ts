// The browser's own EventSource on several broadcasts, in a real Chromium: the id that it keeps, and sends when it comes back, is
// the place in all of them.
import t from 'tap'
import type { Page } from 'playwright-core'
import { parsePlace } from '../../lib/wire.js'
import { browse } from '../kit/browser.js'
import { placeIn } from '../kit/by-broadcast.js'
import { needs } from '../kit/needs.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'

const JPEG = { contentType: 'image/jpeg' }
const NAMES = ['one', 'two', 'three']

/** What the page has been given. */
interface Seen {
  readonly opens: number
  readonly messages: ReadonlyArray<{ readonly broadcast: string, readonly id: string, readonly base64: string }>
  readonly gaps: number
  readonly readyState: number
}
declare const seen: Seen

async function openSource (page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/page`)
  await page.evaluate(names => {
    const source = new EventSource(`/live?broadcasts=${names}`)
    const seen = { opens: 0, messages: [] as unknown[], gaps: 0, get readyState () { return source.readyState } }
    source.onopen = () => { seen.opens++ }
    source.onmessage = ({ data, lastEventId }) => {
      const [json, base64] = data.split('\n')
      seen.messages.push({ broadcast: JSON.parse(json).broadcast, id: lastEventId, base64 })
    }
    source.addEventListener('gap', () => { seen.gaps++ })
    Object.assign(globalThis, { seen })
  }, NAMES.join(','))
}

if (needs(t, 'chromium', 'chromium') !== undefined) {
  t.test('an EventSource whose connection is cut comes back by itself, and misses nothing of any broadcast', async t => {
    const sockets = new Set<{ destroy: () => void }>()
    const { app, origin } = await serve(t, {
      before: app => { app.get('/page', (_request, reply) => { reply.type('text/html').send('<!doctype html><title>page</title>') }) },
      media: { retry: 50, onViewerOpen: (_viewer, request) => { sockets.add(request.raw.socket) } }
    })
    const broadcasts = NAMES.map(name => app.mediaSse.broadcast(name))
    const published = NAMES.map((): string[] => [])
    const publish = (of: number, number: number): void => {
      const bytes = knownBytes(of * 1000 + number, 500 * (of + 1))
      published[of]!.push(bytes.toString('base64'))
      broadcasts[of]!.publish(bytes, JPEG)
    }
    for (const of of broadcasts.keys()) publish(of, 1)
    const browser = await browse(t)
    const tab = await browser.newPage()
    await openSource(tab, origin)
    await tab.waitForFunction(() => seen.messages.length === 3)
    for (let number = 2; number <= 50; number++) {
      // They do not keep step: one of them has something every other time only.
      for (const of of broadcasts.keys()) if (of > 0 || number % 2 === 0) publish(of, number)
      if (number % 15 !== 0) continue
      const before = await tab.evaluate(() => seen.opens)
      for (const socket of sockets) socket.destroy()
      sockets.clear()
      for (const of of broadcasts.keys()) publish(of, 500 + number)
      await tab.waitForFunction(before => seen.opens > before, before)
    }
    const count = published.flat().length
    await tab.waitForFunction(count => seen.messages.length >= count, count)
    const { messages, gaps, opens } = await tab.evaluate(() => ({ messages: seen.messages, gaps: seen.gaps, opens: seen.opens }))
    t.equal(opens, 4)
    t.equal(gaps, 0)
    for (const [of, name] of NAMES.entries()) {
      const own = messages.filter(({ broadcast }) => broadcast === name)
      t.strictSame(own.map(({ id }) => parsePlace(placeIn(id, name)!)?.sequence), published[of]!.map((_, index) => index + 1), name)
      t.ok(own.every(({ base64 }, index) => base64 === published[of]![index]), 'byte for byte')
    }
    const places = messages.map(({ id }) => NAMES.map(name => parsePlace(placeIn(id, name) ?? '0-0')!.sequence))
    t.ok(places.every((place, index) => place.every((sequence, of) => sequence >= (places[index - 1]?.[of] ?? 0))), 'no place ever goes back')
    for (const broadcast of broadcasts) broadcast.end()
    await tab.waitForFunction(() => seen.readyState === EventSource.CLOSED)
    t.pass('and once all have ended it is told so for good')
  })
}
