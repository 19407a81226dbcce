// A connection hands over what its viewer is owed while its sink takes it, and has one exit, whatever ends it.
import t from 'tap'
import type { ViewerClose } from '../../lib/index.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'video/x-test' }

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

t.test('a viewer whose response somebody else has begun leaves no ghost, and its reason is error', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    before: app => { app.addHook('preHandler', async (_request, reply) => { reply.raw.flushHeaders() }) },
    media: { onViewerClose: (_viewer, close) => { closes.push(close) } }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.over()
  t.match(closes, [{ reason: 'error' }])
  t.equal(app.mediaSse.stats().viewers, 0)
})

t.test('app.close() sends viewers away, and a broadcast that ends says so last', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('over').publish(knownBytes(0, 10), OPAQUE)
  const [over, waiting] = await Promise.all(['over', 'nobody'].map(async name => await watch(`${origin}/live/${name}`)))
  app.mediaSse.broadcast('over').end()
  await over!.until(() => over!.ended)
  t.same(over!.named('state').map(({ json }) => json.state), ['live', 'ended'])
  await Promise.all([app.close(), waiting!.until(() => waiting!.ended)])
  t.same(waiting!.named('state').map(({ json }) => json.state), ['waiting', 'closing'])
})

t.test('a viewer can be kicked while its connection takes bytes, while it takes none, and before it takes any', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    media: {
      onViewerOpen: viewer => { if (viewer.broadcast.name === 'early') viewer.kick() },
      onViewerClose: (_viewer, close) => { closes.push(close) }
    }
  })
  const demo = app.mediaSse.broadcast('demo')
  const [ready, waiting] = [await watch(`${origin}/live/demo`), await watch(`${origin}/live/demo`)]
  const [first, second] = demo.viewers
  first!.kick()
  await ready.until(() => ready.ended)
  await waiting.until(() => waiting.events.length === 1)
  waiting.stall()
  demo.publish(knownBytes(1, 15 * MiB), OPAQUE)
  second!.kick()
  t.equal(closes.length, 2, 'at once')
  await new Watching(`${origin}/live/early`).over()
  while (closes.length < 3) await turn()
  t.strictSame(closes.map(({ reason }) => reason), ['kicked', 'kicked', 'kicked'])
})

t.test('a connection that takes nothing for stallTimeout is cut', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, { media: { stallTimeout: 200, onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  watching.stall()
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 15 * MiB), OPAQUE)
  while (closes.length === 0) await turn()
  t.match(closes, [{ reason: 'stalled' }])
  await watching.leave()
})

t.test('a hook that publishes or kicks from within leaves the order as it is', async t => {
  const { app, origin } = await serve(t, {
    media: {
      onViewerSkip: viewer => { for (const number of [2, 3]) viewer.broadcast.publish(knownBytes(number, 10), OPAQUE) },
      onSegment: (broadcast, segment) => { if (segment.id.endsWith('-4')) for (const viewer of broadcast.viewers) viewer.kick() }
    }
  })
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': '1-1' } })
  await watching.until(() => watching.segments.length === 3)
  t.strictSame(watching.segments.map(({ id }) => id.split('-')[1]), ['1', '2', '3'])
  app.mediaSse.broadcast('demo').publish(knownBytes(4, 10), OPAQUE)
  await watching.until(() => watching.ended)
  t.equal(watching.segments.length, 4)
})

t.test('a client that leaves is the reason where nothing else was', async t => {
  const { app, origin } = await serve(t)
  const watching = await watch(`${origin}/live/demo`)
  const closed = new Promise(resolve => app.mediaSse.addHook('onViewerClose', (_viewer, close) => resolve(close)))
  await watching.leave()
  t.match(await closed, { reason: 'client' })
})
