// Whoever tests hooks and policies watches by either road, and is seen by the server as a client is.
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions, ViewerClose } from '../../lib/index.js'
import { picture } from '../../lib/testing/picture.js'
import { publish } from '../../lib/testing/publish.js'
import { watch } from '../../lib/testing/watch.js'

async function serve (t: Test, by: 'inject' | 'socket', options: MediaSseOptions = {}) {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const closed = new Promise<ViewerClose>(resolve => { app.register(mediaSse, { localPublishing: true, ...options, onViewerClose: (_viewer, close) => { resolve(close) } }) })
  await app.ready()
  if (by === 'socket') await app.listen()
  return { app, closed }
}

for (const by of ['inject', 'socket'] as const) {
  t.test(`${by}: events, and a client that leaves is seen by the server`, async t => {
    const { app, closed } = await serve(t, by)
    const viewer = await watch(app, '/live/demo?delivery=inline', { headers: { 'x-test': 'yes' } })
    t.equal(viewer.status, 200)
    t.match(viewer.headers, { 'content-type': 'text/event-stream' })
    t.match((await viewer.next('state')).json, { broadcast: 'demo', state: 'waiting' })
    app.mediaSse.broadcast('demo').publish(picture(), { contentType: 'image/jpeg' })
    const segment = await viewer.next('message')
    t.match(segment.json, { broadcast: 'demo', join: true })
    t.same(segment.bytes, Buffer.from(picture()))
    await viewer.disconnect()
    t.match(await closed, { reason: 'client', segments: 1 })
  })

  t.test(`${by}: a refusal is an answer, too`, async t => {
    const { app } = await serve(t, by, { authorizeWatch: ({ headers }) => headers.authorization === 'Bearer good' })
    const refused = await watch(app, '/live/demo', { by })
    t.equal(refused.status, 401)
    await refused.over()
    const admitted = await watch(app, '/live/demo', { by, headers: { authorization: 'Bearer good' } })
    t.equal(admitted.status, 200)
    await admitted.disconnect()
  })

  t.test(`${by}: what the server does not answer fails by name`, async t => {
    const { app } = await serve(t, by, { authorizeWatch: async () => await new Promise(() => {}), closeTimeout: 50 })
    await t.rejects(watch(app, '/live/demo', { timeout: 50 }), { message: 'Not within 0.05 s: an answer to GET /live/demo' })
  })
}

t.test('of an HTTP/2 server, too, by inject', async t => {
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, { localPublishing: true })
  await app.listen()
  const viewer = await watch(app, '/live/demo', { by: 'inject' })
  t.match(await publish(app, '/live/demo', picture(), { by: 'inject' }), { status: 201 })
  t.match(await viewer.next('message'), { json: { broadcast: 'demo' } })
  await viewer.disconnect()
  await t.rejects(watch(app, '/live/demo', { by: 'socket' }), { code: /HPE_INVALID|ECONNRESET/ })
})

t.test('a stalled viewer makes the server wait for it, by inject after a few kilobytes', async t => {
  const { app } = await serve(t, 'inject', { lag: { policy: 'skip', seconds: 0.05 } })
  const demo = app.mediaSse.broadcast('demo')
  const publish = () => demo.publish(picture({ size: 100_000 }), { contentType: 'image/jpeg' })
  const viewer = await watch(app, '/live/demo')
  viewer.stall()
  // So late that the viewer has waited too, whatever else this machine does, and its time has not merely passed for all.
  const [slow] = demo.viewers
  while (slow!.lag < 0.1) {
    await publish()
    await new Promise(resolve => setImmediate(resolve))
  }
  viewer.resume()
  t.match((await viewer.next('gap')).json, { reason: 'slow', segments: Number })
  await viewer.disconnect()
})
