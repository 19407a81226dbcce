// What a window keeps, and what that counts, is the same whatever store keeps it: the same publications into this process alone, and into Redis.
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { PRICES } from '../../lib/broadcast/prices.js'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import { movie } from '../../lib/testing/index.js'
import { get } from '../kit/publish.js'
import { startRedis } from '../kit/redis.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

interface Piece { readonly bytes: Uint8Array, readonly track: string, readonly contentType?: string }

const pieces = (lengths: readonly number[], track = 'main'): Piece[] => lengths.map((length, index) => ({ bytes: knownBytes(index, length), track, contentType: 'application/x-test' }))

function movies (count: number): Piece[] {
  const { init, fragment } = movie()
  return Array.from({ length: count }, (_, index) => ({ bytes: index === 0 ? Buffer.concat([init, fragment()]) : fragment(), track: 'main' }))
}

/** What is published, within which window, and how many segments are kept of it, where that can be said by hand. */
const CASES: Record<string, { window: NonNullable<MediaSseOptions['window']>, pieces: Piece[], kept?: number }> = {
  'fewer bytes than two segments with their prices': { window: { bytes: 20_000 }, pieces: pieces([8_000, 8_000, 8_000]), kept: 1 },
  'exactly two segments with all prices': {
    window: { bytes: PRICES.broadcast + PRICES.track + PRICES.init + 2 * (PRICES.segment + 8_000) }, pieces: pieces([8_000, 8_000, 8_000]), kept: 2
  },
  'one byte less': { window: { bytes: PRICES.broadcast + PRICES.track + PRICES.init + 2 * (PRICES.segment + 8_000) - 1 }, pieces: pieces([8_000, 8_000, 8_000]), kept: 1 },
  'so many segments': { window: { segments: 3 }, pieces: pieces([1, 2, 3, 4, 5]), kept: 3 },
  'a segment above all bytes': { window: { bytes: 1_000 }, pieces: pieces([10, 5_000]), kept: 1 },
  'several tracks': { window: { bytes: 30_000 }, pieces: [...pieces([4_000, 4_000], 'one'), ...pieces([4_000, 4_000], 'two'), ...pieces([4_000], 'one')] },
  'init segments with their bytes': { window: { bytes: 40_000 }, pieces: movies(12) },
  'small segments, of which the prices are most': { window: { bytes: 20_000 }, pieces: pieces(Array.from({ length: 30 }, () => 4)) }
}

/** What is kept in the end. */
async function keeps (t: Test, media: MediaSseOptions, published: readonly Piece[]): Promise<{ kept: number[], segments: number, bytes: number }> {
  const { app, origin } = await serve(t, { media })
  const demo = app.mediaSse.broadcast('demo')
  for (const { bytes, ...options } of published) await demo.publish(bytes, options)
  // Watching makes encodings, which must change nothing.
  const watching = await watch(`${origin}/live/demo?from=start`)
  await watching.until(() => watching.segments.length > 0)
  const latest = `-${published.length}`
  await watching.until(() => watching.segments.at(-1)!.id.endsWith(latest))
  const { broadcasts: [{ window }] } = (await get(`${origin}/live`)).json as unknown as { broadcasts: [{ window: { segments: number, bytes: number } }] }
  await watching.leave()
  return { kept: watching.segments.map(({ id }) => Number(id.split('-')[1])), segments: window.segments, bytes: window.bytes }
}

const redis = await startRedis(t)
for (const [name, { window, pieces: published, kept }] of Object.entries(CASES)) {
  t.test(name, async t => {
    const alone = await keeps(t, { window }, published)
    if (kept !== undefined) t.equal(alone.segments, kept)
    t.equal(alone.kept.length, alone.segments)
    if (redis === undefined) return
    const client = redis.client()
    t.teardown(() => { client.disconnect() })
    const shared = await keeps(t, { window, store: redisStore({ client, prefix: name.replaceAll(/[^a-z]/g, '-') }) }, published)
    t.strictSame(shared, alone, 'and the same in Redis')
  })
}
