// What users import: the same plugin by `import` and by `require`, with its errors and its types.
import { createRequire } from 'node:module'
import Fastify from 'fastify'
import t from 'tap'
import mediaSse, { errors, mediaSse as named } from '../lib/index.js'
import type { MediaSse, MediaSseOptions, SseStream } from '../lib/index.js'

t.test('the plugin is the default export and a named one, with the errors beside it', async t => {
  t.equal(mediaSse, named)
  t.equal(mediaSse.errors, errors)
  t.equal(errors.FST_MEDIA_SSE_INVALID_NAME('broadcast', '-', 'take another').code, 'FST_MEDIA_SSE_INVALID_NAME')
})

t.test('require returns the plugin function of the built package', async t => {
  const require = createRequire(import.meta.url)
  const required = require('fastify-media-sse')
  t.type(required, 'function')
  t.type(required.errors.FST_MEDIA_SSE_CLOSING, 'function')
  const app = Fastify()
  await app.register(required, { prefix: '/cams' })
  t.ok(app.hasRoute({ method: 'GET', url: '/cams/:broadcast' }))
  t.ok(app.hasReplyDecorator('sseStream'))
  await app.close()
})

t.test("Fastify's types know the decorators and the options", async t => {
  const app = Fastify()
  const options: MediaSseOptions = { prefix: '/live', window: { seconds: 10 }, onViewerClose: (viewer, { reason }) => `${viewer.id} ${reason}` }
  await app.register(mediaSse, options)
  const instance: MediaSse = app.mediaSse
  t.type(instance.broadcast, 'function')
  app.get('/', (_request, reply): SseStream => reply.sseStream())
  // @ts-expect-error an unknown option is refused by the types, too
  await t.rejects(async () => { await app.register(mediaSse, { windw: {} }) }, { message: /Option windw must be written window, got/ })
  await app.close()
})
