// What a watch route answers where its store has to be asked and does not answer: the same on each of them.
import type { Test } from 'tap'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import { get } from './publish.js'
import { serve } from './serve.js'

/** Asks for that path. */
export async function sentAway (t: Test, path: string): Promise<void> {
  const { origin } = await serve(t, { media: { store: redisStore({ url: 'redis://127.0.0.1:1', holdTimeout: 100 }) } })
  const told = await get(`${origin}${path}`, { accept: 'text/event-stream' })
  t.equal(told.status, 200)
  t.match(told.bytes.toString(), /^retry: \d+\nevent: state\n/)
  const refused = await get(`${origin}${path}`)
  t.match([refused.status, refused.json], [503, { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' }])
}
