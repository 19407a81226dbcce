// The player's code comes from the plugin itself: one module, which a page on any site can keep.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

const MOST_GZIPPED_BYTES = 20 * 1024

t.test('one module that needs no other, at most 20 KB gzipped', async t => {
  const { origin } = await serve(t, { media: { authorizeWatch: () => false } })
  const { status, headers, bytes } = await get(`${origin}/live/client.js`)
  t.equal(status, 200, 'also for who may not watch')
  t.equal(headers['content-type'], 'text/javascript; charset=utf-8')
  const text = bytes.toString()
  t.match(text, /export\{/)
  t.notMatch(text, /\bimport[\s{*('"]/)
  const gzipped = gzipSync(bytes).byteLength
  t.comment(`${bytes.byteLength} bytes, ${gzipped} gzipped`)
  t.ok(gzipped <= MOST_GZIPPED_BYTES)
})

t.test('it is kept for a while, and then asked for by its tag', async t => {
  const { origin } = await serve(t)
  const { headers } = await get(`${origin}/live/client.js`)
  t.equal(headers['cache-control'], 'public, max-age=3600')
  const again = await get(`${origin}/live/client.js`, { 'if-none-match': String(headers['etag']) })
  t.equal(again.status, 304)
  t.equal(again.bytes.byteLength, 0)
  t.equal((await get(`${origin}/live/client.js`, { 'if-none-match': '"other"' })).status, 200)
})
