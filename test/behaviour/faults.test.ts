// What goes wrong for many at once, or for good: nobody is forgotten, nothing is lost without a word, and the process lives.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'
import { serveAccounts } from '../kit/accounts.js'
import { Publishing, fixture, get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }
const VIEWERS = fileURLToPath(new URL('../kit/viewers.js', import.meta.url))
const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }
const counted = (name: string): number => process.getActiveResourcesInfo().filter(active => active === name).length

t.test('a thousand viewers that leave at once leave once each, and nothing of them stays', async t => {
  const accounts = await serveAccounts(t)
  const { app, port } = accounts
  const demo = app.mediaSse.broadcast('demo')
  const before = [counted('Timeout'), counted('TCPSocketWrap')]
  const child = fork(VIEWERS, [String(port), '/live/demo', '899', '100'])
  t.teardown(() => { child.kill('SIGKILL') })
  await accounts.until(() => accounts.opened.length === 1000)
  // Some are in the midst of it, some at the live edge, a hundred take nothing more.
  for (let index = 0; index < 12; index++) {
    demo.publish(knownBytes(index, 64 * 1024), OPAQUE)
    await turn()
  }
  t.equal(demo.viewers.size, 1000)
  child.kill('SIGKILL')
  // And publishing goes on into their connections.
  while (accounts.closed.length < 1000) {
    demo.publish(knownBytes(1, 64 * 1024), OPAQUE)
    await turn()
  }
  while (await accounts.connections() > 0) await turn()
  t.ok(accounts.closed.every(({ reason }) => reason === 'client'))
  t.match(app.mediaSse.stats(), { viewers: 0, closed: { client: 1000 } })
  t.equal(demo.viewers.size, 0)
  t.same([counted('Timeout'), counted('TCPSocketWrap')], before)
  t.same(accounts.complaints, [])
  const watching = await watch(`${accounts.origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  await watching.leave()
})

t.test('a window smaller than one segment loses nothing without a word', async t => {
  const accounts = await serveAccounts(t, { window: { bytes: 1 }, lag: { policy: 'wait' } })
  const { app, origin } = accounts
  const demo = app.mediaSse.broadcast('demo')
  const [healthy, stalled] = [await watch(`${origin}/live/demo`), await watch(`${origin}/live/demo`)]
  stalled.stall()
  const count = 30
  for (let index = 1; index <= count; index++) {
    demo.publish(knownBytes(index, MiB), OPAQUE)
    await healthy.until(() => healthy.segments.length === index)
  }
  t.ok(healthy.segments.every(({ bytes }, index) => bytes.equals(knownBytes(index + 1, MiB))))
  t.same(healthy.named('gap'), [])
  stalled.resume()
  await stalled.until(() => stalled.lastEventId === healthy.lastEventId)
  const sequence = (id: unknown): number => Number(String(id).split('-')[1])
  const told = new Set<number>()
  for (const { event, id, json } of stalled.events) {
    if (event === 'message') told.add(sequence(id))
    if (event === 'gap') for (let number = sequence(json['from']); number <= sequence(json['to']); number++) told.add(number)
  }
  t.ok(stalled.named('gap').length > 0)
  t.same([...told].sort((a, b) => a - b), Array.from({ length: count }, (_, index) => index + 1), 'all is given, or told')
  for (const watching of [healthy, stalled]) await watching.leave()
})

t.test('a join point that never comes: the window keeps its bounds, viewers wait, and are told the end', async t => {
  const bytes = 64 * 1024
  const accounts = await serveAccounts(t, { window: { seconds: 0.01, bytes } })
  const { origin, app } = accounts
  const waiting = await watch(`${origin}/live/demo`)
  const whole = await watch(`${origin}/live/demo?whole=true`)
  const publishing = new Publishing(`${origin}/live/demo`)
  publishing.write(MOVIE_INIT)
  // Less than the ten seconds after which a body without any is refused.
  const count = 200
  for (let index = 0; index < count; index++) publishing.write(fragment(index, false))
  await accounts.until(() => accounts.segments.length === count)
  const { json } = await get(`${origin}/live`)
  const [{ window }] = json['broadcasts'] as [{ window: { bytes: number, segments: number } }]
  t.ok(window.bytes <= bytes && window.segments > 0, `${window.bytes} bytes in ${window.segments} segments`)
  const late = await watch(`${origin}/live/demo?from=start`)
  t.equal((await publishing.end()).status, 201)
  app.mediaSse.broadcast('demo').end()
  for (const watching of [waiting, whole, late]) {
    await watching.over()
    t.equal(watching.segments.length, 0)
    t.equal(watching.named('state').at(-1)?.json['state'], 'ended')
  }
  t.ok(accounts.closed.every(({ reason }) => reason === 'ended'))
})

t.test('app.close() in the midst of all of it ends everybody, within its time, once', async t => {
  const accounts = await serveAccounts(t, {
    closeTimeout: 500,
    authorizeWatch: async (_request, name) => {
      if (name === 'never') await new Promise(() => {})
      return true
    },
    onViewerOpen: async viewer => { if (viewer.broadcast.name === 'held') await new Promise(() => {}) },
    onViewerClose: async () => await new Promise(() => {})
  })
  const { app, origin, port } = accounts
  const demo = app.mediaSse.broadcast('demo')
  const { id } = await demo.publish(knownBytes(1, 15 * MiB), OPAQUE)
  // A segment that is being fetched, by who reads nothing.
  const fetching = connect(port, '127.0.0.1')
  fetching.on('error', () => {})
  fetching.write(`GET /live/demo/segments/${id} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await once(fetching, 'readable')
  const publishing = new Publishing(`${origin}/live/other`)
  publishing.write(fixture('fmp4/cmaf.mp4'))
  const half = new Publishing(`${origin}/live/third`)
  half.write(fixture('fmp4/cmaf.mp4').subarray(0, 5000))
  const healthy = await watch(`${origin}/live/other`)
  await healthy.until(() => healthy.segments.length > 0)
  const stalled = await watch(`${origin}/live/demo`)
  stalled.stall()
  const several = await watch(`${origin}/live?broadcasts=demo,other,nobody`)
  several.stall()
  const reset = await watch(`${origin}/live/nobody`)
  const held = new Watching(`${origin}/live/held`)
  const never = new Watching(`${origin}/live/never`)
  await accounts.until(() => accounts.opened.length === 7)
  const files = await watch(`${origin}/live/demo?whole=true`)
  // In the same turn one leaves, one is kicked, and a broadcast ends.
  reset.socket.resetAndDestroy()
  accounts.opened.find(({ broadcast }) => broadcast.name === 'other')!.kick()
  const closing = app.close()
  demo.end()
  await closing
  await t.rejects(demo.publish(knownBytes(2, 100), OPAQUE), { code: 'FST_MEDIA_SSE_CLOSING' })
  t.equal(await accounts.connections(), 0)
  for (const watching of [stalled, several, files]) watching.resume()
  for (const watching of [healthy, stalled, several, held, never, files]) await watching.over()
  t.equal(accounts.closed.length, accounts.opened.length)
  t.equal(accounts.closed.length, 8)
  const allowed = new Set(['closing', 'client', 'kicked', 'ended'])
  t.ok(accounts.closed.every(({ reason }) => allowed.has(reason)), accounts.closed.map(({ reason }) => reason).join(' '))
  t.same(accounts.closed.filter(({ reason }) => reason === 'kicked').length, 1)
  t.same(accounts.ends.filter(reason => reason !== 'closing'), [])
  t.match(await Promise.allSettled([publishing.answer, half.answer]), [{}, {}])
  t.match(app.mediaSse.stats(), { viewers: 0 })
  fetching.destroy()
  await app.close()
})
