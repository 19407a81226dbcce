// Every moment is published in a channel of its own, with the registration that it is of, and nothing is made where nobody listens.
import { readFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import type { Test } from 'tap'
import { tell, tellHook } from '../lib/diagnostics.js'
import type { Broadcast, DiagnosticsMessages, Segment, Viewer } from '../lib/index.js'
import { Publishing, fixture } from './kit/publish.js'
import { knownBytes } from './kit/segments.js'
import { serve } from './kit/serve.js'
import { watch } from './kit/watch.js'
import { within } from './kit/within.js'

type Name = keyof DiagnosticsMessages
type Heard = { [N in Name]: readonly [name: N, message: DiagnosticsMessages[N]] }[Name]

const NAMES = [
  'broadcast.start', 'broadcast.end', 'publish.start', 'segment', 'publish.end', 'viewer.open', 'viewer.lag', 'viewer.skip', 'viewer.stall', 'viewer.drain', 'viewer.close'
].map(name => `fastify-media-sse:${name}` as Name)

/** What is published while the test lasts. */
function listen (t: Test): Heard[] {
  const heard: Heard[] = []
  const hear = (message: unknown, name: string | symbol): void => { heard.push([name, message] as Heard) }
  for (const name of NAMES) {
    subscribe(name, hear)
    t.teardown(() => unsubscribe(name, hear))
  }
  return heard
}

const viewer = { id: 'v' } as Viewer
const broadcast = { name: 'demo' } as Broadcast

t.test('the moments of hooks have the arguments by name', async t => {
  const heard = listen(t)
  const segment = { id: '1-1' } as Segment
  tellHook('/live', 'onSegment', [broadcast, segment])
  tellHook('/live', 'onViewerLag', [viewer, 6])
  tellHook('/live', 'onViewerStall', [viewer])
  tellHook('/live', 'onViewerDrain', [viewer])
  tell('/cams', 'broadcast.end', { broadcast })
  t.strictSame(heard, [
    ['fastify-media-sse:segment', { path: '/live', broadcast, segment }],
    ['fastify-media-sse:viewer.lag', { path: '/live', viewer, lag: 6 }],
    ['fastify-media-sse:viewer.stall', { path: '/live', viewer }],
    ['fastify-media-sse:viewer.drain', { path: '/live', viewer }],
    ['fastify-media-sse:broadcast.end', { path: '/cams', broadcast }]
  ])
})

t.test('where nobody listens no message is made', async t => {
  // Spreading the arguments would read them.
  const args = { [Symbol.iterator] () { throw new Error('a message is made') } }
  t.doesNotThrow(() => tellHook('/live', 'onViewerStall', args as never))
  const message = { get broadcast () { throw new Error('a message is made') } }
  t.doesNotThrow(() => tell('/live', 'broadcast.start', message as never))
})

t.test('a broadcast and its viewers are heard from beginning to end', async t => {
  const heard = listen(t)
  const { app, origin } = await serve(t, { media: { prefix: '/cams', authorizePublish: () => true } })
  const publishing = new Publishing(`${origin}/cams/demo`, { 'content-type': 'video/mp4' })
  publishing.write(fixture('fmp4/everyframe.mp4'))
  const has = async (name: string): Promise<void> => {
    while (!heard.some(([one]) => one === `fastify-media-sse:${name}`)) await new Promise(resolve => setImmediate(resolve))
  }
  await within(has('segment'), 'a segment')
  const watching = await watch(`${origin}/cams/demo?from=start`)
  await watching.until(() => watching.segments.length > 0)
  // One that is no longer kept: it misses what is between.
  const back = await watch(`${origin}/cams/demo`, { headers: { 'last-event-id': '1-1' } })
  await back.until(() => back.named('gap').length === 1)
  await watching.leave()
  await within(has('viewer.close'), 'a viewer leaves')
  await publishing.end()
  app.mediaSse.broadcast('demo').end()
  await back.over()
  await within(has('broadcast.end'), 'the end')
  while (heard.filter(([name]) => name === 'fastify-media-sse:viewer.close').length < 2) await new Promise(resolve => setImmediate(resolve))
  t.ok(heard.every(([, { path }]) => path === '/cams'))
  const names = heard.map(([name]) => name.slice('fastify-media-sse:'.length))
  t.strictSame([...new Set(names)], ['broadcast.start', 'publish.start', 'segment', 'viewer.open', 'viewer.skip', 'viewer.close', 'publish.end', 'broadcast.end'])
  for (const [name, message] of heard) {
    if (name === 'fastify-media-sse:publish.start') t.match(message, { broadcast: { name: 'demo' }, request: { method: 'POST' } })
    if (name === 'fastify-media-sse:publish.end') t.match(message, { broadcast: { name: 'demo' }, reason: 'ended' })
    if (name === 'fastify-media-sse:viewer.open') t.match(message, { viewer: { id: String }, request: { method: 'GET' } })
    if (name === 'fastify-media-sse:viewer.skip') t.match(message, { gap: { reason: 'restart' } })
    if (name === 'fastify-media-sse:broadcast.end') t.equal(message.broadcast.state, 'ended')
  }
  const closes = heard.flatMap(([name, message]) => name === 'fastify-media-sse:viewer.close' ? [message.close.reason] : [])
  t.strictSame(closes.sort(), ['client', 'ended'])
})

t.test('README has a row for each channel', async t => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `fastify-media-sse:([\w.]+)` \|/gm)].map(([, name]) => `fastify-media-sse:${name}`)
  t.strictSame(rows, NAMES)
})

t.test('a subscriber hears of bytes that code publishes', async t => {
  const heard = listen(t)
  const { app } = await serve(t)
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), { contentType: 'image/jpeg' })
  t.strictSame(heard.map(([name]) => name), ['fastify-media-sse:broadcast.start', 'fastify-media-sse:segment'])
})
