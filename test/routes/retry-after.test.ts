// Whom a route sends away for now is told when to come again, whatever the reason.
import t from 'tap'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

t.test('where the store does not answer', async t => {
  const { origin } = await serve(t, { media: { store: redisStore({ url: 'redis://127.0.0.1:1', holdTimeout: 100 }) } })
  const answers = await Promise.all([
    get(`${origin}/live`), get(`${origin}/live/demo/segments/1-1`), get(`${origin}/live/demo`, {}, 'DELETE'), post(`${origin}/live/demo`, 'x')
  ])
  for (const answer of answers) t.match(answer, { status: 503, headers: { 'retry-after': '10' }, json: { code: 'FST_MEDIA_SSE_STORE_UNAVAILABLE' } })
})

t.test('where there are too many, and not where it would be the same again', async t => {
  const { origin } = await serve(t, { media: { maxBroadcasts: 0 } })
  t.match(await post(`${origin}/live/demo`, 'x'), { status: 429, headers: { 'retry-after': '10' } })
  t.notOk((await post(`${origin}/live/-`, 'x')).headers['retry-after'])
})
