// The proxies of the Node world hide where a request comes from: @fastify/http-proxy with its defaults, in front of the plugin.
import Fastify from 'fastify'
import httpProxy from '@fastify/http-proxy'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { get, post } from '../kit/publish.js'
import { listen, serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const KEY = 'key-of-sixteen-or-more'
const STRANGER = { 'content-type': 'image/jpeg', host: 'media.example', origin: 'https://media.example', 'x-forwarded-for': '192.0.2.1' }

/** The origin of a proxy in front of a server with these options. */
async function proxied (t: Test, media: MediaSseOptions): Promise<{ origin: string, app: Awaited<ReturnType<typeof serve>>['app'] }> {
  const { app, origin: upstream } = await serve(t, { media: { localPublishing: false, ...media } })
  const proxy = Fastify()
  t.teardown(async () => { await proxy.close() })
  await proxy.register(httpProxy, { upstream })
  return { origin: (await listen(proxy)).origin, app }
}

t.test('without an option a stranger is refused, and told which option to set', async t => {
  const { origin, app } = await proxied(t, {})
  for (const headers of [{ 'content-type': 'image/jpeg' }, STRANGER]) {
    for (const answer of [await post(`${origin}/live/demo`, 'x', headers), await post(`${origin}/live/demo/track`, 'x', headers, 'PUT'), await get(`${origin}/live/demo`, headers, 'DELETE')]) {
      t.match(answer, { status: 401, json: { code: 'FST_MEDIA_SSE_PUBLISH_FORBIDDEN', message: 'Nobody may publish yet: set the option publishKeys or authorizePublish, or for programs on this machine localPublishing: true' } })
    }
  }
  t.equal(app.mediaSse.stats().segments, 0)
})

t.test('with a key it is published, and with keys alone nothing else is', async t => {
  const { origin } = await proxied(t, { publishKeys: [KEY] })
  t.equal((await post(`${origin}/live/demo`, 'x', { 'content-type': 'image/jpeg' })).status, 401)
  t.equal((await post(`${origin}/live/demo`, 'x', { ...STRANGER, authorization: `Bearer ${KEY}` })).status, 201)
  const viewer = await watch(`${origin}/live/demo`)
  await viewer.until(() => viewer.segments.length === 1)
  await viewer.leave()
})

t.test('localPublishing cannot tell such a proxy from a program on this machine, as README and SECURITY.md warn', async t => {
  const { origin } = await proxied(t, { localPublishing: true })
  t.equal((await post(`${origin}/live/demo`, 'x', { 'content-type': 'image/jpeg' })).status, 201)
})
