// Tests of one's own policies and hooks, with the plugin's test kit and Node's test runner; any other does as well.
//
//   node --test dist/example/own-hooks.test.js
// #region
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import mediaSse from 'fastify-media-sse'
import { movie, picture, publish, watch } from 'fastify-media-sse/testing'

test('who does not keep up is disconnected, and nobody else notices', async t => {
  const app = Fastify()
  t.after(() => app.close())
  const reasons: string[] = []
  await app.register(mediaSse, {
    localPublishing: true,
    lag: { policy: 'disconnect', seconds: 0.5 },
    onViewerClose: (_viewer, { reason }) => { reasons.push(reason) }
  })
  const [slow, healthy] = [await watch(app, '/live/demo'), await watch(app, '/live/demo')]
  slow.stall()
  const answer = await publish(app, '/live/demo', (async function * () {
    const { init, fragment } = movie({ seconds: 0.04 })
    for (yield init; !slow.closed; await setTimeout(40)) yield fragment({ size: 10_000 })
  })())
  assert.deepEqual(reasons, ['lagged'])
  await healthy.until(() => healthy.segments.length === answer.json.segments)
})

test('only members watch', async t => {
  const app = Fastify()
  t.after(() => app.close())
  await app.register(mediaSse, { localPublishing: true, authorizeWatch: ({ headers }) => headers.authorization === 'Bearer member' })
  assert.equal((await watch(app, '/live/demo')).status, 401)
  const member = await watch(app, '/live/demo', { headers: { authorization: 'Bearer member' } })
  await publish(app, '/live/demo', picture())
  assert.deepEqual((await member.next('message')).bytes, Buffer.from(picture()))
  await member.disconnect()
})
// #endregion
